"""Rows of values as CSV and XLSX, for people who open them in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter import Workbook

Cell = str | int
# A spreadsheet would run such a cell, or what follows its first sign.
FORMULA = re.compile(r"[\s]*[=+\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONGEST_CELL = 32_767  # signs; Excel refuses more
NARROWEST = 12  # column, in figures


@dataclass(frozen=True)
class Table:
    """`rows` may be read once only, as they come from the database."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def harmless(cell: Cell) -> Cell:
    """As it is, but for a text that a spreadsheet would take for a formula: quoted."""
    if isinstance(cell, int):
        return cell
    text = _CONTROL.sub("", cell)[: LONGEST_CELL - 1]
    return f"'{text}" if FORMULA.match(text) else text


def as_csv(table: Table) -> bytes:
    """UTF-8 with its mark and semicolons, which spreadsheets in French open as they are."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(table.headings)
    writer.writerows([harmless(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table) -> bytes:
    """One sheet, written row by row: the rows are never all in memory."""
    import xlsxwriter  # a tenth of the start of a process, and few ever ask for a sheet

    content = BytesIO()
    with TemporaryDirectory() as folder:
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False}
        with xlsxwriter.Workbook(content, options) as book:
            _write(book, table)
    return content.getvalue()


def _write(book: "Workbook", table: Table) -> None:
    sheet = book.add_worksheet(table.name)
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(table.headings):
        sheet.set_column(column, column, max(NARROWEST, len(heading) + 4))
        sheet.write_string(0, column, heading, bold)
    for number, row in enumerate(table.rows, start=1):
        for column, cell in enumerate(map(harmless, row)):
            write = sheet.write_number if isinstance(cell, int) else sheet.write_string
            write(number, column, cell)
