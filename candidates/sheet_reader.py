"""Reads one workbook (XLSX, ODS) from stdin, writes its rows as JSON on stdout: `[[line, cells]…]`.

A process of its own, with limits, so that a hostile file can only hurt itself: it is killed or
it aborts, and the exit code is not 0. Run by `import_files`; never imports Django.
"""

import io
import json
import math
import resource
import sys
from contextlib import suppress
from datetime import date, datetime, time

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 8
# More than any list within the limits of `import_files`, which checks them and says so.
MAX_ROWS = 5_002
MAX_COLUMNS = 61
MAX_CELL_SIGNS = 1_000
MAX_TOTAL_SIGNS = 10_000_000


def limit_resources() -> None:
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    )
    for limit, value in limits:
        # Refused where the machine's own limit is lower, or on systems without this one.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))


def plain(cell: object) -> str | float:
    """A cell as JSON can carry it; dates and times in ISO form."""
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
        return float(cell)
    return str(cell)[:MAX_CELL_SIGNS]


def read_rows(content: bytes) -> list[tuple[int, list[str | float]]]:
    """The rows of the first visible sheet that hold something; lines count from 1."""
    # Here and not above: the limits come first.
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    rows: list[tuple[int, list[str | float]]] = []
    signs = 0
    for line, cells in enumerate(book.get_sheet_by_name(visible[0]).iter_rows(), start=1):
        row = [plain(cell) for cell in cells[:MAX_COLUMNS]]
        if any(cell != "" for cell in row):
            rows.append((line, row))
            signs += sum(len(cell) for cell in row if isinstance(cell, str))
        if len(rows) == MAX_ROWS:
            break
        if signs > MAX_TOTAL_SIGNS:
            raise ValueError("more text than a candidate list can hold")
    return rows


if __name__ == "__main__":
    limit_resources()
    json.dump(read_rows(sys.stdin.buffer.read()), sys.stdout)
