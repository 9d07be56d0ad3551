"""The fault tests: `make faults`, or `python -m tests.faults`.

    ROWS=F1,F8   only these rows
    QUICK=1      a tenth of what each row injects
    JSON=1       the last line of stdout is one object, a key a row

Each module `f??_….py` is a row of the table: a function `run(scale, cluster) -> Result`.
"""

import importlib
import os
import re
import signal
import sys
import time
import traceback
from pathlib import Path

from . import report
from .cluster import Cluster, running
from .report import Result

HERE = Path(__file__).parent


def rows() -> dict[str, str]:
    """Row → module, in order: `F1` → `f01_….py`."""
    found = (re.fullmatch(r"f(\d\d)_\w+", path.stem) for path in sorted(HERE.glob("f*.py")))
    return {f"F{int(match[1])}": match[0] for match in found if match}


def chosen(wanted: str) -> dict[str, str]:
    known = rows()
    names = [name.strip().upper() for name in wanted.split(",") if name.strip()] or list(known)
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"No such row: {', '.join(unknown)}. There are {', '.join(known)}.")
    return {name: known[name] for name in names}


def set_up(database: str) -> None:
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


def run(name: str, module: str, scale: float, cluster: Cluster) -> Result:
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


def main() -> int:
    wanted = chosen(os.environ.get("ROWS", ""))
    scale = 0.1 if os.environ.get("QUICK", "") not in {"", "0"} else 1.0
    results: dict[str, Result] = {}
    # Ended from outside, too, it ends all that it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with running() as cluster:
        set_up(cluster.database.url)
        print(report.HEAD, flush=True)
        for name, module in wanted.items():
            began = time.monotonic()
            results[name] = run(name, module, scale, cluster)
            print(report.line(name, results[name], time.monotonic() - began), flush=True)
    if os.environ.get("JSON", "") not in {"", "0"}:
        print(report.as_json(results), flush=True)
    return 0 if all(result.ok for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
