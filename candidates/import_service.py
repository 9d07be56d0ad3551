"""Writes what the parser read: sessions and their candidates, all or nothing."""

from dataclasses import dataclass, field

from django.db import transaction

from sessions_app import preparation
from sessions_app.models import Center, Session, User

from . import imports
from .import_checks import lock_known, twins_of
from .import_rows import Fault, SessionRow
from .models import Candidate

DETAILS = ("site", "room", "date", "start_time", "supervisors", "remarks")


@dataclass(frozen=True)
class ImportedSession:
    """One session of the file. Of a dry run, a new one has no number and no code yet."""

    session: Session
    candidates: int
    is_new: bool


@dataclass
class ImportResult:
    """With one error or more, `sessions` is empty and nothing was written."""

    sessions: list[ImportedSession] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    @property
    def candidates(self) -> int:
        return sum(done.candidates for done in self.sessions)


def import_sessions(
    content: bytes,
    filename: str,
    center: Center,
    *,
    user: User | None = None,
    dry_run: bool = False,
) -> ImportResult:
    """Create the sessions of a list, or replace the candidates of those that have a number.

    Effects, in order: the file is read; the numbered sessions are locked and checked; every
    session is written with its candidates; open rooms are told. With one error, or `dry_run`,
    nothing is written. Raises nothing for what the file holds: faults are in the result.
    May take 10 s on a hostile workbook: never on the event loop.
    """
    read = imports.read(content, filename)
    if read.errors:
        return ImportResult(errors=read.errors, warnings=read.warnings)
    with transaction.atomic():
        known, errors = lock_known(read.sessions, center)
        warnings = sorted([*read.warnings, *twins_of(read.sessions, center)], key=_line)
        if errors:
            return ImportResult(errors=sorted(errors, key=_line), warnings=warnings)
        done = [
            _replace(known[row.number], row, user, dry_run)
            if row.number
            else _create(row, center, dry_run)
            for row in read.sessions
        ]
    return ImportResult(done, [], warnings)


def _line(fault: Fault) -> int:
    return fault.line


def _create(row: SessionRow, center: Center, dry_run: bool) -> ImportedSession:
    session = Session(center=center, **{name: getattr(row, name) for name in DETAILS})
    if dry_run:
        session.number = session.access_code = session.supervisor_code = ""
    else:
        preparation.give_free_number(session)
        session.save(force_insert=True)
        _enrol_all(session, row)
    return ImportedSession(session, len(row.candidates), is_new=True)


def _replace(
    session: Session, row: SessionRow, user: User | None, dry_run: bool
) -> ImportedSession:
    """What the file leaves empty stays as it is, the list apart."""
    changes = {name: getattr(row, name) for name in DETAILS if getattr(row, name)}
    for name, value in changes.items():
        setattr(session, name, value)
    if not dry_run:
        session.candidates.all().delete()
        Session.objects.filter(pk=session.pk).update(**changes)
        _enrol_all(session, row)
        data = {"candidates": len(row.candidates)}
        preparation.note(session, "list_replaced", user=user, data=data)
    return ImportedSession(session, len(row.candidates), is_new=False)


def _enrol_all(session: Session, row: SessionRow) -> None:
    names = ("birth_name", "first_name", "birthdate", "external_id", "extra_time_percent")
    candidates = [
        Candidate(session=session, **{name: getattr(line, name) for name in names})
        for line in row.candidates
    ]
    for candidate in candidates:
        candidate.set_keys()  # as `save` does, which a bulk insert does not call
    Candidate.objects.bulk_create(candidates)
