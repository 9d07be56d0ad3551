"""What one cell of a candidate list may hold."""

from datetime import date, time
from decimal import Decimal

import pytest

from candidates.import_cells import RULES, CellError
from candidates.import_columns import Column


@pytest.mark.parametrize(
    ("written", "percent"),
    [
        ("33%", "33"),
        ("33 %", "33"),
        ("33\N{NARROW NO-BREAK SPACE}%", "33"),
        ("33", "33"),
        ("0,33", "33"),
        ("0.33", "33"),
        ("33,5 %", "33.5"),
        ("1,5 %", "1.5"),
        ("133 %", "133"),
        ("+33 %", "33"),
        ("1", "1"),
        ("0", "0"),
        ("300 %", "300"),
        # Number cells of a workbook.
        (0.33, "33"),
        (1 / 3, "33.33"),
        (1.0, "100"),
        (1.33, "133"),
        (3.0, "300"),
        (33.0, "33"),
        (0.0, "0"),
    ],
)
def test_extra_time(written, percent):
    assert RULES[Column.EXTRA_TIME](written) == Decimal(percent)


@pytest.mark.parametrize(
    "written", ["8:30", "08:30", "8h30", "8 h 30", "8H30", "08:30:00", " 08:30 "]
)
def test_start_time(written):
    assert RULES[Column.START_TIME](written) == time(8, 30)


def test_start_time_without_minutes():
    assert RULES[Column.START_TIME]("8h") == time(8)


@pytest.mark.parametrize("column", [Column.BIRTHDATE, Column.DATE])
@pytest.mark.parametrize("written", ["23/04/2010", "2010-04-23", " 23/4/2010 "])
def test_dates(column, written):
    assert RULES[column](written) == date(2010, 4, 23)


@pytest.mark.parametrize(
    ("column", "written", "kept"),
    [
        (Column.BIRTH_NAME, " Le   Goff-N’Guyễn ", "Le Goff-N’Guyễn"),
        (Column.FIRST_NAME, "<b>Léa</b>", "<b>Léa</b>"),
        (Column.FIRST_NAME, "E\N{COMBINING ACUTE ACCENT}milie", "Émilie"),
        (Column.FIRST_NAME, "é" * 120, "é" * 120),
        (Column.REMARKS, "Près de\nla\tfenêtre\r\n", "Près de la fenêtre"),
        (Column.EXTERNAL_ID, 2026001.0, "2026001"),
        (Column.SESSION_NUMBER, " 100\N{NARROW NO-BREAK SPACE}042 ", "100042"),
        (Column.SESSION_NUMBER, 100042.0, "100042"),
        (Column.SEX, " f ", "F"),
    ],
)
def test_texts_are_tidied(column, written, kept):
    assert RULES[column](written) == kept


@pytest.mark.parametrize(
    ("column", "written"),
    [
        (Column.EXTRA_TIME, "-5"),
        (Column.EXTRA_TIME, "301"),
        (Column.EXTRA_TIME, "oui"),
        (Column.EXTRA_TIME, "1e2"),
        (Column.EXTRA_TIME, "NaN"),
        (Column.EXTRA_TIME, "0,33 %"),
        (Column.EXTRA_TIME, "1,33"),
        (Column.EXTRA_TIME, "2.5"),
        (Column.EXTRA_TIME, -0.33),
        (Column.EXTRA_TIME, 301.0),
        (Column.BIRTHDATE, "31/02/2010"),
        (Column.BIRTHDATE, "04/23/2010"),
        (Column.BIRTHDATE, "23/04/10"),
        (Column.BIRTHDATE, "31/12/1899"),
        (Column.BIRTHDATE, "01/01/2999"),
        (Column.BIRTHDATE, "2010-04-23T12:00:00"),
        (Column.BIRTHDATE, "hier"),
        (Column.BIRTHDATE, 40291.0),
        (Column.BIRTH_NAME, "Du\0pont"),
        (Column.BIRTH_NAME, "Du\npont"),
        (Column.BIRTH_NAME, "Du\N{RIGHT-TO-LEFT OVERRIDE}pont"),
        (Column.BIRTH_NAME, "?"),
        (Column.SUPERVISORS, "Mme\x1bKervella"),
        (Column.SEX, "X"),
        (Column.DATE, "12-01-2027"),
        (Column.DATE, "12/01/0027"),
        (Column.START_TIME, "24:00"),
        (Column.START_TIME, "8:"),
        (Column.START_TIME, "8:60"),
        (Column.SESSION_NUMBER, "10004"),
        (Column.SESSION_NUMBER, "١٠٠٠٤٢"),
    ],
)
def test_what_no_cell_may_hold(column, written):
    with pytest.raises(CellError, match=r"\.$") as caught:
        RULES[column](written)
    assert caught.value.reason == "INVALID"


@pytest.mark.parametrize(
    ("column", "longest"),
    [
        (Column.BIRTH_NAME, 120),
        (Column.FIRST_NAME, 120),
        (Column.SITE, 120),
        (Column.ROOM, 120),
        (Column.SUPERVISORS, 240),
        (Column.REMARKS, 500),
        (Column.EXTERNAL_ID, 60),
    ],
)
def test_what_is_longer_than_its_place_in_the_database(column, longest):
    assert RULES[column]("é" * longest)
    with pytest.raises(CellError, match=f"{longest} signes") as caught:
        RULES[column]("é" * (longest + 1))
    assert caught.value.reason == "TOO_LONG"
