"""The load generator, with what B3 asks of it beside: how old a change is when it is seen.

    python -m tests.bench.ages URL PEOPLE.json

The commands of `load`; `connect` may leave the supervisors out, `open` tells more. Instants are of
`perf_counter`, which on Linux is one clock for all processes.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from . import load
from .tally import QUESTIONS


class AgeGenerator(load.Generator):
    async def connect(self, rooms: int, supervisors: bool = True) -> dict:
        """Without supervisors, the frames that `open` counts never come: it calls them lost."""
        self.is_watched = supervisors
        return await super().connect(rooms)

    async def open(self, rate: float, seconds: float, warm: float = 1.0, **options) -> dict:
        """Adds `age`, ms: the median time from an acknowledgement to each supervisor's sight of
        the row, 0 for one that is seen first; and `acknowledged`, of each change after `warm`:
        `[candidate, question, instant]`.
        """
        begin = perf_counter() + warm
        settle = {} if self.is_watched else {"settle": 1.0}
        figures = await super().open(rate, seconds, warm, **settle, **options)
        acked = self.tally.acked
        cells = [cell for cell, at in enumerate(acked) if at >= begin]
        sights = [table[cell] - acked[cell] for table in self.tally.seen for cell in cells]
        figures["age"] = 1000 * median(max(0.0, age) for age in sights) if cells else 0.0
        everyone = [each["pk"] for room in self.people["rooms"] for each in room["candidates"]]
        figures["acknowledged"] = [
            (everyone[cell // QUESTIONS], cell % QUESTIONS + 1, acked[cell]) for cell in cells
        ]
        return figures

    def _enter(self, room: dict) -> None:
        super()._enter(room if self.is_watched else {**room, "supervisors": []})


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    load.Generator = AgeGenerator
    asyncio.run(load.obey(sys.argv[1], json.loads(Path(sys.argv[2]).read_text())))
