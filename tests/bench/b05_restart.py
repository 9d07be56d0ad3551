"""The server process is killed (SIGKILL) and started again at once, with all sockets connected.

Counted until every candidate has a seat and every supervisor a board again, the start of the
process included. Clients try again every 50 ms while the port refuses.
"""

from time import sleep

from . import kept
from .compare import Rounds
from .ground import Bench
from .report import Result

ROUNDS = 5  # one round differs by half from the next
RATE = 200  # changes a second, before, during and after
LEAD_SECONDS = 2.0
SECONDS, QUICK_SECONDS = 12.0, 6.0
OF_BARE = 3.5


def run(bench: Bench) -> Result:
    rounds = Rounds()
    for number in range(1 if bench.quick else ROUNDS):
        for target in ("bare", "product"):
            rounds.add(target, measured(bench, target, number))
    ratio = rounds.ratio("product", "exact_seconds")
    wrong = {
        name: rounds.total("product", name)
        for name in ("lost", "doubled", "unanswered", "inexact", "refused")
    }
    counted = {
        f"{target}_exact_seconds": round(rounds.median(target, "exact_seconds"), 2)
        for target in rounds.figures
    }
    counted |= {"of_bare": ratio, "resent": rounds.total("product", "resent"), **wrong}
    nothing_lost = not any(wrong.values())
    if bench.quick:
        return Result(sum(wrong.values()), "0 lost, 0 doubled", nothing_lost, counted)
    goal = f"all exact ≤ {OF_BARE} × bare; 0 lost, 0 doubled"
    return Result(round(ratio, 2), goal, nothing_lost and ratio <= OF_BARE, counted)


def measured(bench: Bench, target: str, seed: int) -> dict:
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with bench.serving(target) as server, bench.load(server) as load:
        load.do("connect", rooms=bench.rooms)
        load.start("open", rate=RATE, seconds=seconds, seed=seed, settle=60)
        sleep(LEAD_SECONDS)
        server.kill()
        server.start(wait=False)
        figures = load.wait()
        figures["lost"] += kept.lost(load.do("told"))
        figures["doubled"] += kept.doubled()
    return figures
