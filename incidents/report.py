"""What a PV d’incident holds: plain values, the same for the page, the PDF and the exports.

Instants are aware and in the time zone of the session's centre: `f"{entry.at:%H:%M}"` is the
hour that the clock of the room showed. No reason of extra time stands anywhere: minutes only.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

WHOLE_ROOM = "Toute la salle"  # in the place of a candidate


class Kind(StrEnum):
    INCIDENT = "incident"  # a line of the table of categories
    NOTED = "noted"  # a timed entry of the day: late arrival, left the room…
    TIME_ADDED = "time-added"
    TIME_UNDONE = "time-undone"
    TIME_BACK = "time-back"  # given back with a resume or an alert
    ENDED = "ended"  # a test that its candidate did not finish
    ABSENT = "absent"


class Lived(StrEnum):
    """What the whole room lived."""

    PAUSE = "pause"
    LOSS = "loss"  # many connections lost in the same seconds
    TIME_FOR_ALL = "time-for-all"


@dataclass(frozen=True)
class Person:
    pk: int
    name: str  # "D’AUBIGNÉ Paul"


@dataclass(frozen=True)
class Entry:
    """One line. `candidate` is None for the whole room.

    `what` says in French what it is ("E1 · Image qui ne s’affiche pas", "Temps ajouté"), `text`
    holds the words that people typed. `category` and `incident` (its key) are those of an
    incident; `minutes` those of a change of time, positive also when undone. `noted_at` is when
    it was written down. `history` holds the versions that this one corrects, oldest first;
    `is_withdrawn`: noted by mistake, kept and struck out.
    """

    at: datetime
    kind: Kind
    candidate: Person | None
    what: str
    author: str
    noted_at: datetime
    category: str = ""
    question: int | None = None
    text: str = ""
    minutes: int | None = None
    incident: int | None = None
    is_withdrawn: bool = False
    history: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """What the room lived, as sentences. `until` is None while it lasts; `seconds` for a pause."""

    at: datetime
    kind: Lived
    text: str
    candidates: tuple[Person, ...] = ()
    until: datetime | None = None
    seconds: int | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class Remark:
    author_pk: int
    author: str
    text: str
    changed_at: datetime


@dataclass(frozen=True)
class Signature:
    name: str
    role: str
    account: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """The session itself; `started_at` is the first start of a test."""

    number: str  # "100 042"
    center: str
    site: str
    room: str
    date: date
    start_time: time
    supervisors: str
    duration_minutes: int
    started_at: datetime | None
    is_final: bool
    version: int


@dataclass(frozen=True)
class Counts:
    enrolled: int
    started: int
    finished: int  # by the candidates themselves
    ended: int  # by a supervisor or the end hour
    absent: int
    incidents: int  # the fraud annex included
    time_changes: int


@dataclass(frozen=True)
class Report:
    """`entries` and `fraud` by hour; a suspicion of fraud (C6) stands in `fraud` only."""

    session: Facts
    people: tuple[Person, ...]
    entries: tuple[Entry, ...]
    fraud: tuple[Entry, ...]
    paragraphs: tuple[Paragraph, ...]
    remarks: tuple[Remark, ...]
    signatures: tuple[Signature, ...]
    counts: Counts
    reopenings: tuple[str, ...] = ()  # sentences, oldest first
