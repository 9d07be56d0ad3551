"""A mass-import candidate list read into sessions and candidates: no database, no exception.

The file's own structure is here; `import_files` turns bytes into rows, `import_columns` finds
the columns, `import_cells` knows what a cell may hold, `import_rows` is what comes out.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .identity import same_person_key
from .import_cells import BLANK, RULES, CellError
from .import_columns import (
    SESSION_COLUMNS,
    SESSION_REQUIRED,
    Cell,
    Column,
    Header,
    find_header,
)
from .import_files import UnreadableError, read_rows
from .import_rows import CandidateRow, Fault, Import, SessionRow

__all__ = ["CandidateRow", "Fault", "Import", "SessionRow", "read"]

NOT_A_LIST = _(
    "Les colonnes attendues sont introuvables : partez du modèle de liste des candidats."
)
NO_SESSION = _("Ce fichier ne contient aucune session.")
TOO_WIDE = _("Cette ligne a plus de cellules que l’en-tête : une cellule est sans doute coupée.")
NO_SESSION_ABOVE = _("Ce candidat n’est dans aucune session : complétez la session au-dessus.")
NO_CANDIDATE = _("Cette session n’a aucun candidat.")
MISSING = _("La colonne « %(column)s » manque.")
REPEATED = _("La colonne « %(column)s » figure plusieurs fois.")
CONFLICT = _("Cette session figure déjà ligne %(line)s avec d’autres données.")
TWICE = _("Ce candidat figure déjà ligne %(line)s : cette ligne est ignorée.")
REQUIRED = _("« %(column)s » est obligatoire.")


def read(content: bytes, filename: str) -> Import:
    """Read a CSV, XLSX or ODS list; every fault of the file is reported, none is raised.

    May take up to 10 s on a hostile workbook: never on the event loop.
    """
    try:
        (line, cells), *rows = read_rows(content, filename)
    except UnreadableError as problem:
        return Import(errors=[Fault(problem.line, "", problem.code, str(problem.sentence))])
    header = find_header(line, cells)
    faults = _header_faults(header)
    if faults:
        return Import(errors=faults)
    reading = _Reading(header)
    for line, cells in rows:
        reading.add(line, cells)
    return reading.result()


def _header_faults(header: Header) -> list[Fault]:
    if header.is_foreign:
        return [Fault(header.line, "", "HEADER_UNKNOWN", str(NOT_A_LIST))]
    missing = [
        Fault(header.line, column.value, "COLUMN_MISSING", MISSING % {"column": column.value})
        for column in header.missing
    ]
    repeated = [
        Fault(
            header.line,
            header.label(column),
            "COLUMN_REPEATED",
            REPEATED % {"column": column.value},
        )
        for column in header.repeated
    ]
    return missing + repeated


class _Reading:
    """The sessions found so far, row after row."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.current: SessionRow | None = None
        self.sessions: dict[tuple[object, ...], SessionRow] = {}
        self.people: dict[tuple[int, str], int] = {}  # (session's line, person) → line
        self.peopled: set[int] = set()  # lines of the sessions that have a candidate's row
        self.errors: list[Fault] = []
        self.warnings: list[Fault] = []

    def add(self, line: int, cells: Sequence[Cell]) -> None:
        if len(cells) > self.header.width:
            self._fault(line, None, "ROW_TOO_WIDE", TOO_WIDE)
            return
        filled = self.header.filled(cells)
        if any(column in SESSION_COLUMNS for column in filled):
            self.current = self._session(line, filled)
        if any(column not in SESSION_COLUMNS for column in filled):
            self._candidate(line, filled)

    def result(self) -> Import:
        if not self.sessions and not self.errors:
            self.errors.append(Fault(0, "", "SESSION_MISSING", str(NO_SESSION)))
        for session in self.sessions.values():
            if session.line not in self.peopled:
                self._fault(session.line, None, "SESSION_EMPTY", NO_CANDIDATE)
        self.errors.sort(key=lambda fault: fault.line)
        sessions = [] if self.errors else list(self.sessions.values())
        return Import(sessions, self.errors, self.warnings)

    def _session(self, line: int, filled: dict[Column, Cell]) -> SessionRow:
        """The session that this row opens, or the one already met that it repeats."""
        faults_before = len(self.errors)
        required = () if Column.SESSION_NUMBER in filled else SESSION_REQUIRED
        values = {
            column: self._value(line, filled, column, required=column in required)
            for column in SESSION_COLUMNS
        }
        session = SessionRow(
            line=line,
            number=values[Column.SESSION_NUMBER],
            site=values[Column.SITE],
            room=values[Column.ROOM],
            date=values[Column.DATE],
            start_time=values[Column.START_TIME],
            supervisors=values[Column.SUPERVISORS],
            remarks=values[Column.REMARKS],
            candidates=[],
        )
        is_sound = len(self.errors) == faults_before
        known = self.sessions.setdefault(session.key if is_sound else (line,), session)
        if is_sound:
            self._check_repeats(line, known, session)
        return known

    def _check_repeats(self, line: int, known: SessionRow, again: SessionRow) -> None:
        for before, now in zip(known.details, again.details, strict=True):
            if now and now != before:
                sentence = CONFLICT % {"line": known.line}
                self._fault(line, None, "SESSION_CONFLICT", sentence)
                return

    def _candidate(self, line: int, filled: dict[Column, Cell]) -> None:
        faults_before = len(self.errors)
        for column in (Column.SEX, Column.BIRTH_COUNTRY):  # checked, never kept
            self._value(line, filled, column, required=True)
        candidate = CandidateRow(
            line=line,
            birth_name=self._value(line, filled, Column.BIRTH_NAME, required=True),
            first_name=self._value(line, filled, Column.FIRST_NAME, required=True),
            birthdate=self._value(line, filled, Column.BIRTHDATE, required=True),
            external_id=self._value(line, filled, Column.EXTERNAL_ID),
            extra_time_percent=self._value(line, filled, Column.EXTRA_TIME),
        )
        if self.current is None:
            self._fault(line, None, "CANDIDATE_WITHOUT_SESSION", NO_SESSION_ABOVE)
            return
        self.peopled.add(self.current.line)
        if len(self.errors) == faults_before:
            self._enrol(self.current, candidate)

    def _enrol(self, session: SessionRow, candidate: CandidateRow) -> None:
        person = same_person_key(candidate.birth_name, candidate.first_name, candidate.birthdate)
        first_line = self.people.setdefault((session.line, person), candidate.line)
        if first_line == candidate.line:
            session.candidates.append(candidate)
            return
        sentence = TWICE % {"line": first_line}
        self.warnings.append(Fault(candidate.line, "", "CANDIDATE_REPEATED", sentence))

    def _value(
        self, line: int, filled: dict[Column, Cell], column: Column, *, required: bool = False
    ) -> Any:
        """The value of a cell; None, with a fault, when it cannot be accepted."""
        if column not in filled:
            if required:
                told = {"column": column.value}
                self._fault(line, column, f"{column.name}_MISSING", REQUIRED % told)
            return BLANK.get(column)
        try:
            return RULES[column](filled[column])
        except CellError as problem:
            self._fault(line, column, f"{column.name}_{problem.reason}", problem.sentence)
            return None

    def _fault(self, line: int, column: Column | None, code: str, sentence: str | Promise) -> None:
        label = self.header.label(column) if column else ""
        self.errors.append(Fault(line, label, code, str(sentence)))
