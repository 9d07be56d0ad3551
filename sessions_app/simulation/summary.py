"""What a simulation counts. No name and no answer ever comes in."""

from collections import Counter
from math import ceil
from time import monotonic

COUNTED = (
    "joined",
    "started",
    "answered",
    "alerts",
    "disconnected",  # connections lost on purpose
    "dropped",  # sockets closed by the server or the network
    "resumed",  # went on after the supervisor's authorisation
    "finished",  # by themselves
    "ended_by_supervisor",
    "never_came",
    "refused",  # could not join
    "errors",  # no answer, an answer of the 5xx kind, or a page that makes no sense
)


def percentile(values: list[float], rank: int) -> float | None:
    """The nearest-rank percentile, 0 < rank ≤ 100; None of nothing."""
    if not values:
        return None
    return sorted(values)[ceil(len(values) * rank / 100) - 1]


def percentiles(values: list[float]) -> dict[str, float | None]:
    """p50, p95 and p99 of milliseconds, to a tenth."""
    found = {f"p{rank}": percentile(values, rank) for rank in (50, 95, 99)}
    return {name: None if value is None else round(value, 1) for name, value in found.items()}


class Summary:
    """`push_ms`: from the frame being made to its receipt. `click_ms`: from the supervisor's
    click to the frame that moves the candidate's page."""

    def __init__(self) -> None:
        self.counts = Counter(dict.fromkeys(COUNTED, 0))
        self.push_ms: list[float] = []
        self.click_ms: list[float] = []
        self._began = monotonic()

    def count(self, name: str, times: int = 1) -> None:
        if name not in COUNTED:
            raise KeyError(name)
        self.counts[name] += times

    @property
    def left(self) -> int:
        """Who joined and had no end when the simulation was over."""
        counts = self.counts
        return counts["joined"] - counts["finished"] - counts["ended_by_supervisor"]

    def as_dict(self) -> dict:
        return {
            **{name: self.counts[name] for name in COUNTED},
            "left": self.left,
            "push_latency_ms": percentiles(self.push_ms),
            "click_latency_ms": percentiles(self.click_ms),
            "seconds": round(monotonic() - self._began, 1),
        }

    def line(self) -> str:
        """Where things stand, in one French line, counts only."""
        counts = self.counts
        words = [
            f"{round(monotonic() - self._began)} s",
            f"{counts['joined']} arrivés",
            f"{counts['started']} partis",
            f"{counts['answered']} réponses",
            f"{counts['disconnected']} coupures",
            f"{counts['alerts']} signalements",
            f"{counts['finished'] + counts['ended_by_supervisor']} terminés",
            f"{counts['refused']} refusés",
            f"{counts['errors']} erreurs",
        ]
        return " · ".join(words)
