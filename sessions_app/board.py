"""Everything the board shows, for the page and for the socket: the same rows, the same partial.

Each process keeps the last board that it has read of a session. What the journal tells since
then brings it up to date: only the candidates concerned are read and rendered again.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string

from . import languages
from .announcements import Announcement
from .event_names import FROM_THEIR_PAGE
from .frame_text import rows_text
from .kept_boards import KeptBoards
from .models import Session, SessionEvent
from .one_board import TOGETHER, Board
from .one_instant import snapshot
from .spoken import spoken

LONGEST_CATCH_UP = 500  # events; beyond, a whole board is cheaper than its changes
_kept = KeptBoards()


@dataclass(frozen=True)
class Change:
    """What moved a room to `version`: the frame for supervisors in each of their languages, the
    candidates to be told.
    """

    epoch: str
    version: int
    frames: dict[str, dict]
    candidate_ids: set[int] = field(default_factory=set)
    is_room_wide: bool = False

    @property
    def frame(self) -> dict:
        """The only one, when it was asked for in one language."""
        (frame,) = self.frames.values()
        return frame

    def concerns(self, candidate_id: int) -> bool:
        return self.is_room_wide or candidate_id in self.candidate_ids


def load(find: int | Callable[[], Session]) -> Board:
    """The session and all its candidates at one instant, in three queries at most.

    The session by its key, or as `find` returns it, with its centre.
    """
    with snapshot() as is_committed:
        session = find() if callable(find) else _session(find)
        return _read(session, is_committed=is_committed)[0]


def load_together(sessions: Iterable[Session], *, is_committed: bool) -> dict[int, Board]:
    """The boards of these sessions, with one query for all those that are not kept as they are.

    To be called within a `snapshot`, which tells `is_committed`.
    """
    boards: dict[int, Board] = {}
    for session in sessions:
        kept = _kept.before(session) if is_committed else None
        is_it = kept and kept.session.version == session.version
        boards[session.pk] = kept if kept and is_it else Board(session, {})
    read = {pk: each.session for pk, each in boards.items() if not each.people}
    people = defaultdict(list)
    for session in list(read.values())[:1]:
        for each in session.candidates.model.objects.with_facts().filter(session__in=read):
            people[each.session_id].append(each)
    for pk, session in read.items():
        boards[pk] = Board(session, _in_order(session, people[pk]))
        if is_committed:
            _kept.keep(boards[pk])
    return boards


def _session(session_id: int) -> Session:
    return Session.objects.select_related("center").get(pk=session_id)


def _read(
    session: Session, since: int | None = None, *, is_committed: bool
) -> tuple[Board, list[SessionEvent]]:
    """The board, and what the journal tells after version `since`.

    LONGEST_CATCH_UP events at most: when there are fewer than versions, some are missing.
    """
    kept = _kept.before(session) if is_committed else None
    known = [since, kept.session.version if kept else None]
    oldest = min((version for version in known if version is not None), default=session.version)
    events = _events(session, oldest)
    if kept is None or not _leads_to(kept, session, events):
        board = Board(session, _in_order(session, session.candidates.with_facts()))
    elif kept.session.version == session.version:
        board = kept
    else:
        moved = {event.candidate_id for event in events if event.version > kept.session.version}
        fresh = session.candidates.with_facts().filter(pk__in=moved)
        board = Board(session, _in_order(session, fresh, kept.people))
    if is_committed:
        _kept.keep(board)
    return board, [event for event in events if since is None or event.version > since]


def _events(session: Session, since: int) -> list[SessionEvent]:
    if since >= session.version:
        return []
    return list(session.events.filter(version__gt=since).order_by("version")[:LONGEST_CATCH_UP])


def _leads_to(kept: Board, session: Session, events: list[SessionEvent]) -> bool:
    """Whether these events, none missing, changed single candidates of the kept board only."""
    since = [event for event in events if event.version > kept.session.version]
    is_whole = len(since) == session.version - kept.session.version
    return is_whole and all(event.candidate_id in kept.people for event in since)


def _in_order(session: Session, fresh: Iterable, others: Mapping | None = None) -> dict[int, Any]:
    people = {**(others or {})}
    for candidate in fresh:
        candidate.session = session
        people[candidate.pk] = candidate
    # Sorted here and not by the database, whose collations differ: the browser sorts alike.
    ordered = sorted(people.values(), key=lambda row: (row.sort_key, row.pk))
    return {candidate.pk: candidate for candidate in ordered}


def whole(session_id: int) -> dict:
    """The frame of the whole board, as a fresh page shows it."""
    return _whole(load(session_id))


def _whole(board: Board) -> dict:
    session = board.session
    html = render_to_string("sessions_app/_board.html", {"board": board})
    return {"type": "board", "epoch": board.epoch, "v": session.version, "html": html}


def fresh_rows(session_id: int, candidate_ids: set[int]) -> dict:
    """The rows of these candidates as they are at version `v`: `{epoch, v, rows: {id: html}}`."""
    board = load(session_id)
    session = board.session
    rows = board.html_of(candidate_ids)
    return {"epoch": board.epoch, "v": session.version, "rows": rows}


def shown_by(told: Mapping[str, str]) -> tuple[str, int] | None:
    """The epoch and version that a page says it shows, as `epoch` and `v` of an address; None when
    it says nothing. Raises `ValueError` for what no page of ours says."""
    epoch, version = told.get("epoch"), told.get("v")
    if epoch is None and version is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", version or ""):
        raise ValueError(version)
    return str(uuid.UUID(epoch or "")), int(version or "")


def missed(session_id: int, epoch: str, version: int) -> dict:
    """What brings a browser that shows `version` of `epoch` up to date."""
    return change(session_id, epoch, version).frame


def change(
    session_id: int, epoch: str, since: int, spoken_here: Iterable[str] | None = None
) -> Change:
    """What changed after version `since` of `epoch`: the rows concerned, whole, and the counters.

    In each of these languages, or in the one that is spoken now.

    A change of the session itself or of a card, which are no rows, gives the whole board
    instead; so do another history, and more events than are worth it.
    """
    with snapshot() as is_committed:
        board, events = _read(_session(session_id), since, is_committed=is_committed)
    now, version = board.epoch, board.session.version
    if epoch != now or since > version or len(events) < version - since:
        frames = languages.in_each(spoken_here, lambda: _whole(board))
        return Change(now, version, frames, is_room_wide=True)
    ids = {event.candidate_id for event in events if event.candidate_id}
    # Whoever answers has the reply, which opens the next question.
    news = {event.candidate_id for event in events if event.type not in FROM_THEIR_PAGE}
    rows = {pk: board.people[pk] for pk in ids if pk in board.people}
    is_whole = any(event.candidate_id is None for event in events)
    is_whole = is_whole or _moves_a_card(board, events) or _any_lost_together(rows)

    def frame() -> dict:
        shown = _whole(board) if is_whole else _rows_frame(board, since, ids)
        return {**shown, **spoken(events, rows)}

    frames = languages.in_each(spoken_here, frame)
    return Change(now, version, frames, news - {None}, is_room_wide=None in news)


def _rows_frame(board: Board, since: int, candidate_ids: Iterable[int]) -> dict:
    return {
        "type": "rows",
        "epoch": board.epoch,
        "from": since,
        "v": board.session.version,
        "rows": board.html_of(candidate_ids),
        "counters": board.counters,
        "say": [],
    }


def answered(
    news: Announcement, epoch: str, spoken_here: Iterable[str] | None = None
) -> dict[str, str] | None:
    """The frame of what `news` tells, when that is answers only, without asking the database.

    As text, in each of these languages, or in the one that is spoken now. It takes the board
    that this process keeps of the version before; None when it has none.
    """
    if news.since is None or not epoch.startswith(news.history):
        return None
    kept = _kept.exactly(news.session_id, epoch, news.since)
    if kept is None or not kept.people.keys() >= news.questions.keys():
        return None
    moved = {pk: kept.people[pk].at_question(at) for pk, at in news.questions.items()}
    board = Board(kept.session.at_version(news.version), {**kept.people, **moved})
    # Of the rest of the board, nothing moves with an answer.
    for name in ("epoch", "counters", "counters_json"):
        board.__dict__[name] = getattr(kept, name)
    _kept.keep(board)

    def told(language: str) -> str:
        rows = {pk: candidate.row_in(language) for pk, candidate in moved.items()}
        return rows_text(epoch, news.since, news.version, rows, board.counters_json)

    # What is kept needs no change of language, which would cost as much as all the rest.
    return {language: told(language) for language in spoken_here or [languages.current()]}


def _moves_a_card(board: Board, events: list[SessionEvent]) -> bool:
    """Something that stands for several has changed: a shared loss, or who is past their end."""
    if any(event.data.get("together") for event in events):
        return True
    turned = [event.data["late"] for event in events if "late" in event.data]
    before = len(board.late) - turned.count(True) + turned.count(False)
    return bool(turned) and max(before, len(board.late)) >= TOGETHER


def _any_lost_together(rows: dict) -> bool:
    """The mark outlives some absences (an end, another computer): those left the card, too."""
    return any(row.away_together for row in rows.values())
