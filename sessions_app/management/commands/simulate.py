"""`manage.py simulate`: candidates who take the test through the public pages."""

import asyncio
import json
import os
import signal
from argparse import ArgumentTypeError
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from sessions_app import codes
from sessions_app.models import Session
from sessions_app.simulation import people
from sessions_app.simulation.colleague import Account
from sessions_app.simulation.people import Person
from sessions_app.simulation.room import Options, Room, to_stderr
from sessions_app.simulation.summary import Summary

DEFAULT_GRACE_SECONDS = 60
# Never on the command line, where everyone on the machine can read them.
PASSWORD, SUPERVISOR_CODE = "SIMULATION_PASSWORD", "SIMULATION_SUPERVISOR_CODE"


def positive(raw: str) -> float:
    value = float(raw)
    if not 0 < value < float("inf"):
        raise ArgumentTypeError("un nombre plus grand que zéro est attendu")
    return value


def site(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ArgumentTypeError("une adresse comme http://127.0.0.1:8000 est attendue")
    return f"{parts.scheme}://{parts.netloc}"


class Command(BaseCommand):
    help = "Simule des candidats, par les pages publiques seulement."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--url", type=site, default="http://127.0.0.1:8000")
        parser.add_argument("--session", required=True, help="numéro de session")
        parser.add_argument("--access-code", required=True)
        parser.add_argument("--candidates", type=int, default=28)
        parser.add_argument("--minutes", type=positive, default=105, help="durée simulée du test")
        parser.add_argument("--speed", type=positive, default=20, help="20 : vingt fois plus vite")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true", help="dernière ligne : un objet JSON")
        parser.add_argument("--list", type=Path, help="CSV d’import, au lieu de la base de données")
        parser.add_argument(
            "--supervisor-email",
            help=f"simule aussi un surveillant (mot de passe et code dans {PASSWORD} "
            f"et {SUPERVISOR_CODE})",
        )
        parser.add_argument(
            "--leave-some",
            action="store_true",
            help="ce surveillant laisse une partie des demandes à une vraie personne",
        )
        parser.add_argument(
            "--patience",
            type=positive,
            default=120,
            help="secondes que passent à attendre, après la fin, ceux que personne ne traite",
        )

    def handle(self, **options):
        number = codes.clean(options["session"])
        colleague = _colleague(options["supervisor_email"])
        persons, grace_seconds = _who(number, options["list"])
        wanted = max(0, options["candidates"])
        if wanted > len(persons) > 0:
            to_stderr(
                f"{wanted} candidats demandés, {len(persons)} inscrits à la session {number} : "
                "tous ceux-là sont simulés."
            )
        room = Room(
            Options(
                url=options["url"],
                number=number,
                access_code=options["access_code"],
                minutes=options["minutes"],
                speed=options["speed"],
                seed=options["seed"],
                patience=options["patience"],
                grace_seconds=grace_seconds,
                colleague=colleague,
                leaves_some=options["leave_some"],
            ),
            to_stderr,
            tells_progress=options["verbosity"] > 0,
        )
        if not persons:
            to_stderr(f"Personne n’est inscrit à la session {number}.")
            room.summary.count("refused", wanted)
            self._tell(room.summary, options["json"])
            raise SystemExit(1)
        self._tell(asyncio.run(_run(room, persons[:wanted])), options["json"])

    def _tell(self, summary: Summary, as_json: bool) -> None:
        to_stderr(f"Simulation terminée : {summary.line()}.")
        if summary.counts["refused"]:
            to_stderr(
                f"{summary.counts['refused']} candidats n’ont pas pu rejoindre la session : "
                "vérifiez le numéro, le code d’accès et la liste."
            )
        result = summary.as_dict()
        if as_json:
            self.stdout.write(json.dumps(result))
            return
        for name, value in result.items():
            self.stdout.write(f"{name:<20} {value}")


async def _run(room: Room, persons: list[Person]) -> Summary:
    """Until the end, or until someone stops us: the summary is told either way."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, room.over.set)
    return await room.run(persons)


def _who(number: str, path: Path | None) -> tuple[list[Person], int]:
    """Who may come, from the list or from the database of this machine, and the grace."""
    if path is not None:
        try:
            return people.listed(path), DEFAULT_GRACE_SECONDS
        except people.Unreadable as error:
            raise CommandError(str(error)) from error
    try:
        session = Session.objects.filter(number=number[:12]).first()
    except DatabaseError as error:
        raise CommandError(
            "La base de données ne peut pas être lue : donnez la liste des candidats par --list."
        ) from error
    if session is None:
        to_stderr(f"La session {number} n’existe pas dans la base de données.")
        return [], DEFAULT_GRACE_SECONDS
    return people.enrolled(session), session.grace_seconds


def _colleague(email: str | None) -> Account | None:
    if email is None:
        return None
    try:
        return Account(email, os.environ[PASSWORD], os.environ[SUPERVISOR_CODE])
    except KeyError as error:
        raise CommandError(f"--supervisor-email demande aussi la variable {error}.") from error
