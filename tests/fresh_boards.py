"""The board as the database has it, whatever this process has kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from sessions_app import board
from sessions_app.kept_boards import KeptBoards


@contextmanager
def nothing_kept() -> Iterator[None]:
    with mock.patch.object(board, "_kept", KeptBoards()):
        yield


def whole(session_id: int) -> dict:
    with nothing_kept():
        return board.whole(session_id)
