"""The rooms of a centre today, a line each: for the page and for the socket, the same partial.

A line is derived from the board of its room, which this process keeps; it names no candidate.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count
from django.template.loader import render_to_string
from django.utils.translation import ngettext_lazy

from . import board, clock, colleagues
from .models import Session
from .one_instant import snapshot

# What people wait for, by the fact that says so.
NEEDS = {
    "alert": ngettext_lazy("%(count)s problème signalé", "%(count)s problèmes signalés", "count"),
    "asks-resume": ngettext_lazy(
        "%(count)s reprise demandée", "%(count)s reprises demandées", "count"
    ),
    "overtime": ngettext_lazy("%(count)s temps dépassé", "%(count)s temps dépassés", "count"),
    "away": ngettext_lazy("%(count)s déconnecté", "%(count)s déconnectés", "count"),
    "asks-start": ngettext_lazy(
        "%(count)s départ à autoriser", "%(count)s départs à autoriser", "count"
    ),
    "lapsing": ngettext_lazy(
        "%(count)s autorisation bientôt expirée",
        "%(count)s autorisations bientôt expirées",
        "count",
    ),
}


class Sign(NamedTuple):
    """What a line was read from: as long as it is the same, so is the line."""

    epoch: str
    version: int
    rest: tuple


@dataclass(frozen=True)
class Line:
    """One room. `people`: who has its board open now, in the order of names."""

    board: board.Board
    people: list[str]

    @property
    def session(self) -> Session:
        return self.board.session

    @property
    def count(self) -> int:
        return self.board.counters["needs_me"]

    @property
    def cut_off(self) -> int:
        """Whose computer should be connected, and is not."""
        return self.board.counters["expected"] - self.board.counters["seen"]

    @cached_property
    def needs(self) -> list[tuple[str, str]]:
        """What is waited for: its fact, and “2 reprises demandées”."""
        facts = Counter(fact.value for row in self.board.needs_me for fact, _ in row.needs)
        facts["away"] += len(self.board.lost_together)
        told = [(fact, facts[fact], NEEDS[fact]) for fact in NEEDS if facts[fact]]
        return [(fact, words % {"count": n}) for fact, n, words in told]

    @cached_property
    def waiting_since(self) -> datetime | None:
        since = [row.needs_me_since for row in self.board.needs_me[:1]]
        since += [self.board.lost_since] if self.board.lost_together else []
        return min(since, default=None)

    @property
    def order(self) -> str:
        """Who waits longest first, then by hour and room; finalised ones last."""
        session = self.session
        if self.waiting_since and session.state != Session.State.FINALIZED:
            return f"0 {self.waiting_since.timestamp():017.6f} {session.number}"
        rank = 2 if session.state == Session.State.FINALIZED else 1
        return f"{rank} {session.start_time:%H:%M} {session.room} {session.number}"

    @cached_property
    def html(self) -> str:
        return render_to_string("sessions_app/_room_line.html", {"line": self})


def signs(center_ids: Collection[int]) -> dict[int, dict[int, Sign]]:
    """Centre → today's sessions → what their lines hang on; the same few queries for all."""
    with snapshot():
        found: dict[int, dict[int, Sign]] = {pk: {} for pk in center_ids}
        sessions = _todays(center_ids)
        people = _people(sessions)
    for each in sessions:
        found[each.center_id][each.pk] = _sign(each, people[each.pk])
    return found


def lines(center_ids: Collection[int]) -> list[Line]:
    """Of all of today's sessions of these centres, who waits longest first."""
    return sorted(_read(center_ids)[0].values(), key=lambda line: line.order)


def frame(
    center_id: int, session_ids: Collection[int] | None = None
) -> tuple[dict, dict[int, Sign]]:
    """`rooms{now, ids, rooms: {id: {epoch, v, html}}}`, and the signs of the lines in it.

    `ids` are all of today's, `rooms` those of `session_ids` among them, or all.
    """
    now = clock.now().isoformat()
    read, today, seen = _read([center_id], session_ids)
    rooms = {
        str(pk): {
            "epoch": str(line.session.epoch),
            "v": line.session.version,
            "html": line.html,
        }
        for pk, line in read.items()
    }
    return {"type": "rooms", "now": now, "ids": today, "rooms": rooms}, seen


def _read(
    center_ids: Collection[int], session_ids: Collection[int] | None = None
) -> tuple[dict[int, Line], list[int], dict[int, Sign]]:
    with snapshot() as is_committed:
        today = _todays(center_ids)
        wanted = [each for each in today if session_ids is None or each.pk in session_ids]
        boards = board.load_together(wanted, is_committed=is_committed)
        people = _people(wanted)
    read = {each.pk: Line(boards[each.pk], people[each.pk]) for each in wanted}
    seen = {each.pk: _sign(each, people[each.pk]) for each in wanted}
    return read, sorted(each.pk for each in today), seen


def _todays(center_ids: Collection[int]) -> list[Session]:
    """Those of the day that it is at the centre, with `listed`, how many are on their lists."""
    now = clock.now()
    near = [(now + timedelta(days=days)).date() for days in (-1, 0, 1)]
    sessions = Session.objects.filter(center__in=center_ids, date__in=near)
    sessions = sessions.select_related("center").annotate(listed=Count("candidates")).order_by()
    return [each for each in sessions if each.date == now.astimezone(each.zone).date()]


def _people(sessions: Collection[Session]) -> dict[int, list[str]]:
    people: dict[int, list[str]] = {each.pk: [] for each in sessions}
    present = colleagues.open_now().filter(session__in=people)
    for session_id, name in present.values_list("session_id", "name"):
        people[session_id].append(name)
    return {pk: sorted(names, key=str.casefold) for pk, names in people.items()}


def _sign(session: Session, people: list[str]) -> Sign:
    # A planned session has no journal yet: what it shows changes without a version.
    columns = [field.attname for field in session._meta.concrete_fields if field.name != "version"]
    rest = (*(getattr(session, name) for name in columns), session.listed, *people)
    return Sign(str(session.epoch), session.version, rest)
