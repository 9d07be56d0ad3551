"""Statements that go to PostgreSQL together: one wait for all of them, instead of one for each."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

Statement = tuple[str, Sequence[Any]]  # its text and its values


def in_one_trip(*statements: Statement) -> list[CursorWrapper]:
    """The cursor of each, in their order. Each sees what those before it have done, and what others
    had committed when its turn came: locks taken by one are good for the next.

    Raises what the first that fails would raise; those after it are not run. Where the address of
    the database allows it (`settings`), a statement that comes again is planned no more: its text
    must be the same each time, with the values apart.
    """
    connection.ensure_connection()
    cursors = []
    with connection.wrap_database_errors, connection.connection.pipeline():
        for sql, values in statements:
            cursors.append(_cursor())
            cursors[-1].execute(sql, values)
    return cursors


def _cursor() -> CursorWrapper:
    """psycopg's own: those of Django put the values into the text."""
    wrapper = CursorDebugWrapper if connection.queries_logged else CursorWrapper
    return wrapper(psycopg.Cursor(connection.connection), connection)
