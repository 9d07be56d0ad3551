"""The last board of each session that this process has read.

A board is never changed, only replaced by a newer one; it serves while it is what the session's
version and epoch name. The journal tells what it lacks: nothing on a board moves without an event.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from .models import Session

if TYPE_CHECKING:
    from .board import Board

MOST = 512  # boards; about 5 kB a candidate


class KeptBoards:
    """Boards by session, the least recently used given up first; from any thread."""

    def __init__(self) -> None:
        self._boards: OrderedDict[int, Board] = OrderedDict()
        self._lock = Lock()

    def has(self, session_id: int) -> bool:
        return session_id in self._boards

    def before(self, session: Session) -> Board | None:
        """The board that became `session` by events only, or still is it."""
        board = self._at_hand(session.pk)
        if board is None or board.session.version > session.version:
            return None
        return board if _traits(board.session) == _traits(session) else None

    def exactly(self, session_id: int, epoch: str, version: int) -> Board | None:
        """The board of this very version."""
        board = self._at_hand(session_id)
        is_it = board and board.session.version == version and board.epoch == epoch
        return board if is_it else None

    def keep(self, board: Board) -> None:
        # A planned session has no journal yet: its list changes without an event.
        if board.session.state == Session.State.PLANNED:
            return
        with self._lock:
            self._boards[board.session.pk] = board
            if len(self._boards) > MOST:
                self._boards.popitem(last=False)

    def _at_hand(self, session_id: int) -> Board | None:
        with self._lock:
            if session_id in self._boards:
                self._boards.move_to_end(session_id)
            return self._boards.get(session_id)


def _traits(session: Session) -> list:
    """All that rows may show of their session; only the version moves with each event."""
    columns = [field.attname for field in session._meta.concrete_fields if field.name != "version"]
    return [*(getattr(session, column) for column in columns), session.center.time_zone]
