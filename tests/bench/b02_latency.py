"""How late a change is, at the candidate and at both supervisors, under a steady load.

An open loop: changes come at random instants, whatever becomes of them, and each is late from
the instant at which it was due.
"""

from . import kept
from .compare import QUIET_MS, Rounds
from .ground import Bench
from .report import Result

RATES, QUICK_RATES = (50, 500, 1000), (50, 500)  # changes a second
SECONDS, QUICK_SECONDS = 11.0, 3.0
ROUNDS, MOST_ROUNDS = 3, 5  # until so many were quiet, or so many in all
OF_BARE = 2.0


def run(bench: Bench) -> Result:
    rounds = {rate: Rounds() for rate in (QUICK_RATES if bench.quick else RATES)}
    for number in range(1 if bench.quick else MOST_ROUNDS):
        for target in ("bare", "product"):
            _measure(bench, target, number, rounds)
        if min(each.quiet_rounds("change_p99") for each in rounds.values()) >= ROUNDS:
            break
    ratios = {rate: each.quiet_ratio("product", "change_p99") for rate, each in rounds.items()}
    counted = {
        f"{target}_{rate}_{name}": round(each.median(target, name), 2)
        for rate, each in rounds.items()
        for target in each.figures
        for name in ("ack_p50", "ack_p99", "frame_p50", "frame_p99", "change_p99")
    }
    wrong = {
        name: sum(each.total("product", name) for each in rounds.values())
        for name in ("lost", "doubled", "unanswered", "refused", "gaps")
    }
    counted |= {f"of_bare_{rate}": ratio for rate, ratio in ratios.items()} | wrong
    goal = f"p99 ≤ {OF_BARE} × bare at {', '.join(map(str, rounds))}/s; 0 lost, 0 doubled"
    exact = not any(wrong.values())
    if None in ratios.values():
        value = f"no round with a p99 of bare under {QUIET_MS:.0f} ms"
        return Result(value, goal, exact and bench.quick, counted)
    worst = max(ratios.values())
    return Result(round(worst, 2), goal, exact and (bench.quick or worst <= OF_BARE), counted)


def _measure(bench: Bench, target: str, seed: int, rounds: dict[int, Rounds]) -> None:
    """One server, all rates one after the other."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with bench.serving(target) as server, bench.load(server) as load:
        load.do("connect", rooms=bench.rooms)
        for rate, each in rounds.items():
            each.add(target, load.do("open", rate=rate, seconds=seconds, seed=seed))
        each.figures[target][-1]["doubled"] += kept.doubled()
        each.figures[target][-1]["lost"] += kept.lost(load.do("told"))
