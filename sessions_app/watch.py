"""What the live rooms of a process hang on, looked at again every two seconds: one query.

A socket was let in by `access`; it stays open while what let it in still holds: the login, the
account, its password, the access to the session and the time when it is reached, or its centre.
"""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.contrib.sessions.models import Session as Login
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Now
from django.db.models.sql import Query
from django.utils import timezone

from . import access, colleagues, windows
from .former_reports import FormerReport
from .kept_statement import Given, KeptStatement
from .many_keys import among, among_texts, as_keys, as_texts
from .models import Center, Session, SupervisorAccess, User

LOGIN = "login"  # logged out, account disabled, password changed
ACCESS = "access"  # access to the session, or to its centre, withdrawn; its time over
COLUMNS = 5  # of the widest row


@dataclass(frozen=True)
class Ticket:
    """What a supervisor's socket was let in with; `center_id` for the rooms of a whole centre."""

    session_id: int
    user_id: int
    login: str  # the key of the HTTP session
    password: str  # as the database keeps it: a salted hash, another one for each new password
    center_id: int | None = None

    @property
    def board(self) -> tuple[int, int]:
        return self.session_id, self.user_id


class Account(NamedTuple):
    """Of an account that may log in, by thousands: no model."""

    password: str
    is_superuser: bool


@dataclass
class Look:
    """What one look has seen, at the instant `now`.

    `versions`: session id → (epoch, version), `held_by`: → its centre, `times`: → its day, hour,
    time zone and state, `turns`: → when it was signed or last reopened. `here`: session id → who
    has its board open, by key of the account.
    """

    now: datetime = field(default_factory=timezone.now)
    versions: dict[int, tuple[str, int]] = field(default_factory=dict)
    logins: set[str] = field(default_factory=set)
    users: dict[int, Account] = field(default_factory=dict)
    accesses: set[tuple[int, int]] = field(default_factory=set)
    centers: set[tuple[int, int]] = field(default_factory=set)
    held_by: dict[int, int] = field(default_factory=dict)
    times: dict[int, tuple[str, ...]] = field(default_factory=dict)
    turns: dict[int, datetime] = field(default_factory=dict)
    here: defaultdict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))

    def closes(self, ticket: Ticket) -> str | None:
        """Why a socket may not stay open, or None."""
        user = self.users.get(ticket.user_id)
        if user is None or ticket.login not in self.logins:
            return LOGIN
        if user.password != ticket.password:
            return LOGIN
        center_id = ticket.center_id or self.held_by.get(ticket.session_id)
        if user.is_superuser or (center_id, ticket.user_id) in self.centers:
            return None
        has_entered = (ticket.session_id, ticket.user_id) in self.accesses
        return None if has_entered and ticket.session_id in self._in_time else ACCESS

    @cached_property
    def _in_time(self) -> set[int]:
        """The sessions that are reached now."""
        bounds = {pk: _bounds(*told, self.turns.get(pk)) for pk, told in self.times.items()}
        return {
            pk for pk, (opens_at, closes_at) in bounds.items() if opens_at <= self.now < closes_at
        }


def look(session_ids: list[int], tickets: list[Ticket]) -> Look:
    """The versions of these sessions, and what is left of what these tickets hang on."""
    seen = Look()
    found = LOOK.rows(
        rooms=as_keys(session_ids),
        watched=as_keys({ticket.session_id for ticket in tickets}),
        users=as_keys({ticket.user_id for ticket in tickets}),
        logins=as_texts({ticket.login for ticket in tickets}),
    )
    for kind, *values in found:
        _note(seen, kind, *values)
    return seen


def _all_of_it() -> Query:
    rooms, user_ids = among(Given("rooms")), among(Given("users"))
    sessions = Session.objects.filter(pk__in=rooms)
    rows = _row("version", sessions, "pk", "epoch", "version", "center_id")
    accesses = SupervisorAccess.objects.filter(revoked_at=None, user_id__in=user_ids)
    accesses = accesses.filter(session_id__in=rooms)
    users = User.objects.filter(is_active=True, pk__in=user_ids)
    logins = Login.objects.filter(
        session_key__in=among_texts(Given("logins")), expire_date__gt=Now()
    )
    present = colleagues.open_now().filter(session_id__in=among(Given("watched")))
    signed = sessions.filter(incident_report__isnull=False)
    reopened = FormerReport.objects.filter(session_id__in=rooms)
    parts = [
        _row("time", sessions, "pk", "date", "start_time", "center__time_zone", "state"),
        _row("turn", signed, "pk", "incident_report__signed_at"),
        _row("turn", reopened, "session_id", "reopened_at"),
        _row("access", accesses, "session_id", "user_id"),
        _row("center", access.centers_of_each(user_ids), "center_id", "user_id"),
        _row("user", users, "pk", "password", "is_superuser"),
        _row("login", logins, "session_key"),
        _row("here", present, "session_id", "user_id", "name"),
    ]
    return rows.union(*parts, all=True).query


LOOK = KeptStatement(_all_of_it)


def _row(kind: str, rows, *columns: str):
    """The same columns of text for each table, so that one statement reads them all."""
    named = [f"text_{number}" for number in range(COLUMNS)]
    texts = [Cast(column, CharField()) for column in columns]
    texts += [Value("", CharField())] * (COLUMNS - len(columns))
    rows = rows.order_by().annotate(kind=Value(kind), **dict(zip(named, texts, strict=True)))
    return rows.values_list("kind", *named)


def _note(seen: Look, kind: str, first: str, second: str, third: str, *others: str) -> None:
    if kind == "version":
        seen.versions[int(first)] = (str(uuid.UUID(second)), int(third))
        seen.held_by[int(first)] = int(others[0])
    elif kind == "time":
        seen.times[int(first)] = (second, third, *others)
    elif kind == "turn":
        at = datetime.fromisoformat(second)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)  # as SQLite keeps it
        seen.turns[int(first)] = max(at, seen.turns.get(int(first), at))
    elif kind == "center":
        seen.centers.add((int(first), int(second)))
    elif kind == "access":
        seen.accesses.add((int(first), int(second)))
    elif kind == "login":
        seen.logins.add(first)
    elif kind == "here":
        seen.here[int(first)][int(second)] = third
    else:
        seen.users[int(first)] = Account(second, is_superuser=third in {"1", "true", "t"})


@lru_cache(maxsize=4_096)
def _bounds(day: str, hour: str, zone: str, state: str, last_turn: datetime | None):
    """As `windows.bounds`, of what a row says in texts."""
    session = Session(
        date=date.fromisoformat(day),
        start_time=time.fromisoformat(hour),
        state=state,
        center=Center(time_zone=zone),
    )
    return windows.bounds(session, last_turn)
