"""`manage.py import_sessions FILE`: the mass import, from the command line."""

import json
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand

from candidates.import_files import MAX_BYTES
from candidates.import_rows import Fault
from candidates.import_service import ImportedSession, ImportResult, import_sessions
from sessions_app.models import Center

UNREADABLE = "Le fichier « {} » est introuvable ou illisible."
NO_CENTER = "Aucun centre de certification n’existe : créez-en un dans l’administration."
WHICH_CENTER = "Précisez le centre avec --center (identifiants connus : {})."
UNKNOWN_CENTER = "Aucun centre n’a l’identifiant « {} »."


class RefusedError(Exception):
    """What the command was given makes no import possible: one fault."""

    def __init__(self, column: str, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = Fault(0, column, code, sentence)


class Command(BaseCommand):
    help = "Importe des sessions et leurs candidats (CSV, XLSX ou ODS) : tout ou rien."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE", help="la liste, au format d’import en masse")
        parser.add_argument(
            "--center",
            metavar="ID",
            help="identifiant externe du centre, ou sa clé ; inutile s’il n’y en a qu’un",
        )
        parser.add_argument("--dry-run", action="store_true", help="vérifie sans rien écrire")
        parser.add_argument("--json", action="store_true", help="répond par une ligne de JSON")

    def handle(self, *, file, center, dry_run, **options):
        try:
            path = Path(file)
            result = import_sessions(_read(path), path.name, _center(center), dry_run=dry_run)
        except RefusedError as refusal:
            result = ImportResult(errors=[refusal.fault])
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(result, dry_run), ensure_ascii=False))
        else:
            self._write_for_people(result, dry_run)
        if result.errors:
            raise SystemExit(1)

    def _write_for_people(self, result: ImportResult, dry_run: bool) -> None:
        for fault in [*result.warnings, *result.errors]:
            self.stderr.write(_sentence(fault))
        for done in result.sessions:
            session, count = done.session, done.candidates
            name = session.spaced_number or "nouvelle"
            place = f"{session.site}, {session.room}, {session.date:%d/%m/%Y}"
            self.stdout.write(f"{name} · {place} {session.start_time:%H:%M} · {count} candidats")
        if not result.errors:
            verb = "vérifiées, rien n’est écrit" if dry_run else "importées"
            total = f"sessions : {len(result.sessions)}, candidats : {result.candidates}"
            self.stdout.write(f"Listes {verb} ({total}).")


def _read(path: Path) -> bytes:
    """One byte more than the limit is enough to refuse the file."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        raise RefusedError("FILE", "FILE_NOT_FOUND", UNREADABLE.format(path)) from None


def _center(wanted: str | None) -> Center:
    if wanted:
        center = Center.objects.filter(external_id=wanted).first()
        if center is None and wanted.isascii() and wanted.isdecimal() and len(wanted) < 19:
            center = Center.objects.filter(pk=int(wanted)).first()
        if center is None:
            raise RefusedError("--center", "CENTER_UNKNOWN", UNKNOWN_CENTER.format(wanted))
        return center
    centers = list(Center.objects.all()[:20])
    if len(centers) == 1:
        return centers[0]
    known = ", ".join(center.external_id for center in centers)
    sentence = WHICH_CENTER.format(known) if centers else NO_CENTER
    raise RefusedError("--center", "CENTER_MISSING", sentence)


def _sentence(fault: Fault) -> str:
    """ "Ligne 4, « Prénom » : … [FIRST_NAME_MISSING]"."""
    if not fault.line:
        return fault.message
    column = f", « {fault.column} »" if fault.column else ""
    return f"Ligne {fault.line}{column} : {fault.message} [{fault.code}]"


def _as_json(result: ImportResult, dry_run: bool) -> dict:
    return {
        "dry_run": dry_run,
        "sessions": [_session(done) for done in result.sessions],
        "errors": [asdict(fault) for fault in result.errors],
        "warnings": [asdict(fault) for fault in result.warnings],
    }


def _session(done: ImportedSession) -> dict:
    """Of a dry run, a new session has no number and no code yet: null."""
    session = done.session
    return {
        "number": session.number or None,
        "site": session.site,
        "room": session.room,
        "date": session.date.isoformat(),
        "start_time": f"{session.start_time:%H:%M}",
        "candidates": done.candidates,
        "supervisor_code": session.supervisor_code or None,
        "access_code": session.access_code or None,
    }
