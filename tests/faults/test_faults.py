"""Every row of the table, a tenth of it, on real processes. Apart: `-m faults`.

What is counted is judged here. What is measured in seconds is judged by `make faults`, on a
machine that does nothing else; rows that have a short run among the other tests are left out.
"""

import faulthandler
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import NOT_QUICK, rows

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST = 1_200  # seconds, for all rows together on a slow machine
ROWS = [row for row in rows() if row not in NOT_QUICK]
LANES = "2"  # something is left for the other tests
COUNTED = ("lost", "doubled", "wrong")


@pytest.fixture(scope="module")
def table() -> dict:
    """One run of all rows: what it says of each. Its own words go to our output."""
    faulthandler.cancel_dump_traceback_later()  # longer than a test: it has its own limit
    unwanted = {"DATABASE_URL", "ROWS", "QUICK", "DJANGO_SETTINGS_MODULE"}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults"],
        cwd=ROOT,
        env=inherited | {"JSON": "1", "ROWS": ",".join(ROWS), "LANES": LANES, "SCALE": "0.1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=LONGEST,
    )
    print(run.stdout)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("row", ROWS)
def test_row(table, row):
    told = json.dumps(table[row], ensure_ascii=False)  # whole: a dictionary is cut short
    assert table[row]["injected"] > 0, told
    assert {name: table[row][name] for name in COUNTED} == dict.fromkeys(COUNTED, 0), told


def test_the_harness_can_fail(table):
    """A database that answers before it has written must be seen to lose something."""
    assert table["F2"]["control_lost"] > 0
