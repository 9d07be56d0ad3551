"""Everything the board shows, for the page and for the socket: the same rows, the same partial."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db import connection, transaction
from django.template.loader import render_to_string

from .models import Session

LONGEST_CATCH_UP = 500  # events; beyond, a whole board is cheaper than its changes
FEW = 3  # so many left of a shared loss are named: nobody is forgotten


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one instant, and makes no writer wait."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


@dataclass(frozen=True)
class Board:
    """A session and its rows at one version."""

    session: Session
    rows: list

    @cached_property
    def counters(self) -> dict[str, int]:
        counts = {"not_started": 0, "in_progress": 0, "finished": 0, "needs_me": 0}
        seen = 0
        for candidate in self.rows:
            counts[candidate.state] += 1
            counts["needs_me"] += candidate.needs_me_since is not None
            seen += candidate.is_expected_here and candidate.away_since is None
        counts["needs_me"] += bool(self.lost_together)
        expected = sum(candidate.is_expected_here for candidate in self.rows)
        return {**counts, "seen": seen, "expected": expected}

    @cached_property
    def lost_together(self) -> list:
        """Who is still away since the room's network was lost; one card for all of them."""
        return [row for row in self.rows if row.is_lost_together]

    @property
    def lost_since(self) -> datetime:
        return min(row.away_since for row in self.lost_together)

    @property
    def are_few_lost(self) -> bool:
        return len(self.lost_together) <= FEW

    @cached_property
    def needs_me(self) -> list:
        waiting = [row for row in self.rows if row.needs_me_since is not None]
        return sorted(waiting, key=lambda row: (row.needs_me_since, row.sort_key, row.pk))

    @cached_property
    def room(self) -> list:
        return [row for row in self.rows if row.needs_me_since is None]


@dataclass(frozen=True)
class Change:
    """What moved a room to `version`: the frame for supervisors, the candidates concerned."""

    version: int
    frame: dict
    candidate_ids: set[int] = field(default_factory=set)
    is_room_wide: bool = False

    def concerns(self, candidate_id: int) -> bool:
        return self.is_room_wide or candidate_id in self.candidate_ids


def load(session_id: int) -> Board:
    """The session and all its candidates at one instant, in two queries."""
    session = Session.objects.select_related("center").get(pk=session_id)
    # Sorted here and not by the database, whose collations differ: the browser sorts alike.
    rows = sorted(session.candidates.with_facts(), key=lambda row: (row.sort_key, row.pk))
    for candidate in rows:
        candidate.session = session
    return Board(session, rows)


def row_html(candidate) -> str:
    return render_to_string("candidates/_row.html", {"candidate": candidate})


def whole(session_id: int) -> dict:
    """The frame of the whole board, as a fresh page shows it."""
    with snapshot():
        return _whole(load(session_id))


def _whole(board: Board) -> dict:
    session = board.session
    html = render_to_string("sessions_app/_board.html", {"board": board})
    return {"type": "board", "epoch": str(session.epoch), "v": session.version, "html": html}


def fresh_rows(session_id: int, candidate_ids: set[int]) -> dict:
    """The rows of these candidates as they are at version `v`: `{epoch, v, rows: {id: html}}`."""
    with snapshot():
        board = load(session_id)
    rows = {str(row.pk): row_html(row) for row in board.rows if row.pk in candidate_ids}
    return {"epoch": str(board.session.epoch), "v": board.session.version, "rows": rows}


def missed(session_id: int, epoch: str, version: int) -> dict:
    """What brings a browser that shows `version` of `epoch` up to date."""
    return change(session_id, epoch, version).frame


def change(session_id: int, epoch: str, since: int) -> Change:
    """What changed after version `since` of `epoch`: the rows concerned, whole, and the counters.

    A change of the session itself or of the card of a shared loss, which are no rows, gives
    the whole board instead; so do another history, and more events than are worth it.
    """
    with snapshot():
        board = load(session_id)
        events = list(
            board.session.events.filter(version__gt=since).order_by("version")[:LONGEST_CATCH_UP]
        )
        version = board.session.version
        is_other_history = epoch != str(board.session.epoch) or since > version
        if is_other_history or len(events) < version - since:
            return Change(version, _whole(board), is_room_wide=True)
        ids = {event.candidate_id for event in events if event.candidate_id}
        rows = {row.pk: row for row in board.rows if row.pk in ids}
        say = _sentences(events, rows)
        if any(event.candidate_id is None for event in events):
            return Change(version, {**_whole(board), "say": say}, ids, is_room_wide=True)
        if any(event.data.get("together") for event in events) or _any_lost_together(rows):
            return Change(version, {**_whole(board), "say": say}, ids)
        frame = {
            "type": "rows",
            "epoch": epoch,
            "from": since,
            "v": version,
            "rows": {str(pk): row_html(row) for pk, row in rows.items()},
            "counters": board.counters,
            "say": say,
        }
    return Change(version, frame, ids)


def _any_lost_together(rows: dict) -> bool:
    """The mark outlives some absences (an end, another computer): those left the card, too."""
    return any(row.away_together for row in rows.values())


# What a supervisor who does not look at the screen must hear; the rest stays silent.
SPOKEN = {
    "joined": "{name} demande à commencer.",
    "resume_asked": "{name} demande à reprendre.",
    "alert_raised": "{name} signale un problème.",
    "went_away": "{name} est déconnecté.",
    "overtime_reached": "{name} a dépassé son heure de fin.",
    "test_ended": "{name} a terminé.",
}


LOST_TOGETHER = "{count} candidats sont déconnectés : le réseau de la salle semble coupé."


def _sentences(events, rows: dict) -> list[str]:
    sentences = []
    for event in events:
        if event.type == "connections_lost":
            sentences.append(LOST_TOGETHER.format(count=len(event.data["candidates"])))
        elif event.type in SPOKEN and event.candidate_id in rows:
            name = rows[event.candidate_id].display_name
            sentences.append(SPOKEN[event.type].format(name=name))
    return sentences
