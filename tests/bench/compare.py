"""Figures of several rounds of the same targets, put beside one another."""

from statistics import median

# Above, the machine was busy with something else: such a round tells nothing of latencies.
QUIET_MS = 10.0


class Rounds:
    """`add(target, figures)` in turn; then medians and ratios of one figure."""

    def __init__(self) -> None:
        self.figures: dict[str, list[dict]] = {}

    def add(self, target: str, figures: dict) -> None:
        self.figures.setdefault(target, []).append(figures)

    def median(self, target: str, name: str) -> float:
        return median(figures[name] for figures in self.figures[target])

    def total(self, target: str, name: str) -> int:
        return sum(figures[name] for figures in self.figures[target])

    def ratio(self, target: str, name: str, to: str = "bare") -> float:
        """The median, over rounds, of the target's figure to that of `to` in the same round."""
        return median(_ratios(self.figures[target], self.figures[to], name))

    def quiet_rounds(self, name: str, of: str = "bare") -> int:
        """How many rounds had that target's figure under `QUIET_MS`."""
        return sum(figures[name] <= QUIET_MS for figures in self.figures[of])

    def quiet_ratio(self, target: str, name: str, to: str = "bare") -> float | None:
        """As `ratio`, of the rounds in which `to` was under `QUIET_MS`; None when none was."""
        quiet = _ratios(self.figures[target], self.figures[to], name, under=QUIET_MS)
        return median(quiet) if quiet else None


def _ratios(ours: list[dict], theirs: list[dict], name: str, under: float = float("inf")):
    pairs = zip(ours, theirs, strict=True)
    return [one[name] / other[name] for one, other in pairs if 0 < other[name] <= under]
