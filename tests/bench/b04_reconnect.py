"""2,700 of the 3,200 sockets are cut at one instant and come back at once.

Each room loses 26 of its 30 candidates and one of its two supervisors; those who stay go on
answering and watching. All come back well inside the grace: nothing is written for them, and
nobody who stayed is told anything.
"""

from . import kept
from .compare import Rounds
from .ground import Bench
from .report import Result

ROUNDS = 3
CANDIDATES, SUPERVISORS = 26, 1  # of each room
RATE = 100  # changes a second of those who stay
SECONDS, QUICK_SECONDS = 8.0, 4.0
OF_BARE, WORST_OF_BARE = 3.0, 2.0


def run(bench: Bench) -> Result:
    rounds = Rounds()
    for number in range(1 if bench.quick else ROUNDS):
        for target in ("bare", "product"):
            rounds.add(target, measured(bench, target, number))
    exact, worst = rounds.ratio("product", "exact_seconds"), rounds.ratio("product", "worst")
    wrong = {
        name: rounds.total("product", name)
        for name in ("writes", "versions", "idle_frames", "lost", "doubled", "refused")
    }
    counted = {
        f"{target}_{name}": round(rounds.median(target, name), 2)
        for target in rounds.figures
        for name in ("exact_seconds", "worst", "worst_before", "cpu_us")
    }
    counted |= {"of_bare": exact, "worst_of_bare": worst, **wrong}
    quiet = not any(wrong.values())
    if bench.quick:
        goal = "0 writes, versions, frames for who comes back in time"
        return Result(sum(wrong.values()), goal, quiet, counted)
    goal = f"all exact ≤ {OF_BARE} × bare, others’ worst ≤ {WORST_OF_BARE} × bare, 0 writes"
    fast = exact <= OF_BARE and worst <= WORST_OF_BARE
    return Result(round(exact, 2), goal, quiet and fast, counted)


def measured(bench: Bench, target: str, seed: int) -> dict:
    """`writes`: rows of the cut candidates that were written; `versions`: moved for no change.

    `cpu_us`: computing for each socket that came back, the load of the others included.
    """
    cut = [each.pk for room in bench.people.rooms for each in room.candidates[:CANDIDATES]]
    with bench.serving(target) as server, bench.load(server) as load:
        load.do("connect", rooms=bench.rooms)
        rows, before, cpu = kept.rows(), kept.counts(), server.cpu()
        figures = load.do(
            "drop",
            candidates=CANDIDATES,
            supervisors=SUPERVISORS,
            rate=RATE,
            seconds=QUICK_SECONDS if bench.quick else SECONDS,
            seed=seed,
        )
        figures["cpu_us"] = 1e6 * (server.cpu() - cpu) / figures["closed"]
        after, now = kept.counts(), kept.rows()
        figures["writes"] = sum(rows[pk] != now[pk] for pk in cut)
        figures["versions"] = after["moved"] - before["moved"] - figures["acked"]
    return figures
