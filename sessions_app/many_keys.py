"""Rows of many keys at once, asked for with one value.

A placeholder for each key costs more than the query: with ten thousand sockets, as much as
everything else that a process does at rest.
"""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL


def among(keys: Iterable[int]) -> RawSQL:
    """`filter(pk__in=among(keys))`."""
    return _values_of(list(keys), "value::bigint")


def among_texts(texts: Iterable[str]) -> RawSQL:
    return _values_of(list(texts), "value")


def _values_of(values: list[int] | list[str], value: str) -> RawSQL:
    """`value`: how PostgreSQL reads one out of its JSON text; of ours only."""
    sql = "SELECT value FROM json_each(%s)"
    if connection.vendor == "postgresql":
        sql = f"SELECT {value} FROM json_array_elements_text(%s)"  # noqa: S608
    return RawSQL(sql, [json.dumps(values)])  # noqa: S611
