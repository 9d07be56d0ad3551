"""A centre's own machine: SQLite and one process under daphne, 300 candidates in 12 rooms."""

import tempfile
from pathlib import Path

from tests.ports import free_port

from . import driver, servers
from .ground import Bench
from .one_machine import ROOMS, Machine
from .report import Result

RATE = 50  # changes a second
SECONDS, QUICK_SECONDS = 30.0, 4.0
P99_MS, MB = 50.0, 200.0


def run(bench: Bench) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        figures = _measured(machine, bench)
    counted = {
        name: round(figures[name], 1)
        for name in ("change_p50", "change_p99", "change_max", "ack_p99", "rss_mb", "cpu_us")
    }
    wrong = {name: figures[name] for name in ("lost", "doubled", "unanswered", "refused")}
    small, exact = figures["rss_mb"] <= MB, not any(wrong.values())
    if bench.quick:
        goal = f"≤ {MB:.0f} MB; 0 lost, 0 doubled"
        return Result(counted["rss_mb"], goal, small and exact, counted | wrong)
    goal = f"p99 ≤ {P99_MS:.0f} ms at {RATE}/s, ≤ {MB:.0f} MB; 0 lost, 0 doubled"
    swift = figures["change_p99"] <= P99_MS
    return Result(counted["change_p99"], goal, small and swift and exact, counted | wrong)


def _measured(machine: Machine, bench: Bench) -> dict:
    """The figures of the load, with what the process has used and what the file holds."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    port, variables = free_port(), machine.variables
    with (
        servers.serving("one_machine", port, variables, bench.log) as server,
        driver.running(server.url, machine.people_file, bench.log) as load,
    ):
        load.do("connect", rooms=ROOMS)
        cpu = server.cpu()
        figures = load.do("open", rate=RATE, seconds=seconds)
        figures["cpu_us"] = 1e6 * (server.cpu() - cpu) / figures["acked"]
        figures["rss_mb"] = server.rss() / 1e6
        saved, events = machine.held()
        told = load.do("told")
    figures["lost"] += sum(max(0, count - saved[pk]) for pk, count in told.items())
    figures["doubled"] += events - saved.total()
    return figures
