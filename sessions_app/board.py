"""Everything the board shows, for the page and for the socket: the same rows, the same partial.

Each process keeps the last board that it has read of a session. What the journal tells since
then brings it up to date: only the candidates concerned are read and rendered again.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.template.loader import render_to_string

from . import languages
from .announcements import Announcement
from .board_reading import Reading, read_all
from .event_names import FROM_THEIR_PAGE
from .frame_text import rows_text
from .kept_boards import KeptBoards
from .models import Session, SessionEvent
from .one_board import TOGETHER, Board
from .one_instant import snapshot
from .spoken import spoken

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


class Asked(NamedTuple):
    """What a page that shows version `since` of `epoch` asks, or all those of a room here."""

    session_id: int
    epoch: str
    since: int
    spoken_here: Iterable[str] | None = None  # in which languages; None: in that of the caller


def load(find: int | Callable[[], Session]) -> Board:
    """The session and all its candidates at one instant, in three queries at most.

    The session by its key, or as `find` returns it, with its centre.
    """
    with snapshot() as is_committed:
        session = find() if callable(find) else _session(find)
        return load_together([session], is_committed=is_committed)[session.pk]


def load_together(sessions: Iterable[Session], *, is_committed: bool) -> dict[int, Board]:
    """The boards of these sessions, in two queries at most for all of them.

    To be called within a `snapshot`, which tells `is_committed`.
    """
    boards = _read([Reading(each) for each in sessions], is_committed=is_committed)
    return {each.session.pk: each for each in boards}


def is_at_hand(session_id: int) -> bool:
    """Whether this process keeps some board of the session: the journal brings it up to date."""
    return _kept.has(session_id)


def take_at_hand(session_ids: list[int]) -> list[None]:
    """Keep the boards of these sessions, read together: a building comes back at once."""
    wanted = [each for each in set(session_ids) if not is_at_hand(each)]
    with snapshot() as is_committed:
        sessions = Session.objects.select_related("center").filter(pk__in=wanted)
        load_together(sessions, is_committed=is_committed)
    return [None] * len(session_ids)


def _session(session_id: int) -> Session:
    return Session.objects.select_related("center").get(pk=session_id)


def _read(readings: list[Reading], *, is_committed: bool) -> list[Board]:
    """The board of each; what the journal tells is in its `events`.

    When there are fewer of them than versions, some are missing.
    """
    if not is_committed:
        return read_all(readings)
    for each in readings:
        each.kept = _kept.before(each.session)
    boards = read_all(readings)
    for board in boards:
        _kept.keep(board)
    return boards


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
    (told,) = changes([Asked(session_id, epoch, since, spoken_here)])
    if isinstance(told, Exception):
        raise told
    return told


def changes(asked: list[Asked]) -> list[Change | Exception]:
    """As `change`, for many at once; what cannot be told to one harms no other."""
    with snapshot() as is_committed:
        ids = {each.session_id for each in asked}
        sessions = Session.objects.select_related("center").in_bulk(ids)
        known = [each for each in asked if each.session_id in sessions]
        readings = [Reading(sessions[each.session_id], each.since) for each in known]
        read = zip(readings, _read(readings, is_committed=is_committed), strict=True)
    return [
        _told(each, *next(read)) if each.session_id in sessions else Session.DoesNotExist()
        for each in asked
    ]


def _told(asked: Asked, reading: Reading, board: Board) -> Change | Exception:
    try:
        return _change(asked, reading, board)
    except Exception as error:
        return error


def _change(asked: Asked, reading: Reading, board: Board) -> Change:
    since, events, now, version = asked.since, reading.told, board.epoch, board.session.version
    if asked.epoch != now or since > version or len(events) < version - since:
        frames = languages.in_each(asked.spoken_here, lambda: _whole(board))
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

    frames = languages.in_each(asked.spoken_here, frame)
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
    moved = kept and kept.answer(news.version, news.questions)
    if kept is None or moved is None:
        return None

    def told(language: str) -> str:
        rows = {pk: row.row_in(language) for pk, row in moved.items()}
        return rows_text(epoch, news.since, news.version, rows, kept.counters_json)

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
