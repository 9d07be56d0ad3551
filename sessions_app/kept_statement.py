"""Questions that are the same each time, made into SQL once.

Out of a QuerySet that takes far longer than PostgreSQL takes to answer: it would be a large part
of what a process with ten thousand sockets does at rest (`make bench`, row B6).
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models.sql import Query


class Given(NamedTuple):
    """Where a value belongs that is given anew each time: a parameter of a `RawSQL`."""

    name: str


class KeptStatement:
    """`KeptStatement(make).rows(name=value, …)`: what the query that `make()` gives finds.

    All that differs from one time to the next is `Given`; the instant is the database's `Now()`.
    """

    def __init__(self, make: Callable[[], Query]):
        @cache
        def made_for(vendor: str) -> tuple[str, tuple]:
            return make().sql_with_params()

        self._made_for = made_for

    def rows(self, **values: Any) -> list[tuple]:
        sql, params = self._made_for(connection.vendor)
        told = [values[each.name] if isinstance(each, Given) else each for each in params]
        with connection.cursor() as cursor:
            cursor.execute(sql, told)
            return cursor.fetchall()
