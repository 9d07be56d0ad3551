"""The last board of each session that this process has read.

A board is never changed, only replaced by a newer one; it serves while it is what the session's
version and epoch name. The journal tells what it lacks: nothing on a board moves without an event.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from .models import Session

if TYPE_CHECKING:
    from .board import Board

MOST = 512  # boards; about 5 kB a candidate


class KeptBoard:
    """A board, and the answers given after it, up to `version`: the board that they make is
    wanted when somebody reads it, which is rare, and each answer is shown at once."""

    __slots__ = ("_answered", "_board", "_lock", "version")

    def __init__(self, board: Board):
        self._board, self.version = board, board.session.version
        self._answered: dict[int, Any] = {}  # rows that have moved on, by candidate
        self._lock = Lock()

    def is_at(self, epoch: str, version: int | None) -> bool:
        return self.version == version and self._board.epoch == epoch

    @property
    def counters_json(self) -> str:
        """They do not move with an answer."""
        return self._board.counters_json

    def answer(self, version: int, questions: Mapping[int, int]) -> dict[int, Any] | None:
        """The rows, as `row_in`, of candidates for whom these questions were opened up to
        `version`; None when the board lacks one of them."""
        moved = {}
        with self._lock:
            people, answered = self._board.people, self._answered
            if not people.keys() >= questions.keys():
                return None
            for pk, number in questions.items():
                row = answered.get(pk)
                if row is None:
                    row = answered[pk] = people[pk].moving_row()
                row.open(number)
                moved[pk] = row
            self.version = version
        return moved

    def now(self) -> Board:
        with self._lock:
            if self._answered:
                people = {pk: row.candidate_now() for pk, row in self._answered.items()}
                self._board, self._answered = self._board.after_answers(self.version, people), {}
            return self._board


class KeptBoards:
    """Boards by session, the least recently used given up first; from any thread."""

    def __init__(self) -> None:
        self._boards: OrderedDict[int, KeptBoard] = OrderedDict()
        self._lock = Lock()

    def has(self, session_id: int) -> bool:
        return session_id in self._boards

    def before(self, session: Session) -> Board | None:
        """The board that became `session` by events only, or still is it."""
        kept = self._at_hand(session.pk)
        board = kept and kept.now()
        if board is None or board.session.version > session.version:
            return None
        return board if _traits(board.session) == _traits(session) else None

    def exactly(self, session_id: int, epoch: str, version: int | None) -> KeptBoard | None:
        """The board of this very version."""
        kept = self._at_hand(session_id)
        return kept if kept and kept.is_at(epoch, version) else None

    def keep(self, board: Board) -> None:
        # A planned session has no journal yet: its list changes without an event.
        if board.session.state == Session.State.PLANNED:
            return
        with self._lock:
            self._boards[board.session.pk] = KeptBoard(board)
            if len(self._boards) > MOST:
                self._boards.popitem(last=False)

    def _at_hand(self, session_id: int) -> KeptBoard | None:
        with self._lock:
            if session_id in self._boards:
                self._boards.move_to_end(session_id)
            return self._boards.get(session_id)


def _traits(session: Session) -> list:
    """All that rows may show of their session; only the version moves with each event."""
    columns = [field.attname for field in session._meta.concrete_fields if field.name != "version"]
    return [*(getattr(session, column) for column in columns), session.center.time_zone]
