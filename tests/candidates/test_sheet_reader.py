"""Workbooks made to harm: the process that reads them gives up, and the person is told so."""

import io
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates import import_files, imports, sheet_reader
from candidates.import_columns import Column
from candidates.import_files import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from tests.candidates.workbooks import SHEET, XLSX_PARTS, ods_of, xlsx, xlsx_of, zipped

GOOD = xlsx([[column.value for column in Column], ["100042"]])


def codes(content: bytes) -> list[str]:
    found = imports.read(content, "liste.xlsx")
    assert found.sessions == []
    return [fault.code for fault in found.errors]


def two_cells_as_far_apart_as_can_be() -> bytes:
    cell = '<row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'
    return xlsx_of(cell.format(1, "A") + cell.format(1_048_576, "XFD"))


def a_text_of_400_megabytes_once_unpacked() -> bytes:
    file = io.BytesIO(xlsx([]))
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as part,
    ):
        part.write(f'<sst xmlns="{SHEET}"><si><t>'.encode())
        for _ in range(400):
            part.write(b"a" * 1_000_000)
        part.write(b"</t></si></sst>")
    return file.getvalue()


def a_cell_repeated_17_billion_times() -> bytes:
    return ods_of(
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
        "</table:table-row>"
    )


def entities_that_unfold() -> bytes:
    entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    sheet = (
        f'{entities}<worksheet xmlns="{SHEET}"><sheetData><row><c t="str"><v>&b;</v></c></row>'
        "</sheetData></worksheet>"
    )
    return zipped({**XLSX_PARTS, "xl/worksheets/sheet1.xml": sheet})


def many_long_texts() -> bytes:
    row = "<row>" + f'<c t="str"><v>{"é" * 1_000}</v></c>' * 50 + "</row>"
    return xlsx_of(row * 300)


@pytest.mark.parametrize(
    "build",
    [
        two_cells_as_far_apart_as_can_be,
        a_text_of_400_megabytes_once_unpacked,
        a_cell_repeated_17_billion_times,
        entities_that_unfold,
        many_long_texts,
    ],
)
def test_a_hostile_workbook_hurts_nobody(build):
    content = build()
    assert len(content) < MAX_BYTES
    assert codes(content) == ["WORKBOOK_UNREADABLE"]


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(import_files, "TIMEOUT_SECONDS", 0.001)
    assert codes(GOOD) == ["WORKBOOK_UNREADABLE"]


def test_the_reader_of_workbooks_knows_no_secret(monkeypatch):
    seen = {}

    def run(command, **options):
        seen.update(options)
        return subprocess.CompletedProcess(command, 0, stdout=b"[]")

    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    monkeypatch.setattr(import_files.subprocess, "run", run)
    imports.read(GOOD, "liste.xlsx")
    assert "do-not-tell" not in repr(seen["env"])


def test_the_reader_of_workbooks_runs_without_django():
    program = (
        "import sys, candidates.sheet_reader as reader; reader.read_rows(sys.stdin.buffer.read());"
        "print([name for name in sys.modules if name.startswith('django')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=GOOD,
        capture_output=True,
        check=True,
        cwd=import_files.ROOT,
    )
    assert done.stdout.split() == [b"[]"]


def test_the_reader_of_workbooks_says_enough_for_the_limits_to_be_checked():
    assert sheet_reader.MAX_ROWS > MAX_ROWS + 1
    assert sheet_reader.MAX_COLUMNS > MAX_COLUMNS
    assert sheet_reader.MAX_TOTAL_SIGNS > MAX_BYTES


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_faulted(data):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = imports.read(bytes(content), "liste.xlsx")
    assert bool(found.errors) or bool(found.sessions)
