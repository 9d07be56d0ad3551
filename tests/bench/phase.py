"""One load, from its beginning to the last acknowledgement."""

import asyncio
import random
from collections import deque
from time import perf_counter, process_time

from .answering import Candidate
from .sockets import Crowd

LOOK_SECONDS = 0.01


class Phase:
    """The candidates answer by turns, in an order drawn with `seed`.

    `cells`: the changes, in the order in which they were due; `began` and `ended`: instants.
    """

    def __init__(self, crowd: Crowd, candidates: list[Candidate], seed: int) -> None:
        self.crowd, self.tally = crowd, crowd.tally
        self.chance = random.Random(seed)
        able = [each for each in candidates if each.left]  # after a load before this one
        self.turns = deque(self.chance.sample(able, len(able)))
        self.cells: list[int] = []
        self._counted, self._cpu = self.tally.counts(), process_time()
        crowd.lost_at = crowd.exact_at = 0.0
        self.began = self.ended = perf_counter()

    async def open(self, rate: float, seconds: float) -> None:
        """Changes at random instants, `rate` a second, whatever becomes of them."""
        self.ended = due = self.began + seconds
        instants: deque[float] = deque()
        while (due := due - self.chance.expovariate(rate)) > self.began:
            instants.appendleft(due)
        over = asyncio.get_running_loop().create_future()

        def ring() -> None:
            now = perf_counter()
            while instants and self.turns and instants[0] <= now:
                self._answer(instants.popleft())
            if not instants:
                over.set_result(None)
            elif not self.turns:
                over.set_exception(RuntimeError("everybody has answered everything"))
            else:
                self.crowd.alarm.set(instants[0], ring)

        self.crowd.alarm.set(self.began, ring)
        await over

    async def closed(self, candidates: int, seconds: float) -> None:
        """So many candidates, each of whom answers again when acknowledged."""
        self.ended = self.began + seconds
        self.crowd.on_answer = self._answer_again
        for _ in range(candidates):
            self._begin_another()
        await asyncio.sleep(seconds)
        self.crowd.on_answer = lambda candidate: None

    async def close(self, begin: float, end: float, settle: float) -> dict:
        """The figures, once everything is settled or so many seconds have passed.

        Percentiles are of the changes due from `begin` on, the rate is that from `begin` to `end`.
        """
        give_up, done = perf_counter() + settle, 0
        while perf_counter() < give_up:
            while done < len(self.cells) and self.tally.is_complete(self.cells[done]):
                done += 1
            if done == len(self.cells) and not self.crowd.inexact:
                break
            await asyncio.sleep(LOOK_SECONDS)
        figures = self.tally.figures(self.cells, begin, end)
        counted = self.tally.counts()
        figures |= {name: count - self._counted[name] for name, count in counted.items()}
        figures["generator_cpu"] = process_time() - self._cpu
        if self.crowd.lost_at:
            figures["exact_seconds"] = self.crowd.exact_at - self.crowd.lost_at
            figures["inexact"] = self.crowd.inexact
        return figures

    def _answer(self, due: float) -> None:
        """The next one in turn; who has answered everything leaves the turns."""
        candidate = self.turns.popleft()
        self.cells.append(candidate.answer(due))
        if candidate.left:
            self.turns.append(candidate)

    def _answer_again(self, candidate: Candidate) -> None:
        now = perf_counter()
        if now >= self.ended:
            return
        if candidate.left:
            self.cells.append(candidate.answer(now))
        elif self.turns:
            self._begin_another()
        else:
            self.ended = now  # everybody is at the end: what follows is no full load

    def _begin_another(self) -> None:
        self.cells.append(self.turns.popleft().answer(perf_counter()))
