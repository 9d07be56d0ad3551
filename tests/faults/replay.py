"""What a board must show at version v, by the journal alone: no rendering, no query of rows.

The effects of the events are written here a second time, on purpose.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from candidates.rehearsal import COUNT

from .screens import Shown

SHOWN = re.compile(r'data-state="(\w+)" data-flags="([^"]*)" data-row-version="(\d+)"')
GRANTED = re.compile(r"badge extra'>\+(\d+)&nbsp;min<")
QUESTION = re.compile(r"class='at'>(\d+)</span>/\d+")
FLAGS = {"authorized", "asks-start", "alert", "paused"}
SILENT = {"answered", "incident_noted"}  # no decision hangs on them: the row keeps its version


@dataclass(frozen=True)
class Row:
    """What is compared of a candidate's row. `granted` in minutes; `question` 0 for none."""

    state: str = "not_started"
    flags: frozenset[str] = frozenset()
    version: int = 0
    granted: int = 0
    question: int = 0

    def flagged(self, **flags: bool) -> "Row":
        """With `alert=True` or without `alert=False` a flag."""
        there = {name.replace("_", "-") for name, is_true in flags.items() if is_true}
        gone = {name.replace("_", "-") for name, is_true in flags.items() if not is_true}
        return replace(self, flags=(self.flags | there) - gone)


@dataclass(frozen=True)
class Sight:
    """A whole board: rows by candidate in the order of their numbers, then the counters."""

    rows: tuple[tuple[int, Row], ...]
    not_started: int
    in_progress: int
    finished: int
    needs_me: int
    is_paused: bool


@dataclass(frozen=True)
class Event:
    version: int
    type: str
    candidate_id: int | None
    data: dict


class Replay:
    """The sights of one history of one session, version by version."""

    def __init__(self, candidate_ids: Iterable[int], events: Iterable[Event]):
        self.rows = {pk: Row() for pk in sorted(candidate_ids)}
        self.is_paused = False
        self.sights = {0: self._sight()}
        for event in events:
            self._happen(event)
            self.sights[event.version] = self._sight()

    def _happen(self, event: Event) -> None:
        if event.type in {"room_paused", "room_resumed"}:
            self.is_paused = event.type == "room_paused"
            self.rows = {pk: row.flagged(paused=self.is_paused) for pk, row in self.rows.items()}
        elif event.candidate_id is not None:
            row = after(self.rows[event.candidate_id], event.type, event.data)
            if event.type not in SILENT:
                row = replace(row, version=event.version)
            self.rows[event.candidate_id] = row

    def _sight(self) -> Sight:
        return _sight(self.rows, self.is_paused)


def after(row: Row, event_type: str, data: dict) -> Row:
    """The row after the event; an event that this does not know is an error (`KeyError`)."""
    return {
        "joined": lambda: row.flagged(asks_start=True),
        "start_authorized": lambda: row.flagged(authorized=True),
        "start_withdrawn": lambda: row.flagged(authorized=False),
        "test_started": lambda: replace(
            row.flagged(authorized=False, asks_start=False), state="in_progress", question=1
        ),
        "answered": lambda: replace(row, question=min(data["question"] + 1, COUNT)),
        "time_added": lambda: replace(row, granted=row.granted + data["minutes"]),
        "time_undone": lambda: replace(row, granted=row.granted - data["minutes"]),
        "alert_raised": lambda: row.flagged(alert=True),
        "alert_accepted": lambda: row.flagged(alert=False),
        "alert_rejected": lambda: row.flagged(alert=False),
        "incident_noted": lambda: row,
        "test_ended": lambda: replace(
            row.flagged(alert=False, authorized=False), state="finished", question=0
        ),
    }[event_type]()


def seen(shown: Shown) -> Sight:
    """What a page shows, read from its HTML."""
    rows = {int(pk): _read(html) for pk, html in shown.rows.items()}
    rows = dict(sorted(rows.items()))
    counters = {name: shown.counters[name] for name in COUNTERS}
    return Sight(tuple(rows.items()), **counters, is_paused=bool(shown.paused))


COUNTERS = ("not_started", "in_progress", "finished", "needs_me")


@cache
def _read(html: str) -> Row:
    state, flags, version = SHOWN.search(html).groups()
    granted, question = GRANTED.search(html), QUESTION.search(html)
    return Row(
        state,
        frozenset(flags.split()) & FLAGS,
        int(version),
        int(granted[1]) if granted else 0,
        int(question[1]) if question else 0,
    )


def _sight(rows: dict[int, Row], is_paused: bool) -> Sight:
    states = [row.state for row in rows.values()]
    needs = [_needs_someone(row) for row in rows.values()]
    return Sight(
        tuple(rows.items()),
        states.count("not_started"),
        states.count("in_progress"),
        states.count("finished"),
        sum(needs),
        is_paused,
    )


def _needs_someone(row: Row) -> bool:
    asks = "asks-start" in row.flags and "authorized" not in row.flags
    return "alert" in row.flags or asks
