"""A list of 2,000 candidates in one file, imported: the computing of it all, reader included."""

import os
from collections.abc import Callable
from datetime import date, timedelta

from candidates.import_columns import Column
from candidates.import_service import import_sessions
from tests import factories
from tests.candidates.workbooks import ods, xlsx

from .ground import Bench
from .report import Result

CANDIDATES, IN_A_ROOM = 2_000, 30
MOST_SECONDS = 5.0


def run(bench: Bench) -> Result:
    rows = _rows()
    text = "\r\n".join(";".join(row) for row in rows).encode()
    took = {
        name: _seconds(write, f"liste.{name}")
        for name, write in (
            ("csv", lambda: text),
            ("xlsx", lambda: xlsx(rows)),
            ("ods", lambda: ods(rows)),
        )
    }
    worst = round(max(took.values()), 2)
    counted = {f"{name}_cpu_s": round(seconds, 2) for name, seconds in took.items()}
    goal = f"≤ {MOST_SECONDS:.0f} s of computing for {CANDIDATES} candidates"
    return Result(worst, goal, worst <= MOST_SECONDS, counted | {"candidates": CANDIDATES})


def _seconds(write: Callable[[], bytes], name: str) -> float:
    """Of this process and of the reader that it starts; PostgreSQL's own is not counted."""
    content, center = write(), factories.center()
    before = _cpu()
    result = import_sessions(content, name, center)
    took = _cpu() - before
    if result.errors or result.candidates != CANDIDATES:
        raise AssertionError(f"{result.candidates} candidates, {result.errors[:3]}")
    return took


def _cpu() -> float:
    return sum(os.times()[:4])


def _rows() -> list[list[str]]:
    first, born = date(2027, 1, 12), date(2008, 1, 1)
    rows = [[column.value for column in Column]]
    for number in range(CANDIDATES):
        room, place = divmod(number, IN_A_ROOM)
        day = first + timedelta(days=room // 8)
        session = ["", "Lycée Ada-Lovelace", f"Salle {room % 8 + 1}", f"{day:%d/%m/%Y}", "08:30"]
        session = [*session, "Mme Lefèvre", ""] if place == 0 else [""] * 7
        birthdate = born + timedelta(days=number)
        who = [f"D’Aubigné-{number:04}", "Éléonore", f"{birthdate:%d/%m/%Y}", "F", "", "", ""]
        extra = "33 %" if number % 10 == 0 else ""
        rows.append([*session, *who, "France", "", "", f"e{number}", extra, "", ""])
    return rows
