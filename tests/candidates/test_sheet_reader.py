"""Workbooks made to harm: the process that reads them gives up, and the person is told so."""

import io
import subprocess
import sys
import time
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


def laughs(kind: str) -> str:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE {kind} [<!ENTITY l0 "ha">{levels}]>'


def a_billion_laughs_in_xlsx() -> bytes:
    sheet = '<c t="str"><v>&l9;</v></c>'
    sheet = f'{laughs("worksheet")}<worksheet xmlns="{SHEET}"><sheetData><row>{sheet}</row>'
    sheet += "</sheetData></worksheet>"
    return zipped({**XLSX_PARTS, "xl/worksheets/sheet1.xml": sheet})


def a_billion_laughs_in_ods() -> bytes:
    cell = "<table:table-cell><text:p>&l9;</text:p></table:table-cell>"
    content = ods_of(f"<table:table-row>{cell}</table:table-row>")
    return changed(content, "content.xml", lambda text: laughs("x") + text)


def one_long_entity_many_times() -> bytes:
    entity = f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'
    cells = '<c t="str"><v>&a;</v></c>' * 10_000
    sheet = (
        f'{entity}<worksheet xmlns="{SHEET}"><sheetData><row>{cells}</row></sheetData></worksheet>'
    )
    return zipped({**XLSX_PARTS, "xl/worksheets/sheet1.xml": sheet})


def changed(content: bytes, name: str, change) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {each: archive.read(each).decode() for each in archive.namelist()}
    return zipped(parts | {name: change(parts[name])})


def a_million_columns() -> bytes:
    return xlsx_of("<row>" + "<c><v>1</v></c>" * 1_000_000 + "</row>")


def a_million_nested_elements() -> bytes:
    return xlsx_of("<row><c>" + "<a>" * 1_000_000 + "</a>" * 1_000_000 + "</c></row>")


def a_part_that_lies_about_its_size() -> bytes:
    """It says that it unpacks to 100 bytes, and unpacks to 400 million."""
    content = bytearray(a_text_of_400_megabytes_once_unpacked())
    at = content.rindex(b"xl/sharedStrings.xml") - 46  # in the central directory
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    return bytes(content)


def rows_without_end() -> bytes:
    return xlsx_of("<row><c><v>1</v></c></row>" * 3_000_000)


def many_long_texts() -> bytes:
    row = "<row>" + f'<c t="str"><v>{"é" * 1_000}</v></c>' * 50 + "</row>"
    return xlsx_of(row * 300)


BOMBS = {
    two_cells_as_far_apart_as_can_be: {"WORKBOOK_UNREADABLE"},
    a_text_of_400_megabytes_once_unpacked: {"WORKBOOK_UNREADABLE"},
    a_cell_repeated_17_billion_times: {"WORKBOOK_UNREADABLE"},
    entities_that_unfold: {"WORKBOOK_UNREADABLE"},
    many_long_texts: {"WORKBOOK_UNREADABLE"},
    a_billion_laughs_in_xlsx: {"WORKBOOK_UNREADABLE"},
    a_billion_laughs_in_ods: {"WORKBOOK_UNREADABLE", "HEADER_UNKNOWN", "FILE_EMPTY"},
    one_long_entity_many_times: {"WORKBOOK_UNREADABLE"},
    a_million_columns: {"WORKBOOK_UNREADABLE", "TOO_MANY_COLUMNS"},
    a_million_nested_elements: {"WORKBOOK_UNREADABLE", "FILE_EMPTY"},
    a_part_that_lies_about_its_size: {"WORKBOOK_UNREADABLE", "FILE_EMPTY"},
    rows_without_end: {"WORKBOOK_UNREADABLE", "TOO_MANY_ROWS"},
}


@pytest.mark.parametrize(
    ("build", "told"), BOMBS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_a_hostile_workbook_hurts_nobody(build, told, measured):
    """One sentence, in bounded time and memory."""
    content = build()
    assert len(content) < MAX_BYTES
    began = time.monotonic()
    (code,) = codes(content)
    assert code in told
    assert time.monotonic() - began < import_files.TIMEOUT_SECONDS + 5
    assert 0 < int(measured.read_text()) * 1024 <= sheet_reader.MEMORY_BYTES


# Between us and the reader, and small: a process counts as its own the memory of the one it
# was started from.
BETWEEN = """
import pathlib, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
pathlib.Path(sys.argv[1]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code != 0)
"""


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """The file that will hold the most memory the reader has taken, in KiB."""
    peak, run = tmp_path / "peak", subprocess.run

    def measuring(command, **options):
        return run([sys.executable, "-c", BETWEEN, str(peak), *command], **options)

    monkeypatch.setattr(import_files.subprocess, "run", measuring)
    return peak


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
