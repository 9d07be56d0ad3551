"""The bench: `make bench`, or `python -m tests.bench`.

    ROWS=B1,B3   only these rows
    QUICK=1      one short round of each, under three minutes in all
    JSON=1       the last line of stdout is one object, a key a row

Each module `b??_….py` is a row of the table: a function `run(bench) -> Result`.
"""

import importlib
import os
import re
import signal
import sys
import time
import traceback
from pathlib import Path

from . import ground, report
from .report import Result

HERE = Path(__file__).parent


def rows() -> dict[str, str]:
    """Row → module, in order: `B1` → `b01_….py`."""
    found = (re.fullmatch(r"b(\d\d)_\w+", path.stem) for path in sorted(HERE.glob("b*.py")))
    return {f"B{int(match[1])}": match[0] for match in found if match}


def chosen(wanted: str) -> dict[str, str]:
    known = rows()
    names = [name.strip().upper() for name in wanted.split(",") if name.strip()] or list(known)
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"No such row: {', '.join(unknown)}. There are {', '.join(known)}.")
    return {name: known[name] for name in names}


def is_set(name: str) -> bool:
    return os.environ.get(name, "") not in {"", "0"}


def run(name: str, module: str, bench: ground.Bench) -> Result:
    from django.db import connection

    print(f"{name} {module[4:].replace('_', ' ')}…", file=sys.stderr, flush=True)
    try:
        return importlib.import_module(f"tests.bench.{module}").run(bench)
    except Exception as error:
        traceback.print_exc()
        print(bench.said(), file=sys.stderr, flush=True)
        return Result(f"{type(error).__name__}: {error}", "a run", ok=False)
    finally:
        connection.close()


def main() -> int:
    wanted = chosen(os.environ.get("ROWS", ""))
    results: dict[str, Result] = {}
    # Ended from outside, too, it ends all that it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with ground.running(quick=is_set("QUICK")) as bench:
        print(report.HEAD, flush=True)
        for name, module in wanted.items():
            began = time.monotonic()
            results[name] = run(name, module, bench)
            print(report.line(name, results[name], time.monotonic() - began), flush=True)
    if is_set("JSON"):
        print(report.as_json(results), flush=True)
    return 0 if all(result.ok for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
