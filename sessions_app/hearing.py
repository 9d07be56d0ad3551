"""How a process takes what is announced: each at once, or room by room when too much comes.

A frame for each answer is what supervisors see soonest. In a rush, as when thousands come back
after an outage, frames are most of what there is to compute: the answers that a room is given
within TOGETHER_SECONDS are told as one then. Whatever is no answer never waits.
"""

import asyncio
from collections.abc import Callable, Container, Iterable
from itertools import islice

from .announcements import Announcement

AT_A_TIME = 16  # rooms told in one turn of the loop: a millisecond or two
RUSH = 2_000  # announcements of open rooms a second: ten times what 12,000 candidates make
TOGETHER_SECONDS = 0.25
WITHIN_SECONDS = 0.01  # what falls due within is told in the same turns


class Hearing:
    """`tell(announcement)` is called in the running loop; `rooms`: the sessions open here."""

    def __init__(self, tell: Callable[[Announcement], None], rooms: Container[int]) -> None:
        self._tell, self._rooms = tell, rooms
        self.count = 0  # announcements taken
        # By session, until when, who has waited longest first.
        self._waiting: dict[int, tuple[float, Announcement]] = {}
        self._timer: asyncio.Handle | None = None
        self._counted, self._counted_until, self._is_rush = 0, 0.0, False

    @property
    def is_waiting(self) -> bool:
        """Something was announced that is still to be told."""
        return bool(self._waiting)

    async def take(self, told: Iterable[Announcement]) -> None:
        """A few rooms at a time: between them, who answers is acknowledged."""
        for news in told:
            self._take(news)
            self.count += 1
            if self.count % AT_A_TIME == 0:
                await asyncio.sleep(0)

    def tell_now(self, session_id: int) -> None:
        """What waits for this room."""
        if session_id in self._waiting:
            self._tell(self._waiting.pop(session_id)[1])

    def _take(self, news: Announcement) -> None:
        if news.session_id not in self._rooms:
            self._tell(news)
            return
        now = asyncio.get_running_loop().time()
        is_rush = self._count(now)
        due, before = self._waiting.get(news.session_id, (now, None))
        if before and (together := before.with_next(news)):
            self._waiting[news.session_id] = due, together
        elif before or not is_rush or news.since is None:
            self.tell_now(news.session_id)
            self._tell(news)
        else:
            self._waiting[news.session_id] = now + TOGETHER_SECONDS, news
            self._wait()

    def _count(self, now: float) -> bool:
        """One more; whether too many came within the TOGETHER_SECONDS that were counted last."""
        if now >= self._counted_until:
            is_recent = now < self._counted_until + TOGETHER_SECONDS
            self._is_rush = is_recent and self._counted > RUSH * TOGETHER_SECONDS
            self._counted, self._counted_until = 0, now + TOGETHER_SECONDS
        self._counted += 1
        return self._is_rush

    def _wait(self) -> None:
        if self._waiting and self._timer is None:
            due, loop = next(iter(self._waiting.values()))[0], asyncio.get_running_loop()
            self._timer = loop.call_at(due + WITHIN_SECONDS, self._tell_waiting)

    def _tell_waiting(self) -> None:
        """Those that are due, a few rooms at a time."""
        now, first = asyncio.get_running_loop().time(), islice(self._waiting.items(), AT_A_TIME)
        due = [session_id for session_id, (until, _news) in first if until <= now]
        self._timer = None
        try:
            for session_id in due:
                self.tell_now(session_id)
        finally:
            self._wait()
