"""Rows of many keys at once, asked for with one value.

A placeholder for each key costs more than the query: with ten thousand sockets, as much as
everything else that a process does at rest.
"""

import json
from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL

from .kept_statement import Given

# Of one text, on PostgreSQL: the statement is always the same, and read once. An array and not
# JSON, of which PostgreSQL believes that it holds a hundred rows: a whole table would be read.
KEYS = "SELECT unnest(%s::bigint[])"
IS_A_KEY = "= ANY (%s::bigint[])"
TEXTS = "SELECT value FROM json_array_elements_text(%s)"
ON_SQLITE = "SELECT value FROM json_each(%s)"


def among(keys: Iterable[int] | Given) -> RawSQL:
    """`filter(pk__in=among(keys))`; `as_keys` of those that are given later."""
    value = keys if isinstance(keys, Given) else as_keys(keys)
    return RawSQL(KEYS if _is_postgresql() else ON_SQLITE, [value])  # noqa: S611


def among_texts(texts: Iterable[str] | Given) -> RawSQL:
    """As `among`; `as_texts` of those that are given later."""
    value = texts if isinstance(texts, Given) else as_texts(texts)
    return RawSQL(TEXTS if _is_postgresql() else ON_SQLITE, [value])  # noqa: S611


def as_keys(keys: Iterable[int]) -> str:
    """The one value of `KEYS` or `IS_A_KEY`, or of `ON_SQLITE`."""
    told = ",".join(map(str, keys))
    return f"{{{told}}}" if _is_postgresql() else f"[{told}]"


def as_texts(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"
