"""What reading a candidate list gives: sessions with their candidates, errors and warnings."""

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from .identity import match_key


@dataclass(frozen=True)
class Fault:
    """What is wrong and where. Line 0 and column "" stand for the file as a whole."""

    line: int
    column: str
    code: str
    message: str


@dataclass(frozen=True)
class CandidateRow:
    """One candidate: all that the product keeps of a row."""

    line: int
    birth_name: str
    first_name: str
    birthdate: date
    external_id: str
    extra_time_percent: Decimal


@dataclass(frozen=True)
class SessionRow:
    """One session and its candidates.

    With a `number`, the list of that existing session is replaced; what the file leaves empty
    is "" or None and stays as it is. Without, every field but `remarks` is filled.
    """

    line: int
    number: str | None
    site: str
    room: str
    date: date | None
    start_time: time | None
    supervisors: str
    remarks: str
    candidates: list[CandidateRow]

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two rows speak of the same session."""
        return (self.number,) if self.number else self.details[:4]

    @property
    def details(self) -> tuple[object, ...]:
        """What two rows of the same session must agree on, whatever the case and accents."""
        place = (match_key(self.site), match_key(self.room), self.date, self.start_time)
        return (*place, match_key(self.supervisors), match_key(self.remarks))


@dataclass(frozen=True)
class Import:
    """All or nothing: with one error or more, `sessions` is empty."""

    sessions: list[SessionRow] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
