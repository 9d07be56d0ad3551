"""The rules of a candidate list, on CSV text; the kinds of files are in test_import_files."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates import imports
from candidates.import_columns import Column

SAMPLE = Path(imports.__file__).with_name("sample-import.csv")
HEADER = SAMPLE.read_text(encoding="utf-8").splitlines()[0].split(";")
SESSION = {
    "SITE": "Collège Ada",
    "ROOM": "CDI",
    "DATE": "15/06/2027",
    "START_TIME": "09:00",
    "SUPERVISORS": "Mme Kervella",
}
PERSON = {
    "BIRTH_NAME": "D'Aubigné",
    "FIRST_NAME": "Paul",
    "BIRTHDATE": "23/04/2010",
    "SEX": "M",
    "BIRTH_COUNTRY": "FRANCE",
}


def row(**cells: str) -> str:
    """One line of a list, from column names and texts."""
    quoted = {name: '"' + text.replace('"', '""') + '"' for name, text in cells.items()}
    return ";".join(quoted.get(column.name, "") for column in Column)


def read(*rows: str, header: list[str] = HEADER) -> imports.Import:
    return imports.read("\n".join([";".join(header), *rows]).encode(), "liste.csv")


def codes(faults: list[imports.Fault]) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in faults]


def only_candidate(**cells: str) -> imports.CandidateRow:
    found = read(row(**SESSION, **PERSON | cells))
    assert found.errors == []
    return found.sessions[0].candidates[0]


def label(column: str) -> str:
    return HEADER[list(Column).index(Column[column])].removeprefix("* ")


def test_the_sample_list():
    found = imports.read(SAMPLE.read_bytes(), SAMPLE.name)
    assert (found.errors, found.warnings) == ([], [])
    assert [(session.room, len(session.candidates)) for session in found.sessions] == [
        ("Salle informatique 2", 14),
        ("CDI", 10),
        ("B-112", 7),
    ]
    first = found.sessions[0]
    assert first.supervisors == "Mme Kervella ; M. d’Ormesson"
    assert first.candidates[0].birth_name == "D'Aubigné"
    percents = {c.extra_time_percent for session in found.sessions for c in session.candidates}
    assert percents == {Decimal(0), Decimal(15), Decimal(33)}


def test_a_session_and_its_candidates():
    found = read(
        row(**SESSION, REMARKS="Près de\nla fenêtre", **PERSON, EXTERNAL_ID="E1", EXTRA_TIME="33%"),
        row(**PERSON | {"FIRST_NAME": "Léa"}),
    )
    assert found.sessions == [
        imports.SessionRow(
            line=2,
            number=None,
            site="Collège Ada",
            room="CDI",
            date=date(2027, 6, 15),
            start_time=time(9),
            supervisors="Mme Kervella",
            remarks="Près de la fenêtre",
            candidates=[
                imports.CandidateRow(
                    2, "D'Aubigné", "Paul", date(2010, 4, 23), "E1", Decimal("33.00")
                ),
                # The line of the file: the remark above holds two.
                imports.CandidateRow(4, "D'Aubigné", "Léa", date(2010, 4, 23), "", Decimal(0)),
            ],
        )
    ]


def test_nothing_is_kept_that_the_product_does_not_need():
    kept = only_candidate(RESULTS_EMAIL="secret@ecole.example", BIRTH_CITY="Brest")
    assert "secret" not in repr(kept)
    assert "Brest" not in repr(kept)
    assert "FRANCE" not in repr(kept)


@pytest.mark.parametrize(
    "column", ["BIRTH_NAME", "FIRST_NAME", "BIRTHDATE", "SEX", "BIRTH_COUNTRY", *SESSION]
)
def test_a_cell_that_must_be_filled(column):
    found = read(row(**SESSION | PERSON | {column: "  "}))
    assert [(fault.line, fault.column, fault.code) for fault in found.errors] == [
        (2, label(column), f"{column}_MISSING")
    ]
    assert found.sessions == []


@pytest.mark.parametrize(
    ("column", "written", "reason"),
    [
        ("EXTRA_TIME", "oui", "INVALID"),
        ("BIRTHDATE", "31/02/2010", "INVALID"),
        ("BIRTH_NAME", "é" * 121, "TOO_LONG"),
        ("START_TIME", "24:00", "INVALID"),
        ("SESSION_NUMBER", "10004", "INVALID"),
    ],
)
def test_a_wrong_cell_is_told_with_its_place(column, written, reason):
    found = read(row(**{**SESSION, **PERSON, column: written}))
    assert [(fault.line, fault.column, fault.code) for fault in found.errors] == [
        (2, label(column), f"{column}_{reason}")
    ]
    assert found.sessions == []


def test_every_fault_of_the_file_is_told_in_order():
    found = read(
        row(**SESSION | {"DATE": "demain", "START_TIME": "tôt"}, **PERSON | {"SEX": "X"}),
        row(**PERSON | {"BIRTHDATE": "hier", "EXTRA_TIME": "oui"}),
        "",
        row(**SESSION | {"ROOM": "B-112"}),
    )
    assert codes(found.errors) == [
        (2, "DATE_INVALID"),
        (2, "START_TIME_INVALID"),
        (2, "SEX_INVALID"),
        (3, "BIRTHDATE_INVALID"),
        (3, "EXTRA_TIME_INVALID"),
        (5, "SESSION_EMPTY"),
    ]


def test_a_message_never_repeats_what_the_cell_holds():
    found = read(row(**SESSION, **PERSON | {"BIRTHDATE": "né hier", "SEX": "Zorglub"}))
    assert not any(
        "né hier" in fault.message or "Zorglub" in fault.message for fault in found.errors
    )


def test_a_candidate_before_any_session():
    assert codes(read(row(**PERSON)).errors) == [(2, "CANDIDATE_WITHOUT_SESSION")]


def test_a_header_alone():
    assert codes(read().errors) == [(0, "SESSION_MISSING")]


def test_a_session_on_a_line_of_its_own():
    found = read(row(**SESSION), row(**PERSON))
    assert [session.line for session in found.sessions] == [2]
    assert [candidate.line for candidate in found.sessions[0].candidates] == [3]


def test_a_session_repeated_on_each_line_stays_one_session():
    found = read(
        row(**SESSION, REMARKS="Deux postes de secours", **PERSON),
        row(**SESSION | {"SITE": "COLLEGE ADA"}, **PERSON | {"FIRST_NAME": "Léa"}),
    )
    assert found.errors == []
    assert [len(session.candidates) for session in found.sessions] == [2]


def test_a_session_repeated_with_other_supervisors():
    found = read(
        row(**SESSION, **PERSON),
        row(**SESSION | {"SUPERVISORS": "M. Autre"}, **PERSON | {"FIRST_NAME": "Léa"}),
    )
    assert codes(found.errors) == [(3, "SESSION_CONFLICT")]


def test_an_existing_session_needs_only_its_number():
    found = read(row(SESSION_NUMBER=" 100 042 ", **PERSON), row(**SESSION, **PERSON))
    assert found.errors == []
    assert [session.number for session in found.sessions] == ["100042", None]
    existing = found.sessions[0]
    assert (existing.site, existing.date, existing.start_time) == ("", None, None)
    assert len(existing.candidates) == 1


def test_what_is_given_of_an_existing_session_is_checked():
    found = read(row(SESSION_NUMBER="100042", DATE="demain", **PERSON))
    assert codes(found.errors) == [(2, "DATE_INVALID")]


def test_a_person_twice_in_a_session_is_kept_once():
    found = read(
        row(**SESSION, **PERSON),
        row(**PERSON | {"BIRTH_NAME": "D’AUBIGNE", "FIRST_NAME": "paul"}),
        row(**PERSON | {"BIRTHDATE": "24/04/2010"}),
        row(**SESSION | {"ROOM": "B-112"}, **PERSON),
    )
    assert codes(found.warnings) == [(3, "CANDIDATE_REPEATED")]
    assert "ligne 2" in found.warnings[0].message
    assert [len(session.candidates) for session in found.sessions] == [2, 1]


def test_empty_lines_are_skipped():
    found = read("", row(**SESSION, **PERSON), ";" * 20, " ; ", row(**PERSON | {"SEX": "X"}))
    assert codes(found.errors) == [(6, "SEX_INVALID")]


def test_columns_are_found_by_name_in_any_order():
    order = [column for column in reversed(Column) if column != Column.PRICING]
    header = [f"{column.value.upper()} (aide)".replace("É", "e") for column in order]
    cells = {**SESSION, **PERSON}
    line = ";".join(cells.get(column.name, "") for column in order)
    found = read(line, header=header)
    assert found.errors == []
    assert found.sessions[0].candidates[0].birth_name == "D'Aubigné"


def test_more_columns_are_ignored():
    found = read(row(**SESSION, **PERSON) + ";oui;", header=[*HEADER, "Pix+ Droit", "CléA"])
    assert found.errors == []


def test_a_line_wider_than_the_header_is_not_guessed_at():
    assert (2, "ROW_TOO_WIDE") in codes(read(row(**SESSION, **PERSON) + ";oui").errors)


def test_a_missing_column():
    header = [label for label in HEADER if label != "* Prénom"]
    (fault,) = read(row(**SESSION, **PERSON), header=header).errors
    assert (fault.line, fault.column, fault.code) == (1, "Prénom", "COLUMN_MISSING")


def test_a_column_that_stands_twice():
    (fault,) = read(row(**SESSION, **PERSON), header=[*HEADER, "prenom"]).errors
    assert fault.code == "COLUMN_REPEATED"


def test_some_other_file():
    (fault,) = read("1;2", header=["Produit", "Prix"]).errors
    assert (fault.line, fault.column, fault.code) == (1, "", "HEADER_UNKNOWN")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=60))
def test_any_row_is_read_or_faulted(cells):
    quoted = ['"' + cell.replace('"', '""').replace("\0", "") + '"' for cell in cells]
    line = ";".join(quoted).encode("utf-8", "replace")
    found = imports.read(";".join(HEADER).encode() + b"\n" + line, "liste.csv")
    assert bool(found.errors) or bool(found.sessions)
