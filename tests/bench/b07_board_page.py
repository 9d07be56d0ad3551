"""The page of the board for 30, 100 and 500 candidates: its queries, its time, its changes.

The time is put beside that of the same bytes, already there, sent by the same server through the
same middleware. A room that is being watched is read from what the process keeps; how long the
first page of a process takes is told apart.
"""

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from . import board_costs, rooms
from .ground import Bench
from .page_reader import PageReader
from .people import Room
from .report import Result
from .servers import Server

SIZES = (30, 100, 500)
FIRST = 1000  # these rooms are counted from here, apart from those that are connected
ROUNDS, REQUESTS, QUICK_REQUESTS = 5, 60, 60
QUERIES, OF_BARE, FRAME_BYTES = 5, 6.0, 2000


def run(bench: Bench) -> Result:
    assert bench.people
    crowds = {size: _room(size, FIRST + at) for at, size in enumerate(SIZES)}
    queries = {size: board_costs.queries(room) for size, room in crowds.items()}
    frames = {name: max(sizes) for name, sizes in _frames(crowds).items()}
    times = _times(bench, crowds)
    of_bare, cpu_of_bare = (
        {size: times[kind, "board", size] / times[kind, "bare", size] for size in SIZES}
        for kind in ("ms", "cpu_ms")
    )
    counted = {f"queries_{name}": told for name, told in _by_situation(queries).items()}
    counted |= {f"frame_{name}_bytes": size for name, size in frames.items()}
    counted |= {"_".join(map(str, name)): round(value, 3) for name, value in times.items()}
    counted |= {f"of_bare_{size}": round(ratio, 2) for size, ratio in of_bare.items()}
    counted |= {f"cpu_of_bare_{size}": round(ratio, 2) for size, ratio in cpu_of_bare.items()}
    most = max(count for each in queries.values() for count in each.values())
    is_same = len({tuple(each.values()) for each in queries.values()}) == 1
    value = max((cpu_of_bare if bench.quick else of_bare).values())
    lean = is_same and most <= QUERIES and max(frames.values()) <= FRAME_BYTES
    what = "computing" if bench.quick else "time"
    goal = f"{what} ≤ {OF_BARE:.0f} × bare, ≤ {QUERIES} queries, rows ≤ {FRAME_BYTES} B"
    return Result(round(value, 2), goal, lean and value <= OF_BARE, counted)


def _room(size: int, first: int) -> Room:
    return rooms.fill(1, first=first, candidates=size).rooms[0]


def _by_situation(queries: dict[int, dict[str, int]]) -> dict[str, str]:
    """`cold: "5 5 5"`: the counts of each size, in order."""
    names = next(iter(queries.values()))
    return {name: " ".join(str(each[name]) for each in queries.values()) for name in names}


def _frames(crowds: dict[int, Room]) -> dict[str, list[int]]:
    """Bytes of the frame of each kind of change, in each room."""
    sizes: dict[str, list[int]] = {}
    for room in crowds.values():
        for name, size in board_costs.frames(room).items():
            sizes.setdefault(name, []).append(size)
    return sizes


def _times(bench: Bench, crowds: dict[int, Room]) -> dict[tuple, float]:
    """(kind, page, size) → ms: `first` of the process, `ms` by the clock, `cpu_ms` of computing."""
    requests = QUICK_REQUESTS if bench.quick else REQUESTS
    with tempfile.TemporaryDirectory() as folder:
        site = {"DJANGO_SETTINGS_MODULE": "tests.bench.page_settings", "BARE_PAGES": folder}
        with bench.serving("product", **site) as server:
            readers = {size: PageReader(server, room) for size, room in crowds.items()}
            # Everything that any first page loads is loaded by that of another room.
            PageReader(server, bench.people.rooms[0]).board()
            told = {("first", "board", size): _first(each) for size, each in readers.items()}
            for each in readers.values():
                (Path(folder) / each.number).write_bytes(each.board())
            rounds = [
                _round(server, readers, requests) for _ in range(1 if bench.quick else ROUNDS)
            ]
            for each in readers.values():
                each.close()
    return told | {name: median(each[name] for each in rounds) for name in rounds[0]}


def _first(reader: PageReader) -> float:
    began = perf_counter()
    reader.board()
    return 1e3 * (perf_counter() - began)


def _round(server: Server, readers: dict[int, PageReader], requests: int) -> dict[tuple, float]:
    told = {}
    for size, reader in readers.items():
        paths = {"bare": f"/page-nue/{reader.number}/", "board": f"/surveillance/{reader.number}/"}
        for page, path in paths.items():
            times, cpu = [], server.cpu()
            for _ in range(requests):
                began = perf_counter()
                reader.page(path)
                times.append(1e3 * (perf_counter() - began))
            told["ms", page, size] = median(times)
            told["cpu_ms", page, size] = 1e3 * (server.cpu() - cpu) / requests
    return told
