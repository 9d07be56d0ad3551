"""Files that are no list of candidates: each gets its sentences, and nothing is written.

Made by program, the same each time: cut short, without one of their parts, of another kind, in
another encoding, with columns that are missing or stand twice, and with faults in every column.
"""

import gzip
import io
import zipfile
from collections.abc import Iterator

import pytest

from candidates.import_columns import REQUIRED, Column
from candidates.import_files import MAX_COLUMNS, MAX_ROWS
from candidates.import_service import import_sessions
from sessions_app.models import Session
from tests import factories
from tests.candidates.test_import_files import HEADER, ROWS, TEXT
from tests.candidates.workbooks import ods, xlsx, zipped
from tests.snapshots import everything

LINES = TEXT.splitlines()
WORKBOOKS = {"xlsx": xlsx(ROWS), "ods": ods(ROWS)}
STARTS = {
    "png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
    "doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500,
    "rar": b"Rar!\x1a\x07\x01\x00",
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04",
    "gz": gzip.compress(TEXT.encode(), mtime=0),
    "sqlite": b"SQLite format 3\x00\x10\x00",
    "html": b"<!DOCTYPE html><html><body><table><tr><td>Nom</td></tr></table>",
    "json": b'[{"Nom de naissance": "Durand"}]',
    "xml": b'<?xml version="1.0"?><liste><candidat nom="Durand"/></liste>',
    "script": b"#!/bin/sh\nexit 1\n",
}


def malformed() -> Iterator[tuple[str, str, bytes]]:
    """What is wrong, the name of the file, what it holds."""
    for kind, content in WORKBOOKS.items():
        for tenth in range(1, 10):
            cut = content[: len(content) * tenth // 10]
            yield f"{kind} cut at {tenth}", f"liste.{kind}", cut
    for kind, part in (("xlsx", "xl/workbook.xml"), ("ods", "content.xml")):
        parts = unzipped(WORKBOOKS[kind])
        for quarter in range(1, 4):
            broken = parts[part][: len(parts[part]) * quarter // 4]
            yield f"{part} cut at {quarter}", f"liste.{kind}", zipped(parts | {part: broken})
        del parts[part]
        yield f"no {part}", f"liste.{kind}", zipped(parts)
    for kind, content in STARTS.items():
        yield f"{kind}", f"liste.{kind}", content
        yield f"{kind} named xlsx", "liste.xlsx", content
    labels = HEADER.split(";")
    for column in REQUIRED:
        at = next(n for n, label in enumerate(labels) if column.value in label)
        rows = [[cell for n, cell in enumerate(row) if n != at] for row in ROWS]
        yield f"no column {column.name}", "liste.csv", table(rows)
        rows = [[*row, row[at]] for row in ROWS]
        yield f"two columns {column.name}", "liste.csv", table(rows)
    yield "utf-32", "liste.csv", TEXT.encode("utf-32")
    yield "half a sign", "liste.csv", TEXT.encode("utf-16")[:-1]
    yield "an undefined byte", "liste.csv", TEXT.encode() + b"\x81\x8d"
    yield "a NUL", "liste.csv", TEXT.encode() + b"\0"
    yield "separators only", "liste.csv", b";;;;\r\n" * 100
    yield "a quote left open", "liste.csv", f'{HEADER}\n"{LINES[1]}'.encode()
    yield "too many columns", "liste.csv", table([*ROWS, ["x"] * (MAX_COLUMNS + 1)])
    yield "too many rows", "liste.csv", table([ROWS[0], *[ROWS[1]] * (MAX_ROWS + 1)])
    yield "one endless line", "liste.csv", b"a" * 1_000_000
    yield "candidates without a session", "liste.csv", table([ROWS[0], [""] * 7 + ROWS[1][7:]])


def unzipped(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def table(rows: list[list[str]]) -> bytes:
    return "\r\n".join(";".join(row) for row in rows).encode()


FILES = list(malformed())


def test_there_are_fifty_and_more_no_two_alike():
    assert len({content for _, _, content in FILES}) >= 50
    assert len({what for what, _, _ in FILES}) == len(FILES)


@pytest.mark.django_db
@pytest.mark.parametrize(("what", "name", "content"), FILES, ids=[what for what, _, _ in FILES])
def test_a_malformed_file_is_told_and_nothing_is_written(what, name, content):
    center = factories.center()
    before = everything()
    result = import_sessions(content, name, center)
    assert result.errors, what
    assert result.sessions == []
    for fault in result.errors:
        assert fault.message.endswith("."), fault
        assert fault.code.isupper(), fault
        assert "\n" not in fault.message
    assert everything() == before


SEVEN = {
    Column.DATE: "31/02/2027",
    Column.START_TIME: "25:00",
    Column.FIRST_NAME: "",
    Column.BIRTHDATE: "hier",
    Column.SEX: "X",
    Column.EXTRA_TIME: "1,33",
    Column.SESSION_NUMBER: "12",
}


@pytest.mark.django_db
def test_seven_faults_are_told_at_their_lines_and_columns():
    """Shuffled columns, one fault a session: none hides another."""
    labels = [label.removeprefix("* ") for label in ROWS[0]]
    rows = []
    for column, wrong in SEVEN.items():
        row = dict(zip(labels, ROWS[1], strict=True))
        at = next(label for label in labels if label.startswith(column.value))
        rows.append([*(row | {at: wrong, labels[2]: f"Salle {column.name}"}).values()])
    shuffled = [list(reversed(row)) for row in [ROWS[0], *rows]]
    result = import_sessions(table(shuffled), "liste.csv", factories.center())
    found = {(fault.line, fault.code.rpartition("_")[0]) for fault in result.errors}
    expected = {(line, column.name) for line, column in enumerate(SEVEN, start=2)}
    assert expected <= found
    assert all(fault.column for fault in result.errors if fault.code.endswith("_INVALID"))
    assert not Session.objects.exists()
