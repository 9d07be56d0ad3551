"""What the board costs in the supervisor's browser: 60 candidates, a phone four times slower.

Time is that of the page's thread for each change, less what the page does by itself meanwhile;
and, not slowed down, that of the whole browser while nothing happens.
Memory is what is left after a forced collection, early and late in a long session. The first load
is that of 30 candidates, in a browser that has nothing of the site yet.
"""

import contextlib
import time
from statistics import median

from playwright.sync_api import Browser

from tests import chromium

from . import cores, rooms
from .board_page import BoardPage, first_load
from .ground import Bench
from .report import Result
from .room_life import RoomLife

CANDIDATES, FIRST = 60, 2000
SLOWER = 4
FIRST_LOADS, IN_A_ROOM = 5, 30
RATE = 5  # changes a second while time is measured: each comes in a frame of its own
SECONDS, QUICK_SECONDS = 20, 3
MANY, QUICK_MANY = (2_000, 10_000), (200, 1_000)  # changes before each look at the memory
FAST = 150  # changes a second in between
SCRIPT_MS, GROWTH = 10.0, 1.10
# The browser itself keeps the last few hundred elements that have moved (its measures of layout
# shifts), sooner or later; a leak of ours would be ten of them a change.
NODES_GROWTH = 2.0
REST_MS = 20.0  # of the whole browser in a second; a dot that pulses takes four times as many


def run(bench: Bench) -> Result:
    assert bench.people
    room = rooms.fill(1, first=FIRST, candidates=CANDIDATES).rooms[0]
    with bench.serving("product") as server, contextlib.ExitStack() as stack:
        with cores.starting_on(cores.ANY):
            browser = stack.enter_context(chromium.started())
        loads = _first_loads(browser, server.url)
        page = BoardPage(browser, server.url, room.number, room.supervisors[0].login)
        life = RoomLife(room)
        seconds = QUICK_SECONDS if bench.quick else SECONDS
        times, long_tasks = _times(page, life, seconds)
        rest = _at_rest(page, seconds)
        early, late = _memory(page, life, QUICK_MANY if bench.quick else MANY)
        errors = len(page.errors)
    growth, nodes_growth = (late[what] / early[what] for what in ("heap", "nodes"))
    counted = {f"{name}_ms": round(value, 2) for name, value in times.items()}
    counted |= {"rest_browser_ms": round(rest, 1)}
    counted |= {"long_tasks": len(long_tasks), "longest_ms": max(long_tasks, default=0)}
    counted |= {f"{name}_early": value for name, value in early.items()}
    counted |= {f"{name}_late": value for name, value in late.items()}
    counted |= {"growth": round(growth, 3), "errors": errors}
    counted |= {f"first_load_{what}_ms": value for what, value in loads.items()}
    flat = growth <= GROWTH and nodes_growth <= NODES_GROWTH
    kept = flat and rest <= REST_MS and not errors
    goal = f"heap ≤ {GROWTH} ×, ≤ {REST_MS:.0f} ms a second at rest"
    if bench.quick:
        return Result(round(growth, 3), goal, kept, counted)
    goal = f"≤ {SCRIPT_MS:.0f} ms of script a change, no task of 50 ms, {goal}"
    swift = times["script"] <= SCRIPT_MS and not long_tasks
    return Result(round(times["script"], 2), goal, kept and swift, counted)


def _first_loads(browser: Browser, url: str) -> dict[str, float]:
    """The median of a few; told, not judged: half of it is what else this machine does."""
    room = rooms.fill(1, first=FIRST + 1, candidates=IN_A_ROOM).rooms[0]
    login = room.supervisors[0].login
    loads = [first_load(browser, url, room.number, login, SLOWER) for _ in range(FIRST_LOADS)]
    return {what: median(load[what] for load in loads) for what in loads[0]}


def _times(page: BoardPage, life: RoomLife, seconds: int) -> tuple[dict[str, float], list[float]]:
    """ms of the page's thread: for each change, and `idle_…` in each second without any."""
    page.slow_down(SLOWER)
    life.answer(RATE)  # what the first change loads is not each one's
    page.wait(life.version())
    idle = _spent(page, lambda: time.sleep(seconds))
    page.long_tasks()
    began, changes = time.monotonic(), RATE * seconds
    spent = _spent(page, lambda: _play(page, life, changes))
    rested = (time.monotonic() - began) / seconds  # as much as so many idle stretches
    page.slow_down(1)
    each = {name: (value - idle[name] * rested) / changes for name, value in spent.items()}
    return each | {f"idle_{name}": idle[name] / seconds for name in idle}, page.long_tasks()


def _at_rest(page: BoardPage, seconds: int) -> float:
    """ms of the whole browser in each second in which nothing happens in the room."""
    before = page.computing()
    time.sleep(seconds)
    return (page.computing() - before) / seconds


def _play(page: BoardPage, life: RoomLife, changes: int) -> None:
    began = time.monotonic()
    for number in range(1, changes + 1):
        life.answer()
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
    page.wait(life.version())


def _spent(page: BoardPage, task) -> dict[str, float]:
    before = page.times()
    task()
    return {name: value - before[name] for name, value in page.times().items()}


def _memory(page: BoardPage, life: RoomLife, after: tuple[int, int]) -> list[dict[str, int]]:
    """What the page holds after so many changes, at a pace that it can follow."""
    looks, done = [], 0
    for many in after:
        while done < many:
            began = time.monotonic()
            life.change(min(FAST, many - done))
            done = min(many, done + FAST)
            page.wait(life.version())
            time.sleep(max(0.0, began + 1 - time.monotonic()))
        looks.append(page.memory())
    return looks
