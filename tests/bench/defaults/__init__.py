"""The same live room as a good engineer would build it from the Channels documentation.

One of the yardsticks of the bench: the product's tables, pages and wire, but a Redis channel
layer with a group for each session, the ORM in threads and one transaction for each message.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import cores, redis_server

WORDS = ["-m", "uvicorn", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false"]
WORDS += ["--ws-ping-interval", "5", "--ws-ping-timeout", "15", "--backlog", "4096"]
WORDS += ["--no-access-log", "--log-level", "warning", "tests.bench.defaults.asgi:application"]


@contextmanager
def beside() -> Iterator[dict[str, str]]:
    """A Redis, with the load on the other core; gives what the server's environment lacks."""
    with redis_server.server() as redis:
        cores.pin(redis.pid, cores.OTHERS)
        yield {
            "DJANGO_SETTINGS_MODULE": "tests.bench.defaults.settings",
            "REDIS_URL": redis.url,
        }
