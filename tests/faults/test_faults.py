"""Every row of the table, a tenth of it, on real processes. Apart: `-m faults`."""

import faulthandler
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import rows

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST = 600  # seconds, for all rows together on a slow machine


@pytest.fixture(scope="module")
def table() -> dict:
    """One run of all rows: what it says of each. Its own words go to our output."""
    faulthandler.cancel_dump_traceback_later()  # longer than a test: it has its own limit
    unwanted = {"DATABASE_URL", "ROWS", "DJANGO_SETTINGS_MODULE"}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults"],
        cwd=ROOT,
        env=inherited | {"QUICK": "1", "JSON": "1"},
        stdout=subprocess.PIPE,
        text=True,
        timeout=LONGEST,
    )
    print(run.stdout)
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("row", rows())
def test_row(table, row):
    assert table[row]["ok"], table[row]
