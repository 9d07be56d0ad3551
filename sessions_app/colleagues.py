"""Who else has the board of a session open now.

Each process tells which boards it serves, all in one write, into a table of its own: nothing of
a session moves because somebody looks at it. What it has told holds for a lease; a board that
closes, or a process that dies, is simply told no more.
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from . import clock
from .models import SupervisorPresence, shown_name
from .rooms import Room

LEASE = timedelta(seconds=25)
RENEWAL_SECONDS = 10  # so that a lost board is not missed for 15 s: blips are not told
POLL_PATIENCE_SECONDS = 8  # of a page that asks every two or three seconds

logger = logging.getLogger(__name__)
Board = tuple[int, int]  # keys of a session and of an account


def open_now() -> QuerySet[SupervisorPresence]:
    """With the `name` that colleagues read."""
    present = SupervisorPresence.objects.filter(seen_at__gt=Now() - LEASE)
    return present.annotate(name=shown_name("user")).order_by()


def others(session_id: int, user_id: int) -> list[dict]:
    """The colleagues of an account in a session: `{id, name}`, in the order of names."""
    found = open_now().filter(session=session_id).values_list("user_id", "name")
    return _but(dict(found), user_id)


def renew(boards: Collection[Board]) -> None:
    """These boards are open, from now on for a lease."""
    each = "json_array_elements" if connection.vendor == "postgresql" else "json_each"
    now = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(RENEW.format(each=each), [now, json.dumps(sorted(boards))])


# In one order for all processes: two that renew the same rows must not block each other.
# Without a condition, SQLite would take the conflict for one of a join.
RENEW = f"""
INSERT INTO {SupervisorPresence._meta.db_table} (session_id, user_id, seen_at)
SELECT CAST(value ->> 0 AS bigint), CAST(value ->> 1 AS bigint), %s FROM {{each}}(%s)
WHERE TRUE ORDER BY 1, 2
ON CONFLICT (session_id, user_id) DO UPDATE SET seen_at = excluded.seen_at
"""  # noqa: S608 (name of a table)


def frame(epoch: str, v: int, people: list[dict]) -> dict:
    """As every frame, it names how far the session is."""
    return {"type": "here", "epoch": epoch, "v": v, "people": people}


def tell(room: Room, people: Mapping[int, str]) -> None:
    """Send each supervisor of a room its colleagues of now, unless it was told just these."""
    for each in list(room.watching):
        if each.ticket is None:
            continue
        colleagues = _but(people, each.ticket.user_id)
        if colleagues != each.colleagues:
            each.colleagues = colleagues
            each.push(frame(room.epoch, room.version, colleagues))


def _but(people: Mapping[int, str], user_id: int) -> list[dict]:
    named = [{"id": key, "name": name} for key, name in people.items() if key != user_id]
    return sorted(named, key=lambda each: (each["name"].casefold(), each["id"]))


class Leases:
    """What this process has told of the boards that it serves, and when that is due again."""

    def __init__(self) -> None:
        self._told: set[Board] = set()
        self._renewed_at = -float("inf")
        self._polled_at: dict[Board, float] = {}

    def polled(self, session_id: int, user_id: int) -> None:
        """A board without a socket has just asked; from any thread."""
        self._polled_at[session_id, user_id] = time.monotonic()

    async def keep(self, served: Collection[Board], in_database: Callable[..., Awaitable]) -> None:
        """Write what is due, if anything; what cannot be written is due again."""
        due = self.due(served)
        if not due:
            return
        try:
            await in_database(renew, due)
        except Exception as error:
            logger.warning("open boards cannot be told: %s", type(error).__name__)
        else:
            self.told(due)

    def due(self, served: Collection[Board]) -> set[Board]:
        """Of the boards served by sockets now, and of those that ask: which to tell.

        All of them every RENEWAL_SECONDS, in between those that have just come.
        """
        now = time.monotonic()
        asking = list(self._polled_at.items())
        for board, at in asking:
            if now - at > POLL_PATIENCE_SECONDS:
                self._polled_at.pop(board, None)
        here = {*served, *self._polled_at}
        self._told &= here
        return here if now - self._renewed_at >= RENEWAL_SECONDS else here - self._told

    def told(self, boards: set[Board]) -> None:
        """These are written."""
        if boards >= self._told:
            self._renewed_at = time.monotonic()
        self._told |= boards
