"""10,000 sockets in one process: what each weighs, what they cost at rest, and how late they are.

At rest there are the pings of the protocol, the heartbeats, and the look at all rooms. Then each
candidate changes something once a minute, as in a real test.
"""

import time
from statistics import median

from django.db import connection

from candidates.models import Candidate

from . import kept
from .driver import Load
from .ground import Bench
from .more_rooms import allow_sockets, grow
from .report import Result
from .rooms import CANDIDATES, SUPERVISORS
from .servers import Server

ROOMS, QUICK_ROOMS = 313, 40
IN_A_ROOM = CANDIDATES + SUPERVISORS
WARM_ROOMS = 5  # what the first sockets load is no weight of theirs
CALM_SECONDS, QUICK_CALM_SECONDS = 5, 2  # until what the arrivals left behind is done
RESTS = 3  # of which the median counts
REST_SECONDS, QUICK_REST_SECONDS = 10, 1  # each: every socket has its heartbeat once
LOAD_SECONDS, QUICK_LOAD_SECONDS = 30.0, 3.0
AT_WORK = ("busy_percent", "database_us", "wal_bytes", "changes_per_s")
AT_WORK += ("change_p50", "change_p99", "ack_p99")
KB, IDLE_PERCENT, P99_MS = 35.0, 5.0, 20.0


def run(bench: Bench) -> Result:
    count = QUICK_ROOMS if bench.quick else ROOMS
    calm = QUICK_CALM_SECONDS if bench.quick else CALM_SECONDS
    allow_sockets((count + WARM_ROOMS) * IN_A_ROOM)
    grow(bench, count)
    with bench.serving("product") as server, bench.load(server) as others:
        others.do("connect", rooms=WARM_ROOMS)
        time.sleep(calm)
        before = server.rss()
        with bench.load(server) as load:
            arrived = load.do("connect", rooms=count)
            time.sleep(calm)
            counted = {
                "sockets": arrived["sockets"],
                "connected_in_s": arrived["seconds"],
                "base_mb": before / 1e6,
                "kb_each": (server.rss() - before) / arrived["sockets"] / 1e3,
            }
            counted |= _at_rest(bench, server)
            figures = _at_work(bench, server, load, count * CANDIDATES / 60)
            figures["lost"] += kept.lost(load.do("told"))
            figures["doubled"] += kept.doubled()
    counted |= {name: figures[name] for name in AT_WORK}
    counted = {name: round(value, 1) for name, value in counted.items()}
    wrong = {name: figures[name] for name in ("lost", "doubled", "unanswered", "refused", "closed")}
    light, exact = counted["kb_each"] <= KB, not any(wrong.values())
    goal = f"≤ {KB:.0f} kB each"
    if not bench.quick:
        goal += f", ≤ {IDLE_PERCENT:.0f} % of a core at rest, p99 ≤ {P99_MS:.0f} ms"
        rests = counted["idle_percent"] <= IDLE_PERCENT
        light = light and rests and figures["change_p99"] <= P99_MS
    return Result(counted["kb_each"], goal, light and exact, counted | wrong)


def _at_rest(bench: Bench, server: Server) -> dict[str, float]:
    """Percent of one core, of the process and of PostgreSQL, while nobody does anything."""
    seconds = QUICK_REST_SECONDS if bench.quick else REST_SECONDS
    rests = []
    for _ in range(RESTS):
        cpu, database = server.cpu(), bench.database_cpu()
        time.sleep(seconds)
        rests.append((server.cpu() - cpu, bench.database_cpu() - database))
    idle, database_idle = (100 * median(each) / seconds for each in zip(*rests, strict=True))
    return {
        "idle_percent": idle,
        "database_idle_percent": database_idle,
        "candidates": Candidate.objects.count(),  # of all rooms, connected or not
    }


def _at_work(bench: Bench, server: Server, load: Load, rate: float) -> dict[str, float]:
    """The figures of the load; `database_us`, `wal_bytes`: of each change, rest included."""
    seconds = QUICK_LOAD_SECONDS if bench.quick else LOAD_SECONDS
    cpu, database, written = server.cpu(), bench.database_cpu(), _log_position()
    figures = load.do("open", rate=rate, seconds=seconds)
    figures["busy_percent"] = 100 * (server.cpu() - cpu) / seconds
    figures["database_us"] = 1e6 * (bench.database_cpu() - database) / figures["acked"]
    figures["wal_bytes"] = (_log_position() - written) / figures["acked"]
    return figures | {"changes_per_s": rate}


def _log_position() -> int:
    """Bytes that PostgreSQL has written to its log so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn() - '0/0'")
        return int(cursor.fetchone()[0])
