"""What became of each change: when it was due, sent, acknowledged, and seen by each supervisor.

A change is a cell: one candidate's answer to one question. A table is one array of instants of
`perf_counter`, 0 for “not yet”; everything is counted from them afterwards, so that hearing a
frame costs no more than to note its instant.
"""

from array import array
from collections.abc import Iterable

QUESTIONS = 20


class Tally:
    def __init__(self, candidates: int, supervisors: int) -> None:
        """`supervisors`: how many each room has."""
        size = candidates * QUESTIONS
        self.due, self.sent, self.acked, *self.seen = (
            array("d", bytes(8 * size)) for _ in range(3 + supervisors)
        )
        self.refused = self.doubled = self.resent = 0
        self.gaps = self.idle_frames = self.frames = self.closed = 0

    def is_complete(self, cell: int) -> bool:
        """Acknowledged, and seen by every supervisor of the room."""
        return bool(self.acked[cell]) and all(seen[cell] for seen in self.seen)

    def counts(self) -> dict[str, int]:
        """What is counted as it happens, since the beginning."""
        names = ("refused", "doubled", "resent", "gaps", "idle_frames", "frames", "closed")
        return {name: getattr(self, name) for name in names}

    def figures(self, cells: list[int], begin: float, end: float) -> dict:
        """Of these changes; times in ms, of those due from `begin` on, instants of the clock.

        `per_second`: changes completed from `begin` to `end`.
        """
        acked = [cell for cell in cells if self.acked[cell]]
        told = {
            "sent": len(cells),
            "acked": len(acked),
            "unanswered": len(cells) - len(acked),
            "lost": sum(not self.is_complete(cell) for cell in acked),
        }
        complete = {cell: self._completed(cell) for cell in acked if self.is_complete(cell)}
        inside = sum(begin <= at <= end for at in complete.values())
        told["per_second"] = inside / (end - begin)
        counted = [cell for cell in complete if self.due[cell] >= begin]
        due, sent = self.due, self.sent
        told |= _times("late", (sent[cell] - due[cell] for cell in counted))
        told |= _times("ack", (self.acked[cell] - due[cell] for cell in counted))
        seen = (table[cell] - due[cell] for table in self.seen for cell in counted)
        told |= _times("frame", seen)
        told |= _times("change", (complete[cell] - due[cell] for cell in counted))
        return told

    def worst(self, cells: list[int], seen: list[array], begin: float, end: float) -> float:
        """ms: the slowest of those under way between two instants, up to these sights of it."""
        tables = [self.acked, *seen]
        complete = [cell for cell in cells if all(table[cell] for table in tables)]
        times = [(self.due[cell], max(table[cell] for table in tables)) for cell in complete]
        late = (over - due for due, over in times if due <= end and over >= begin)
        return 1000 * max(late, default=0.0)

    def _completed(self, cell: int) -> float:
        return max(self.acked[cell], *(seen[cell] for seen in self.seen))


def _times(name: str, seconds: Iterable[float]) -> dict[str, float]:
    """Percentiles in ms, 0 when there is nothing to count."""
    ordered = sorted(seconds) or [0.0]
    last = len(ordered) - 1
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {f"{name}_{each}": 1000 * ordered[round(last * rank)] for each, rank in ranks.items()}
