"""Statements that go to PostgreSQL together: one wait for all of them, instead of one for each."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

Statement = tuple[str, Sequence[Any]]  # its text and its values


def in_one_trip(*statements: Statement) -> list[CursorWrapper]:
    """The cursor of each, in their order. Each sees what those before it have done, and what others
    had committed when its turn came: locks taken by one are good for the next.

    Raises what the first that fails would raise; those after it are not run.
    """
    connection.ensure_connection()
    cursors = []
    with connection.wrap_database_errors, connection.connection.pipeline():
        for sql, values in statements:
            cursors.append(connection.cursor())
            cursors[-1].execute(sql, values)
    return cursors
