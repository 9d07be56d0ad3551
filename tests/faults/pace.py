"""How much slower than alone this machine lets a process run, as measured during a row."""

import asyncio
import threading
from contextlib import asynccontextmanager
from time import monotonic, thread_time

WORK = 0.01  # seconds of computing, each time
EVERY = 0.25  # seconds


class Pace:
    """`async with measured() as pace:`; then `pace.between(a, b)`, instants of `monotonic`."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []  # (instant, elapsed for each second of work)

    def look(self) -> None:
        began, work_began = monotonic(), thread_time()
        while (worked := thread_time() - work_began) < WORK:
            pass
        self.seen.append((began, (monotonic() - began) / worked))

    def between(self, begin: float, end: float) -> float:
        """How many times slower than alone, on average; 1 when it was not looked at."""
        near = [ratio for at, ratio in self.seen if begin - EVERY <= at <= end + EVERY]
        return max(1.0, sum(near) / len(near)) if near else 1.0

    @property
    def mean(self) -> float:
        return self.between(float("-inf"), float("inf"))


@asynccontextmanager
async def measured():
    pace, over = Pace(), threading.Event()

    def look_now_and_then() -> None:
        while not over.wait(EVERY):
            pace.look()

    looking = asyncio.create_task(asyncio.to_thread(look_now_and_then))
    try:
        yield pace
    finally:
        over.set()
        await looking
