"""`manage.py demo`: a session alive on this machine, for whoever wants to see the product."""

import json
import os
import socket
import subprocess
import sys
import warnings
from functools import partial
from math import ceil
from urllib.parse import urlsplit

from channels.routing import get_default_application
from daphne.server import Server
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from twisted.internet import reactor

from sessions_app import codes, demonstration
from sessions_app.demonstration import Demonstration
from sessions_app.models import Session

from .simulate import PASSWORD, SUPERVISOR_CODE, positive

MINUTES = 105
# How long, in seconds, who waits for the person who watches keeps waiting.
PATIENCE = 3600
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Command(BaseCommand):
    help = "Prépare une session de démonstration et sert le site sur cette machine."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-simulation", action="store_true", help="le site, sans candidats")
        parser.add_argument("--candidates", type=int, default=len(demonstration.PEOPLE))
        parser.add_argument("--speed", type=positive, default=12, help="12 : douze fois plus vite")
        parser.add_argument("--json", action="store_true", help="une ligne JSON, pour programmes")

    def handle(self, **options):
        self.options, self.simulation = options, None
        self.url = f"http://127.0.0.1:{options['port']}"
        _only_for_this_machine(self.url)
        _check_free(options["port"])
        call_command("migrate", verbosity=0)
        self.demonstration = demonstration.prepare(
            candidates=options["candidates"], duration_minutes=self._duration()
        )
        # Written now: once the loop runs, the database is out of reach from here.
        self.announcement = self._announce()
        try:
            self._serve()
        finally:
            self._end_simulation()

    def _duration(self) -> int:
        """In a room that lives faster, the end hour comes as much sooner."""
        return MINUTES if self.options["no_simulation"] else ceil(MINUTES / self.options["speed"])

    def _serve(self) -> None:
        # WhiteNoise expects collected files; here they are served from where they stand.
        warnings.filterwarnings("ignore", message="No directory at")
        server = Server(
            application=get_default_application(),
            endpoints=[f"tcp:port={self.options['port']}:interface=127.0.0.1"],
            ping_interval=5,
            ping_timeout=15,
            # Once the loop runs, and with it the handling of SIGTERM.
            ready_callable=partial(reactor.callLater, 0, self._ready),
        )
        server.run()
        if server.abort_start:
            raise CommandError(_taken(self.options["port"]))

    def _ready(self) -> None:
        """The port listens: say so, and let the candidates come."""
        self.stdout.write(self.announcement)
        self.stdout.flush()
        # Standard output is the announcement; what comes later (e-mails) goes beside it.
        sys.stdout = sys.stderr
        if not self.options["no_simulation"]:
            self.simulation = self._simulate()

    def _simulate(self) -> subprocess.Popen:
        room, colleague = self.demonstration.room, self.demonstration.colleague
        arguments = {
            "--url": self.url,
            "--session": room.number,
            "--access-code": room.access_code,
            "--candidates": str(self.options["candidates"]),
            "--minutes": str(MINUTES),
            "--speed": str(self.options["speed"]),
            "--patience": str(PATIENCE),
            "--supervisor-email": colleague.email,
            "--verbosity": "0",  # the address and the passwords stay in sight
        }
        secrets = {PASSWORD: colleague.password, SUPERVISOR_CODE: room.supervisor_code}
        words = [word for pair in arguments.items() for word in pair]
        return subprocess.Popen(  # noqa: S603 (our own words only)
            [sys.executable, settings.ROOT / "manage.py", "simulate", "--leave-some", *words],
            env={**os.environ, **secrets, "SIMULATION_PARENT": str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # Ctrl+C is for us: we end it.
            start_new_session=True,
        )

    def _end_simulation(self) -> None:
        if self.simulation is None:
            return
        self.simulation.terminate()
        try:
            self.simulation.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.simulation.kill()
            self.simulation.wait()

    def _announce(self) -> str:
        if self.options["json"]:
            return json.dumps(_contract(self.url, self.demonstration))
        return self._welcome()

    def _welcome(self) -> str:
        demo, trial = self.demonstration, self.demonstration.trial
        guest = trial.candidates.first()
        lines = [
            f"Pix Surveillance, démonstration : {self.url}",
            "",
            *_account_lines("Surveillante", demo.supervisor),
            *_account_lines("Administration (/admin/)", demo.admin),
            *_session_lines(demo.room),
            f"  {self._room_note()}",
            *_session_lines(trial),
            f"  Pour passer le test vous-même ({self.url}/candidat/) : {guest.birth_name}, "
            f"{guest.first_name}, né·e le {guest.birthdate:%d/%m/%Y}",
            "",
            "Ctrl+C pour arrêter.",
        ]
        return "\n".join(lines)

    def _room_note(self) -> str:
        count, minutes = self.options["candidates"], self._duration()
        if self.options["no_simulation"]:
            return f"{count} candidats inscrits, test de {minutes} min"
        return (
            f"{count} candidats simulés, {self.options['speed']:g} fois plus vite que la vie : "
            f"le test y dure {minutes} min. Un collègue simulé vous aide et vous laisse le reste."
        )


def _contract(url: str, demo: Demonstration) -> dict:
    """What programs read; its keys are a contract."""
    accounts = {"supervisor": demo.supervisor, "admin": demo.admin}
    return {
        "url": url,
        **{
            name: {"email": login.email, "password": login.password}
            for name, login in accounts.items()
        },
        "sessions": [
            {
                "number": session.number,
                "supervisor_code": session.supervisor_code,
                "access_code": session.access_code,
            }
            for session in (demo.room, demo.trial)
        ],
    }


def _account_lines(title: str, login: demonstration.Login) -> list[str]:
    return [title, f"  {login.email}   mot de passe : {login.password}"]


def _session_lines(session: Session) -> list[str]:
    supervisor, access = codes.spaced(session.supervisor_code, 4), session.access_code
    return [
        f"Session {session.spaced_number}, {session.room}",
        f"  code surveillant : {supervisor}   code d’accès des candidats : {access}",
    ]


def _only_for_this_machine(url: str) -> None:
    """The demonstration makes an administrator: never on a site that others reach.

    Raises `CommandError`; otherwise lets the site answer at `url`, whatever the port.
    """
    if any(urlsplit(origin).hostname not in LOOPBACK for origin in settings.ORIGINS):
        raise CommandError(
            "La démonstration crée un compte administrateur : elle ne se lance pas sur un site "
            "que d’autres atteignent (ORIGINS)."
        )
    # Both are read later, by the socket door and by each request.
    settings.ORIGINS = [*settings.ORIGINS, url, url.replace("127.0.0.1", "localhost")]
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "127.0.0.1", "localhost"]


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CommandError(_taken(port)) from error


def _taken(port: int) -> str:
    return f"Le port {port} est déjà pris ou interdit : choisissez-en un autre avec --port."
