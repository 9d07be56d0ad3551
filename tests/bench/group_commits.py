"""How late an answer is when several processes commit their groups: a small simulation.

PostgreSQL lets one transaction that has called NOTIFY commit at a time. A process has one group
under way; what arrives meanwhile waits for its next one. So a commit that must wait makes the
groups larger, and the queue no longer.
"""

import heapq
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Seconds. A group of n is written in `group + n * each`, then is alone for `commit`."""

    group: float
    each: float
    commit: float


@dataclass(frozen=True)
class Outcome:
    """Latencies in ms from arrival to commit; `commits` a second, all processes together."""

    p50: float
    p99: float
    commits: float
    in_a_group: float


class Simulation:
    def __init__(self, processes: int, cost: Cost, seed: int = 1) -> None:
        self.cost, self.chance = cost, random.Random(seed)
        self._waiting: list[list[float]] = [[] for _ in range(processes)]
        self._free_at = [0.0] * processes  # when the last group of each is over
        self._lock_free_at = 0.0
        self._begins: list[tuple[float, int]] = []  # when which process takes what waits
        self._late: list[float] = []
        self._groups = 0

    def run(self, rate: float, changes: int = 20_000) -> Outcome:
        """`rate`: changes a second of all processes together, at random instants."""
        now = 0.0
        for _ in range(changes):
            now += self.chance.expovariate(rate)
            self._commit_until(now)
            self._arrive(now)
        self._commit_until(float("inf"))
        self._late.sort()
        p50, p99 = (1e3 * self._late[int(part * (changes - 1))] for part in (0.5, 0.99))
        return Outcome(p50, p99, self._groups / self._lock_free_at, changes / self._groups)

    def _arrive(self, now: float) -> None:
        process = self.chance.randrange(len(self._waiting))
        if not self._waiting[process]:
            heapq.heappush(self._begins, (max(now, self._free_at[process]), process))
        self._waiting[process].append(now)

    def _commit_until(self, instant: float) -> None:
        """Every group that begins before."""
        while self._begins and self._begins[0][0] < instant:
            begin, process = heapq.heappop(self._begins)
            group, self._waiting[process] = self._waiting[process], []
            written = begin + self.cost.group + self.cost.each * len(group)
            over = max(written, self._lock_free_at) + self.cost.commit
            self._lock_free_at = self._free_at[process] = over
            self._late += (over - arrived for arrived in group)
            self._groups += 1
