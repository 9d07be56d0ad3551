"""Boards of several sessions, read together: the journal's events and the candidates that moved,
each in one query for all of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from .models import Session, SessionEvent
from .one_board import Board

LONGEST_CATCH_UP = 500  # events; beyond, a whole board is cheaper than its changes
MOST_SESSIONS = 100  # sessions in one query: what SQLite reads in one condition is limited


@dataclass
class Reading:
    """One session: what of its board is at hand, and the version that a page shows."""

    session: Session
    since: int | None = None
    kept: Board | None = None
    events: list[SessionEvent] = field(default_factory=list)

    @property
    def oldest(self) -> int:
        """The version after which events are asked for."""
        known = [self.since, self.kept.session.version if self.kept else None]
        return min((each for each in known if each is not None), default=self.session.version)

    @property
    def is_worth_events(self) -> bool:
        return 0 < self.session.version - self.oldest <= LONGEST_CATCH_UP

    @property
    def told(self) -> list[SessionEvent]:
        """After the version that the page shows."""
        return [each for each in self.events if self.since is None or each.version > self.since]

    @property
    def moved(self) -> set[int] | None:
        """The candidates to read again; None when the journal does not tell, and all are."""
        if self.kept is None:
            return None
        before = self.kept.session.version
        since = [event for event in self.events if event.version > before]
        is_whole = len(since) == self.session.version - before
        people = {event.candidate_id for event in since}
        return people if is_whole and people <= self.kept.people.keys() else None

    def board(self, fresh: Iterable[Any]) -> Board:
        """`fresh`: the candidates that were read again."""
        moved = self.moved
        if self.kept and moved is not None and self.kept.session.version == self.session.version:
            return self.kept
        others = self.kept.people if self.kept and moved is not None else {}
        return Board(self.session, _in_order(self.session, fresh, others))


def read_all(readings: Collection[Reading]) -> list[Board]:
    """The board of each; its `events` are filled in. To be called within a `snapshot`."""
    readings = list(readings)
    boards: list[Board] = []
    for at in range(0, len(readings), MOST_SESSIONS):
        boards += _read_some(readings[at : at + MOST_SESSIONS])
    return boards


def _read_some(readings: list[Reading]) -> list[Board]:
    told = [each for each in readings if each.is_worth_events]
    events = _events(told)
    for each in told:
        each.events = events[each.session.pk]
    people = _people(readings)
    return [each.board(people[each.session.pk]) for each in readings]


def _events(readings: list[Reading]) -> Mapping[int, list[SessionEvent]]:
    found: dict[int, list[SessionEvent]] = defaultdict(list)
    if readings:
        wanted = [Q(session=each.session, version__gt=each.oldest) for each in readings]
        for event in SessionEvent.objects.filter(reduce(or_, wanted)).order_by("version"):
            found[event.session_id].append(event)
    return found


def _people(readings: list[Reading]) -> Mapping[int, list]:
    """By session, the candidates that moved, or all of them."""
    whole = [each.session.pk for each in readings if each.moved is None]
    moved = set().union(*(each.moved or () for each in readings))
    wanted = [Q(session__in=whole)] * bool(whole) + [Q(pk__in=moved)] * bool(moved)
    found: dict[int, list] = defaultdict(list)
    if wanted:
        candidates = readings[0].session.candidates.model.objects.with_facts()
        for each in candidates.filter(reduce(or_, wanted)):
            found[each.session_id].append(each)
    return found


def _in_order(session: Session, fresh: Iterable, others: Mapping) -> dict[int, Any]:
    people = {**others}
    for candidate in fresh:
        candidate.session = session
        people[candidate.pk] = candidate
    # Sorted here and not by the database, whose collations differ: the browser sorts alike.
    ordered = sorted(people.values(), key=lambda row: (row.sort_key, row.pk))
    return {candidate.pk: candidate for candidate in ordered}
