"""Rows of many keys at once, asked for with one value.

A placeholder for each key costs more than the query: with ten thousand sockets, as much as
everything else that a process does at rest.
"""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL

from .kept_statement import Given

# Of one JSON text, on PostgreSQL: the statement is always the same, and read once.
KEYS = "SELECT value::bigint FROM json_array_elements_text(%s)"
TEXTS = "SELECT value FROM json_array_elements_text(%s)"
ON_SQLITE = "SELECT value FROM json_each(%s)"


def among(keys: Iterable[int] | Given) -> RawSQL:
    """`filter(pk__in=among(keys))`; `as_one` of those that are given later."""
    return _values_of(keys, KEYS)


def among_texts(texts: Iterable[str] | Given) -> RawSQL:
    return _values_of(texts, TEXTS)


def as_one(values: Iterable[int] | Iterable[str]) -> str:
    return json.dumps(list(values))


def _values_of(values: Iterable[int] | Iterable[str] | Given, on_postgresql: str) -> RawSQL:
    sql = on_postgresql if connection.vendor == "postgresql" else ON_SQLITE
    return RawSQL(sql, [values if isinstance(values, Given) else as_one(values)])  # noqa: S611
