"""How many commits a second this PostgreSQL and its disk take, with and without NOTIFY.

A transaction that has called NOTIFY commits alone; others share the writing of the log.
"""

import threading
import time

import psycopg

CLIENTS = 8  # as many processes of the product
QUIET = "INSERT INTO bench_commits DEFAULT VALUES"
HEARD = """
WITH written AS (INSERT INTO bench_commits DEFAULT VALUES RETURNING id)
SELECT pg_notify('bench', id::text) FROM written
"""


def measured(url: str, seconds: float) -> dict[str, float]:
    """`commits_per_s` and `notifying_per_s` of `CLIENTS` at once; `commit_ms` of one alone."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TABLE bench_commits (id bigserial PRIMARY KEY)")
        try:
            return {
                "commits_per_s": _rate(url, QUIET, CLIENTS, seconds),
                "notifying_per_s": _rate(url, HEARD, CLIENTS, seconds),
                "commit_ms": 1e3 / _rate(url, HEARD, 1, seconds),
            }
        finally:
            database.execute("DROP TABLE bench_commits")


def _rate(url: str, statement: str, clients: int, seconds: float) -> float:
    done: list[int] = []
    stop_at = time.monotonic() + seconds
    threads = [
        threading.Thread(target=_commit, args=(url, statement, stop_at, done))
        for _ in range(clients)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return sum(done) / seconds


def _commit(url: str, statement: str, stop_at: float, done: list[int]) -> None:
    count = 0
    with psycopg.connect(url, autocommit=True) as database:
        while time.monotonic() < stop_at:
            database.execute(statement, prepare=True)
            count += 1
    done.append(count)
