"""One round of B3: candidates answer while their supervisors are pushed to, or ask.

Figures are those of the load, with `age` (ms, median), `cpu` and `database_cpu` (seconds for each
supervisor and minute) and `wrong`, whatever was not as it should be.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from . import cores, kept, pollers
from .driver import Load
from .ground import Bench
from .rooms import ROOMS, SUPERVISORS
from .servers import ROOT, Server

CHANGES_PER_ROOM = 0.5  # a second: 50 of the nominal 100 rooms
WARM_SECONDS = 1
SETTLE_SECONDS, OWN_SECONDS = 1, 3
# Whole rounds of polling, so that everybody asks the same number of times.
SECONDS, QUICK_SECONDS = 2 * pollers.POLL_SECONDS, pollers.POLL_SECONDS
PEERS = {"polling": "/salle/{number}/", "polling_304": "/salle/{number}/si-neuf/"}


def pushed(bench: Bench) -> dict:
    """The figures of the product. `own`: see `_own_duties`."""
    with bench.serving("product") as server, _load(bench, server) as load:
        own = _own_duties(bench, server)
        load.do("connect", rooms=bench.rooms)
        figures = _measured(bench, server, load, own) | {"own": own}
        kept_wrong = kept.lost(load.do("told")) + kept.doubled()
    names = ("lost", "unanswered", "doubled", "refused")
    return figures | {"wrong": kept_wrong + sum(figures[name] for name in names)}


def polled(bench: Bench, own: float) -> dict[str, dict]:
    """The figures of both peers, from one server, whose `own` duties are those of the product.

    `alone`: the CPU of the answers alone. A quick round has no time for it, nor for the 304s.
    """
    settings = "tests.bench.polling_settings"
    with (
        bench.serving("product", DJANGO_SETTINGS_MODULE=settings) as server,
        _load(bench, server) as load,
    ):
        load.do("connect", rooms=bench.rooms, supervisors=False)
        if bench.quick:
            return {"polling": _peer(bench, server, load, own, PEERS["polling"])}
        alone = {"alone": _measured(bench, server, load, own)["cpu"]}
        return {name: _peer(bench, server, load, own, PEERS[name]) | alone for name in PEERS}


def _peer(bench: Bench, server: Server, load: Load, own: float, address: str) -> dict:
    words = (str(bench.people_file), str(bench.rooms), server.url, address)
    with _process(bench, "tests.bench.pollers", *words) as process:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("the polling supervisors do not get their rooms")
        figures = _measured(bench, server, load, own)
        time.sleep(pollers.POLL_SECONDS + 1)  # until everybody has asked once more
        polled = json.loads(process.communicate()[0])
    ages, unseen = _ages(figures["acknowledged"], polled["seen"])
    wrong = sum(figures[name] for name in ("unanswered", "doubled", "refused"))
    counted = {name: polled[name] for name in ("whole", "not_modified", "failed")}
    wrong += unseen + polled["failed"]
    return figures | counted | {"age": 1000 * median(ages), "unseen": unseen, "wrong": wrong}


def _ages(acknowledged: list, seen: list) -> tuple[list[float], int]:
    """The age in seconds of each change at each supervisor of its room, and how many of these
    never saw it. Who has answered question 7 is seen at question 8."""
    instants = {(pk, question + 1): instant for pk, question, instant in acknowledged}
    ages = [
        max(0.0, instant - instants[pk, question])
        for _, pk, question, instant in seen
        if (pk, question) in instants
    ]
    return ages, SUPERVISORS * len(instants) - len(ages)


def _own_duties(bench: Bench, server: Server) -> float:
    """Seconds of computing a minute of the process with nobody there, when few rooms share it.

    It is then counted as if all the nominal rooms did; they do when they are all here.
    """
    time.sleep(SETTLE_SECONDS)
    return _used(bench, server, OWN_SECONDS)["cpu"] if bench.rooms < ROOMS else 0.0


def _measured(bench: Bench, server: Server, load: Load, own: float) -> dict:
    """The figures of the load at the nominal rate, with `cpu` and `database_cpu`."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    rate = CHANGES_PER_ROOM * bench.rooms
    load.start("open", rate=rate, seconds=seconds + WARM_SECONDS, warm=WARM_SECONDS)
    time.sleep(WARM_SECONDS)
    used, supervisors = _used(bench, server, seconds), SUPERVISORS * bench.rooms
    return load.wait() | {
        "cpu": (used["cpu"] - own) / supervisors + own / (SUPERVISORS * ROOMS),
        "database_cpu": used["database_cpu"] / supervisors,
    }


def _used(bench: Bench, server: Server, seconds: float) -> dict[str, float]:
    """Seconds of computing a minute, of the server's process and of the database's."""
    began, cpu, database_cpu = time.monotonic(), server.cpu(), bench.database_cpu()
    time.sleep(seconds)
    minutes = (time.monotonic() - began) / 60
    return {
        "cpu": (server.cpu() - cpu) / minutes,
        "database_cpu": (bench.database_cpu() - database_cpu) / minutes,
    }


@contextmanager
def _load(bench: Bench, server: Server) -> Iterator[Load]:
    with _process(bench, "tests.bench.ages", server.url, str(bench.people_file)) as process:
        yield Load(process)


@contextmanager
def _process(bench: Bench, *words: str) -> Iterator[subprocess.Popen]:
    """A module of ours that runs beside the server, on the other core, until the end at most."""
    with bench.log.open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C is for the runner, which ends it itself
            preexec_fn=lambda: cores.pin(0, cores.OTHERS),
        )
    with process:
        try:
            yield process
        finally:
            process.kill()
