"""What does not slow down: more rooms, a long journal, boards that are read elsewhere.

from 10 to 375 rooms connected, how many changes a second, 300 candidates always answering
with 375 rooms, the same once the journal holds 4 million events of earlier sessions
at a steady load, how late a change is while another process serves pages of boards
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import mean

from tests.ports import free_port

from . import commit_ceiling, cores, kept, servers
from .compare import Rounds
from .ground import Bench
from .more_rooms import allow_sockets, grow
from .page_reader import Reading
from .past_events import Past
from .report import Result
from .rooms import CANDIDATES, SUPERVISORS

ROUNDS = 3
FEW, MANY, QUICK_MANY = 10, 375, 40  # rooms
ANSWERING = FEW * CANDIDATES  # candidates at once, wherever
SECONDS, QUICK_SECONDS = 4.0, 1.5
WARM_SECONDS = 0.1
# Few rooms have answered everything within a second: the same again, for as long a look.
TIMES_FEW, TIMES_MANY = 4, 2
EVENTS, QUICK_EVENTS = 4_000_000, 200_000
RATE, PAGES = 100, 20  # changes a second, pages a second
REST_SECONDS = 2.0
CALM_SECONDS, QUICK_CALM_SECONDS = 10.0, 2.0
OF_FEW, OF_EMPTY, OF_CALM = 0.7, 0.95, 2.5


def run(bench: Bench) -> Result:
    many = QUICK_MANY if bench.quick else MANY
    allow_sockets(many * (CANDIDATES + SUPERVISORS))
    grow(bench, many)
    rounds, past = Rounds(), Past()
    for number in range(1 if bench.quick else ROUNDS):
        _few(bench, number, rounds)
        _many(bench, many, number, rounds, past)
    _with_pages(bench, rounds)
    of_few, of_empty = (
        rounds.ratio("many", "per_second", to="few"),
        rounds.ratio("long", "per_second", to="many"),
    )
    of_calm = rounds.ratio("pages", "change_p99", to="calm")
    cpu = rounds.ratio("many", "cpu_us", to="few")
    counted = {f"{name}_per_s": rounds.median(name, "per_second") for name in SPEEDS}
    counted |= {f"{name}_cpu_us": rounds.median(name, "cpu_us") for name in SPEEDS}
    counted |= {f"{name}_p99": rounds.median(name, "change_p99") for name in ("calm", "pages")}
    counted = {name: round(value, 1) for name, value in counted.items()}
    counted |= {"of_few": of_few, "of_empty": of_empty, "of_calm": of_calm, "cpu_of_few": cpu}
    counted |= {"pages_read": rounds.total("pages", "pages")}
    counted |= {"heard_us": round(rounds.median("calm", "heard_us"), 1)}
    counted |= commit_ceiling.measured(bench.database.url, 0.5 if bench.quick else 4.0)
    wrong = {
        name: sum(rounds.total(each, name) for each in rounds.figures)
        for name in ("lost", "doubled", "gaps")
    }
    exact = not any(wrong.values())
    if bench.quick:  # too short to compare speeds
        goal = f"computing ≤ {1 / OF_FEW:.2f} × with {many} rooms; 0 lost, 0 doubled"
        return Result(round(cpu, 2), goal, exact and cpu <= 1 / OF_FEW, counted | wrong)
    goal = f"≥ {OF_FEW} × with {many} rooms, ≥ {OF_EMPTY} × with {EVENTS:,} events, "
    goal += f"p99 ≤ {OF_CALM} × while boards are read"
    flat = of_few >= OF_FEW and of_empty >= OF_EMPTY and of_calm <= OF_CALM
    value = f"{of_few:.2f}, {of_empty:.2f}, {of_calm:.2f}"
    return Result(value, goal, exact and flat, counted | wrong)


SPEEDS = ("few", "many", "long")


def _few(bench: Bench, seed: int, rounds: Rounds) -> None:
    times = []
    for number in range(1 if bench.quick else TIMES_FEW):
        with bench.serving("product") as server, bench.load(server) as load:
            load.do("connect", rooms=FEW)
            times.append(_closed(bench, server, load, seed * TIMES_FEW + number))
    rounds.add("few", _mean(times))


def _many(bench: Bench, count: int, seed: int, rounds: Rounds, past: Past) -> None:
    """The same load before and after the journal has become long."""
    past.forget()
    times = 1 if bench.quick else TIMES_MANY
    with bench.serving("product") as server, bench.load(server) as load:
        load.do("connect", rooms=count)
        past.settle()
        many = [_closed(bench, server, load, seed * TIMES_MANY + each) for each in range(times)]
        past.write(QUICK_EVENTS if bench.quick else EVENTS)
        seed += ROUNDS
        long = [_closed(bench, server, load, seed * TIMES_MANY + each) for each in range(times)]
        long[-1]["lost"] += kept.lost(load.do("told"))
    rounds.add("many", _mean(many))
    rounds.add("long", _mean(long))


def _mean(times: list[dict]) -> dict:
    return {name: mean(each[name] for each in times) for name in times[0]}


def _closed(bench: Bench, server: servers.Server, load, seed: int) -> dict:
    seconds, cpu = QUICK_SECONDS if bench.quick else SECONDS, server.cpu()
    figures = load.do("closed", candidates=ANSWERING, seconds=seconds, warm=WARM_SECONDS, seed=seed)
    figures["cpu_us"] = 1e6 * (server.cpu() - cpu) / max(1, figures["acked"])
    return figures


def _with_pages(bench: Bench, rounds: Rounds) -> None:
    """One server, watched and answered to; now and then another one is asked for pages."""
    seconds = QUICK_CALM_SECONDS if bench.quick else CALM_SECONDS
    rooms = bench.people.rooms[: bench.rooms]
    with bench.serving("product") as server, bench.load(server) as load, _beside(bench) as other:
        load.do("connect", rooms=bench.rooms)
        with Reading(other, rooms, rate=len(rooms)):
            load.do("open", rate=RATE, seconds=2.0)  # what first pages load
        rest = _share(other, lambda: time.sleep(REST_SECONDS))[1]
        for number in range(1 if bench.quick else ROUNDS):
            calm, share = _share(
                other, partial(load.do, "open", rate=RATE, seconds=seconds, seed=number)
            )
            calm["heard_us"] = 1e6 * max(0.0, share - rest) / RATE
            rounds.add("calm", calm)
            with Reading(other, rooms, PAGES) as reading:
                figures = load.do("open", rate=RATE, seconds=seconds, seed=number + ROUNDS)
            rounds.add("pages", figures | {"pages": reading.pages})


def _share(server: servers.Server, task: Callable) -> tuple[dict, float]:
    """What the task gives, and the part of a core that the server's loop took meanwhile."""
    began, before = time.perf_counter(), _loop_cpu(server.pid)
    given = task()
    return given, (_loop_cpu(server.pid) - before) / (time.perf_counter() - began)


def _loop_cpu(pid: int) -> float:
    """Seconds of computing of the main thread alone, finer than ticks."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


@contextlib.contextmanager
def _beside(bench: Bench) -> Iterator[servers.Server]:
    """Another process of the product on the same database, which leaves the first its core."""
    with servers.serving("product", free_port(), {}, bench.log) as server:
        for thread in Path(f"/proc/{server.pid}/task").iterdir():
            cores.pin(int(thread.name), cores.OTHERS)
        yield server
