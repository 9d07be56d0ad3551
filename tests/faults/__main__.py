"""The fault tests: `make faults`, or `python -m tests.faults`.

    ROWS=F1,F8   only these rows
    QUICK=1      a twentieth of what each row injects, several rows at a time; without F13, F15 and
                 F16, whose short runs are in `tests/protocol`, `test_guesses` and `test_floods`,
                 unless ROWS names them
    SCALE=0.1    another part of it
    JSON=1       the last line of stdout is one object, a key a row
    LANES=2      so many rows at a time

Each module `f??_….py` is a row of the table: a function `run(scale, cluster) -> Result`.
"""

import contextlib
import os
import re
import signal
import sys
from pathlib import Path

from . import lanes, report
from .report import Result

HERE = Path(__file__).parent
QUICK_LANES, QUICK_SCALE = 3, 0.05
NOT_QUICK = {"F13", "F15", "F16"}


def rows() -> dict[str, str]:
    """Row → module, in order: `F1` → `f01_….py`."""
    found = (re.fullmatch(r"f(\d\d)_\w+", path.stem) for path in sorted(HERE.glob("f*.py")))
    return {f"F{int(match[1])}": match[0] for match in found if match}


def chosen(wanted: str, *, quick: bool = False) -> dict[str, str]:
    known = rows()
    usual = [name for name in known if not (quick and name in NOT_QUICK)]
    names = [name.strip().upper() for name in wanted.split(",") if name.strip()] or usual
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"No such row: {', '.join(unknown)}. There are {', '.join(known)}.")
    return {name: known[name] for name in names}


def main() -> int:
    quick = os.environ.get("QUICK", "") not in {"", "0"}
    scale = float(os.environ.get("SCALE") or (QUICK_SCALE if quick else 1))
    wanted = chosen(os.environ.get("ROWS", ""), quick=quick)
    # A full run measures seconds: each row has the machine for itself.
    count = int(os.environ.get("LANES") or (QUICK_LANES if quick else 1))
    results: dict[str, Result] = {}
    # Ended from outside, too, it ends all that it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(report.HEAD, flush=True)
    with contextlib.closing(lanes.run(wanted, count, scale)) as told:
        for name, result, seconds in told:
            results[name] = result
            print(report.line(name, result, seconds), flush=True)
    if os.environ.get("JSON", "") not in {"", "0"}:
        print(report.as_json({name: results[name] for name in wanted}), flush=True)
    return 0 if all(result.ok for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
