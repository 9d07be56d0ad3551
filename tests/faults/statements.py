"""How many statements the database is asked, as its own log counts them.

with counted(database) as count:
    …
count.statements, count.frames
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import psycopg

from .database import Database

LINE = re.compile(r"LOG:  (?:statement|execute [^:]*): *(\w*)", re.IGNORECASE)
# What opens and closes a transaction or asks whether a connection lives; "" is psycopg's ping.
FRAMES = {"BEGIN", "COMMIT", "ROLLBACK", "SET", "SAVEPOINT", "RELEASE", "SHOW", ""}


@dataclass
class Count:
    """`statements` read or write something, `frames` do not; `seconds` they were counted for."""

    log: Path
    offset: int
    began: float
    statements: int = 0
    frames: int = 0
    seconds: float = 0.0

    def take(self) -> None:
        with self.log.open(errors="replace") as log:
            log.seek(self.offset)
            words = [match[1].upper() for line in log if (match := LINE.search(line))]
        self.frames = sum(word in FRAMES for word in words)
        self.statements = len(words) - self.frames
        self.seconds = monotonic() - self.began


def log_all(database: Database, *, on: bool) -> None:
    """From now on the server logs each statement, or none."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        value = "all" if on else "none"
        connection.execute(f"ALTER SYSTEM SET log_statement = '{value}'")
        connection.execute("SELECT pg_reload_conf()")


@contextlib.contextmanager
def counted(database: Database) -> Iterator[Count]:
    """Counts what is asked inside; `log_all` must be on since a moment."""
    log = database.folder / "log"
    count = Count(log, log.stat().st_size, monotonic())
    try:
        yield count
    finally:
        count.take()
