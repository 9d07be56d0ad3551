"""The kinds of files: every one gives the same sessions, or one fault, never an exception."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates import imports
from candidates.import_files import MAX_BYTES, MAX_COLUMNS, MAX_ROWS
from tests.candidates.workbooks import ods, xlsx, xlsx_of, zipped

SAMPLE = Path(imports.__file__).with_name("sample-import.csv")
TEXT = SAMPLE.read_text(encoding="utf-8")
ROWS = [line.split(";") for line in TEXT.replace('"', "").replace(" ; ", " et ").splitlines()]
HEADER = TEXT.splitlines()[0]
# The first session's date and hour, the first birthdate, the extra time: real cells.
DATE, START_TIME, BIRTHDATE, EXTRA_TIME = 3, 4, 9, 18


def the_fault(content: bytes, filename: str = "liste.csv") -> imports.Fault:
    found = imports.read(content, filename)
    assert found.sessions == []
    (fault,) = found.errors
    assert fault.message.endswith(".")
    return fault


def candidates_of(found: imports.Import) -> list[imports.CandidateRow]:
    assert found.errors == []
    return [candidate for session in found.sessions for candidate in session.candidates]


EXPECTED = imports.read(SAMPLE.read_bytes(), "liste.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_in_unicode(encoding, end):
    assert imports.read(TEXT.replace("\n", end).encode(encoding), "liste.csv") == EXPECTED


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_in_the_encoding_of_excel(end):
    # Some names of the sample exist in Unicode only.
    lines = [
        line
        for line in TEXT.splitlines()
        if line == line.encode("cp1252", "ignore").decode("cp1252")
    ]
    assert 20 < len(lines) < len(TEXT.splitlines())
    content = end.join(lines).encode("cp1252")
    names = {candidate.first_name for candidate in candidates_of(imports.read(content, "l.csv"))}
    assert {"Maëlle", "Gwénolé", "Éléonore"} <= names


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_in_the_unicode_of_excel(encoding, separator):
    rows = [separator.join(row) for row in ROWS]
    content = ("\ufeff" + "\r\n".join(rows)).encode(encoding)
    assert candidates_of(imports.read(content, "l.txt")) == candidates_of(EXPECTED)


def test_csv_with_commas():
    rows = [",".join(f'"{cell}"' for cell in row) for row in ROWS]
    found = imports.read("\n".join(rows).encode(), "liste.csv")
    assert candidates_of(found) == candidates_of(EXPECTED)


@pytest.mark.parametrize("name", ["liste.csv", "LISTE.CSV", "liste.txt", "liste", ""])
def test_the_content_counts_more_than_the_name(name):
    assert imports.read(SAMPLE.read_bytes(), name) == EXPECTED


@pytest.mark.parametrize(("kind", "write"), [("xlsx", xlsx), ("ods", ods)])
def test_a_workbook_gives_the_same_candidates(kind, write):
    found = imports.read(write(ROWS), f"liste.{kind}")
    assert candidates_of(found) == candidates_of(EXPECTED)


@pytest.mark.parametrize(("kind", "write"), [("xlsx", xlsx), ("ods", ods)])
@pytest.mark.parametrize(
    ("shown", "percent"), [(0.33, "33"), (0.5, "50"), (1.0, "100"), (33.0, "33")]
)
def test_real_dates_hours_and_percentages_of_a_workbook(kind, write, shown, percent):
    rows: list[list[object]] = [list(ROWS[0]), list(ROWS[1])]
    rows[1][DATE] = date(2027, 6, 15)
    rows[1][START_TIME] = time(8, 30)
    rows[1][BIRTHDATE] = date(2010, 4, 23)
    rows[1][EXTRA_TIME] = shown
    found = imports.read(write(rows), f"liste.{kind}")
    (candidate,) = candidates_of(found)
    (session,) = found.sessions
    assert (session.date, session.start_time) == (date(2027, 6, 15), time(8, 30))
    assert candidate.birthdate == date(2010, 4, 23)
    assert candidate.extra_time_percent == Decimal(percent)


@pytest.mark.parametrize(("kind", "write"), [("xlsx", xlsx), ("ods", ods)])
def test_a_workbook_tells_the_line_of_a_fault(kind, write):
    rows = [*ROWS[:3], [""], [*ROWS[3][:BIRTHDATE], "hier", *ROWS[3][BIRTHDATE + 1 :]]]
    fault = the_fault(write(rows), f"liste.{kind}")
    assert (fault.line, fault.code) == (5, "BIRTHDATE_INVALID")


def test_numbers_of_a_workbook_are_read_as_written():
    rows: list[list[object]] = [list(ROWS[0]), list(ROWS[1])]
    rows[1][0] = 100042.0
    rows[1][17] = 2026001.0
    found = imports.read(xlsx(rows), "liste.xlsx")
    assert candidates_of(found)[0].external_id == "2026001"
    assert found.sessions[0].number == "100042"


@pytest.mark.parametrize("content", [b"", b" \r\n\n", b"\xef\xbb\xbf", b";;;\n;;\n"])
def test_an_empty_file(content):
    assert the_fault(content).code == "FILE_EMPTY"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"\x00\x01\x02", "liste.csv", "ENCODING_UNKNOWN"),
        (TEXT.encode("utf-16-le"), "liste.csv", "ENCODING_UNKNOWN"),  # without its mark
        (TEXT.encode("utf-16")[:-1], "liste.csv", "ENCODING_UNKNOWN"),
        (b"Pr\x81nom;Nom", "liste.csv", "ENCODING_UNKNOWN"),
        (b"%PDF-1.7 \xe9", "liste.pdf", "HEADER_UNKNOWN"),
        (b"Nom;Note", "liste.csv", "HEADER_UNKNOWN"),
        (b"not a zip", "liste.xlsx", "NOT_A_WORKBOOK"),
        (b"not a zip", "liste.ODS", "NOT_A_WORKBOOK"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "liste.bin", "NOT_A_WORKBOOK"),
        (b"PK\x03\x04 and then nothing", "liste.xlsx", "WORKBOOK_UNREADABLE"),
        (zipped({"readme.txt": "no sheet"}), "liste.xlsx", "WORKBOOK_UNREADABLE"),
        (xlsx(ROWS)[:-40], "liste.xlsx", "WORKBOOK_UNREADABLE"),
        (xlsx_of("<row><c"), "liste.xlsx", "WORKBOOK_UNREADABLE"),
        (xlsx([]), "liste.xlsx", "FILE_EMPTY"),
        (ods([]), "liste.ods", "FILE_EMPTY"),
        (b"x" * (MAX_BYTES + 1), "liste.csv", "FILE_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_malformed_file_gives_one_fault(content, name, code):
    assert the_fault(content, name).code == code


def test_a_quote_left_open_does_not_swallow_the_candidates_below():
    lines = TEXT.splitlines()
    lines[3] = (
        lines[3].replace(";Marseille;", ';"Marseille;').replace(";Saint-Denis;", ';"Saint-Denis;')
    )
    fault = the_fault("\n".join(lines).encode())
    assert (fault.line, fault.code) == (4, "QUOTES_INVALID")


def test_too_many_rows():
    row = TEXT.splitlines()[1]
    content = "\n".join([HEADER] + [row] * (MAX_ROWS + 1)).encode()
    assert the_fault(content).code == "TOO_MANY_ROWS"
    assert the_fault(xlsx([ROWS[0]] + [ROWS[1]] * (MAX_ROWS + 1))).code == "TOO_MANY_ROWS"


def test_as_many_rows_as_allowed():
    rows = [ROWS[0], ROWS[1]]
    rows += [[*[""] * 7, f"Nom {n}", *ROWS[1][8:]] for n in range(MAX_ROWS - 1)]
    for content in ("\n".join(map(";".join, rows)).encode(), xlsx(rows), ods(rows)):
        assert len(candidates_of(imports.read(content, ""))) == MAX_ROWS


def test_too_many_columns():
    more = ["x"] * (MAX_COLUMNS + 1 - len(ROWS[0]))
    content = (HEADER + ";" + ";".join(more)).encode()
    assert (the_fault(content).line, the_fault(content).code) == (1, "TOO_MANY_COLUMNS")
    assert the_fault(xlsx([ROWS[0] + more])).code == "TOO_MANY_COLUMNS"


@given(st.binary(max_size=400))
def test_any_bytes_after_a_good_header_are_read_or_faulted(content):
    found = imports.read(HEADER.encode() + b"\n" + content, "liste.csv")
    assert bool(found.errors) or bool(found.sessions)
