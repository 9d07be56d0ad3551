"""One row after the other, in a process that has a cluster and a Django of its own."""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection

from .cluster import Cluster, running
from .report import Result


def serve(orders: Connection, scale: float) -> None:
    """For each (row, module) that is received, sends (result, seconds), until the other end is
    closed. However the run ends, this process ends all that it has started."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    with running() as cluster:
        _set_up(cluster.database.url)
        with contextlib.suppress(EOFError):
            while True:
                name, module = orders.recv()
                began = time.monotonic()
                result = _run(name, module, scale, cluster)
                orders.send((result, time.monotonic() - began))


def _end_with_the_run() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)  # servers and workers end with their pipe to us


def _set_up(database: str) -> None:
    """Django in this process, on the database of the run, migrated; without a pool of its own,
    whose connections would not outlive the server."""
    os.environ["DATABASE_URL"] = database
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    connection.settings_dict["OPTIONS"].pop("pool", None)
    call_command("migrate", verbosity=0)
    connection.close()


def _run(name: str, module: str, scale: float, cluster: Cluster) -> Result:
    from django.db import connection

    print(f"{name} {module[4:].replace('_', ' ')}…", file=sys.stderr, flush=True)
    try:
        result = importlib.import_module(f"tests.faults.{module}").run(scale, cluster)
    except Exception as error:
        traceback.print_exc()
        result = Result(0, 0, 0, 1, f"{type(error).__name__}: {error}", "a run", ok=False)
    finally:
        connection.close()
    if not result.ok:
        print(cluster.said(), file=sys.stderr, flush=True)
    return result
