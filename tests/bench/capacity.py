"""How many rooms a machine carries, out of what a run of the bench has measured.

    JSON=1 python -m tests.bench | tail -1 > bench.json
    python -m tests.bench.capacity bench.json                       prints the tables
    python -m tests.bench.capacity bench.json docs/capacity.md      puts them into the page

The arithmetic is in `deployment`, the wait for commits in `group_commits`.
"""

import json
import re
import sys
from pathlib import Path

from . import deployment
from .deployment import Deployment, Measured
from .group_commits import Simulation

MACHINES = ((1, 2), (2, 4), (4, 8), (8, 16))  # cores, GB
DAYS = (100, 200, 400, 800, 1667)  # rooms at once
NATIONAL = 1667  # rooms: 50,000 candidates and 3,500 supervisors
PACES = (1, 2, 4)  # changes of each candidate a minute


def tables(measured: Measured) -> dict[str, str]:
    """Name → Markdown, as `docs/capacity.md` holds them."""
    return {
        "measured": _table(("figure", "value", "row of the bench"), _inputs(measured)),
        "machines": _table(
            ("machine", "processes", "rooms", "candidates", "memory", "what is full first"),
            (_machine(measured, *machine) for machine in MACHINES),
        ),
        "days": _table(
            (
                *("rooms", "processes", "cores of PostgreSQL", "memory"),
                *("connections", "commits/s", "p99 at the commit"),
            ),
            (_day(measured, rooms) for rooms in DAYS),
        ),
        "limits": _table(
            ("part", "at 1 a minute", "at 2 a minute", "at 4 a minute"), _limits(measured)
        ),
    }


def _inputs(measured: Measured) -> list[tuple]:
    return [
        (each.told, f"{getattr(measured, name):,.1f} {each.unit}", each.row)
        for name, each in deployment.INPUTS.items()
    ]


def _machine(measured: Measured, cores: int, gigabytes: int) -> tuple:
    best, full = deployment.largest(measured, cores, gigabytes * 1e9)
    memory = f"{best.memory / 1e9:.1f} of {gigabytes} GB"
    candidates = f"{best.candidates:,.0f}"
    return (
        f"{cores} cores" if cores > 1 else "1 core",
        best.processes,
        best.rooms,
        candidates,
        memory,
        full,
    )


def _day(measured: Measured, rooms: int) -> tuple:
    day = Deployment(measured, rooms, deployment.processes_for(measured, rooms))
    outcome = _simulated(day)
    return (
        rooms,
        day.processes,
        f"{day.database_cores:.2f}",
        f"{day.memory / 1e9:.1f} GB",
        day.connections,
        f"{outcome.commits:.0f}",
        f"{outcome.p99:.0f} ms",
    )


def _limits(measured: Measured) -> list[tuple]:
    """How full each part is on the national day, the fullest first, for each pace."""
    processes = deployment.processes_for(measured, NATIONAL)
    days = [Deployment(measured, NATIONAL, processes, pace) for pace in PACES]
    parts = sorted(days[0].full, key=lambda part: -days[0].full[part])
    return [(part, *(f"{100 * day.full[part]:.0f} %" for day in days)) for part in parts]


def _simulated(day: Deployment):
    return Simulation(day.processes, day.commit_cost).run(day.changes)


def _table(head: tuple, rows) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def fill(page: str, made: dict[str, str]) -> str:
    """The page with each table between its two marks. Raises `KeyError` for an unknown one."""

    def put(match: re.Match) -> str:
        return f"{match[1]}\n{made[match[2]]}\n{match[4]}"

    marks = r"(<!-- table (\w+) -->)\n(.*?)\n?(<!-- end -->)"
    return re.sub(marks, put, page, flags=re.DOTALL)


def main(bench: str, page: str = "") -> None:
    rows = json.loads(Path(bench).read_text().splitlines()[-1])
    made = tables(deployment.read(rows))
    if page:
        Path(page).write_text(fill(Path(page).read_text(), made))
    else:
        print("\n\n".join(f"{name}\n\n{table}" for name, table in made.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
