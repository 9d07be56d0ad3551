"""Several rows side by side, each on a cluster of its own.

Most rows wait most of the time, for what takes seconds in the product. The first lane begins with
those that compute without a pause, the others with those that wait, so that they meet late.
"""

import contextlib
from collections import deque
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import wait

from . import lane
from .report import Result

SPAWN = get_context("spawn")
STOP_SECONDS = 30
BUSIEST_FIRST = "F13", "F1", "F2", "F9", "F8", "F4", "F5", "F7", "F3", "F11", "F6", "F10", "F12"
Told = tuple[str, Result, float]  # the row, what came of it, its seconds


class Lane:
    """A process that runs the rows that it is given, one at a time. `row`: the present one."""

    def __init__(self, scale: float):
        self.orders, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=lane.serve, args=(theirs, scale))
        self.process.start()
        theirs.close()
        self.row, self.is_alive = "", True

    def take(self, row: str, module: str) -> None:
        self.row = row
        with contextlib.suppress(ConnectionError):  # it has died: `tell` says so
            self.orders.send((row, module))

    def tell(self) -> Told:
        """What came of its row, once `orders` has something to say."""
        row, self.row = self.row, ""
        try:
            return row, *self.orders.recv()
        except (EOFError, ConnectionError):
            self.is_alive = False
            return row, _not_run("the process that ran it has died"), 0.0

    def stop(self) -> None:
        """By the end of its orders when it is idle, by SIGTERM else; its end is not awaited."""
        self.orders.close()
        if self.row:
            self.process.terminate()

    def wait(self) -> None:
        self.process.join(STOP_SECONDS)
        self.process.kill()


def run(wanted: dict[str, str], count: int, scale: float) -> Iterator[Told]:
    """All rows (row → module), `count` at a time, each as soon as it has ended."""
    lanes = [Lane(scale) for _ in range(min(count, len(wanted)))]
    try:
        yield from _share_out(wanted, lanes)
    finally:
        for each in lanes:
            each.stop()
        for each in lanes:
            each.wait()


def _share_out(wanted: dict[str, str], lanes: list[Lane]) -> Iterator[Told]:
    left = deque(wanted if len(lanes) == 1 else sorted(wanted, key=_place))
    while True:
        for each in lanes:
            if left and each.is_alive and not each.row:
                row = left.popleft() if each is lanes[0] else left.pop()
                each.take(row, wanted[row])
        busy = {each.orders: each for each in lanes if each.row}
        if not busy:
            break
        for orders in wait(list(busy)):
            yield busy[orders].tell()
    for row in left:
        yield row, _not_run("no process is left to run it"), 0.0


def _place(row: str) -> int:
    return BUSIEST_FIRST.index(row) if row in BUSIEST_FIRST else 0


def _not_run(why: str) -> Result:
    return Result(0, 0, 0, 1, why, "a run", ok=False)
