"""How many changes a second, and how much computing each costs, with all sockets connected.

A closed loop: so many candidates answer again as soon as they are acknowledged. A change counts
when it is acknowledged and both supervisors of the room have been told.
"""

from . import kept
from .compare import Rounds
from .ground import Bench
from .report import Result

ROUNDS = 3
ANSWERING = 300  # candidates at once
SECONDS, QUICK_SECONDS = 8.0, 2.0
OF_BARE, OF_DEFAULTS, CPU_OF_BARE = 0.6, 15.0, 2.5


def run(bench: Bench) -> Result:
    rounds = Rounds()
    for number in range(1 if bench.quick else ROUNDS):
        for target in ("bare", "product", "defaults"):
            rounds.add(target, measured(bench, target, number))
    of_bare = rounds.ratio("product", "per_second")
    of_defaults = rounds.ratio("product", "per_second", to="defaults")
    cpu = rounds.ratio("product", "cpu_us")
    exact = rounds.total("product", "lost") == rounds.total("product", "doubled") == 0
    fast = of_bare >= OF_BARE and of_defaults >= OF_DEFAULTS
    counted = {
        f"{target}_{name}": round(rounds.median(target, name), 1)
        for target in rounds.figures
        for name in ("per_second", "cpu_us", "database_us", "rss_mb")
    }
    counted |= {"of_bare": of_bare, "of_defaults": of_defaults, "cpu_of_bare": cpu}
    counted |= {name: rounds.total("product", name) for name in ("lost", "doubled", "gaps")}
    goal = f"CPU ≤ {CPU_OF_BARE} × bare"
    if bench.quick:  # too short to compare speeds
        return Result(round(cpu, 2), goal, exact and cpu <= CPU_OF_BARE, counted)
    goal = f"≥ {OF_BARE} × bare, ≥ {OF_DEFAULTS:.0f} × defaults, {goal}"
    return Result(round(of_bare, 2), goal, exact and fast and cpu <= CPU_OF_BARE, counted)


def measured(bench: Bench, target: str, seed: int) -> dict:
    """Figures of one round; `cpu_us`, `database_us`: computing for each change."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with bench.serving(target) as server, bench.load(server) as load:
        load.do("connect", rooms=bench.rooms)
        cpu, database = server.cpu(), bench.database_cpu()
        figures = load.do("closed", candidates=ANSWERING, seconds=seconds, seed=seed)
        changes = max(1, figures["acked"])
        figures["cpu_us"] = 1e6 * (server.cpu() - cpu) / changes
        figures["database_us"] = 1e6 * (bench.database_cpu() - database) / changes
        figures["rss_mb"] = server.rss() / 1e6
        figures["doubled"] += kept.doubled()
        figures["lost"] += kept.lost(load.do("told"))
    return figures
