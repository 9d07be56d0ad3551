"""The renderer of all documents, and the supervisor's kit."""

import os
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st

from sessions_app import documents, kit
from sessions_app.document_text import MISSING, PRINTED, lines, printable
from sessions_app.refusals import Invalid
from tests import factories
from tests.pdf import Pdf, check_accessible, check_nothing_is_cut

AT = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
FACTS = {
    "number": "100\u00a0042",
    "center": "Collège",
    "site": "Collège",
    "room": "Salle 1",
    "day": "mardi 12 janvier 2027",
    "hour": "08:30",
    "supervisors": "",
}


def sheet(*names: str) -> bytes:
    people = [{"name": name, "born": "23/04/2010", "presence": "", "end": ""} for name in names]
    sessions = [{"facts": FACTS, "people": people}]
    return documents.render("attendance", {"title": "Essai", "sessions": sessions}, at=AT)


# What is printed of a text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("D’Aubigné-Łukasz", "D’Aubigné-Łukasz"),
        ("E\u0301lise", "Élise"),
        ("محمد", "محمد"),
        ("  deux \t mots\n", "deux mots"),
        ("25\u00a0%", "25\u00a0%"),
        ("a\u202eb\u2066c\u200f", "abc"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("ＡＢ", "AB"),
        ("日本", MISSING * 2),
        ("ok 🙂", f"ok {MISSING}"),
        ("e\u0301\u0302\u0303\u0304\u0305", "é\u0302\u0303"),
        ("a\u0651", "a"),
        ("#import $x$ <b>", "#import $x$ <b>"),
        ("intentionnellement", "intentionnellement"),
        ("x" * 25, "\u200b".join(["x" * 10, "x" * 10, "x" * 5])),
    ],
)
def test_printable(typed, shown):
    assert printable(typed) == shown


def test_lines_leave_out_the_empty_ones():
    assert lines("un\r\n\r\n \ndeux") == ["un", "deux"]


def test_every_sign_that_is_let_through_has_its_glyph():
    """In regular and in bold: PDF/UA refuses a document with a missing one."""
    signs = [chr(code) for code in range(0x20, 0x10000) if PRINTED.fullmatch(chr(code))]
    letters = [sign for sign in signs if unicodedata.category(sign) != "Mn"]
    rows = ["".join(letters[at : at + 20]) for at in range(0, len(letters), 20)]
    data = {"title": "Essai", "facts": FACTS, "people": [], "sentences": rows}
    for row in rows:
        data["people"].append({"name": row, "state": row, "end": "", "notes": []})
    pdf = Pdf(documents.render("room", data, at=AT))
    assert len(signs) > 1900
    for wanted in "éÉàçœŒÿ«»’…–—€ŁőșțİßåøñТΩأم":
        assert wanted in pdf.text


@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_whatever_is_typed_makes_a_document(names):
    assert sheet(*names).startswith(b"%PDF-")


# The renderer


def test_the_same_data_gives_the_same_bytes():
    assert sheet("Élise") == sheet("Élise")
    assert sheet("Élise") != sheet("Elise")


def test_it_leaves_no_file_and_reads_none_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    sheet('#read("/etc/passwd")', '#import "page.typ": *')
    assert os.listdir(tmp_path) == []
    used = {font for page in Pdf(sheet("Élise محمد")).reader.pages for font in _fonts(page)}
    assert {name.split("+")[1].split("-")[0] for name in used} == {
        "LibertinusSerif",
        "DejaVuSansMono",
    }


def _fonts(page) -> set[str]:
    return {font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()}


def test_a_document_beyond_all_measure_is_refused():
    with pytest.raises(Invalid, match="trop long"):
        sheet("x " * documents.LARGEST)


def test_templates_bring_in_nothing_from_elsewhere():
    for path in documents.FOLDER.glob("*.typ"):
        text = Path(path).read_text()
        assert "@preview" not in text
        assert "eval(" not in text


# The kit


@pytest.mark.django_db
def test_the_kit(client, room, by):
    client.force_login(by)
    response = client.get(
        f"/surveillance/{room.number}/kit.pdf", headers={"host": "localhost:8000"}
    )
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="kit-{room.number}.pdf"'
    assert "no-store" in response["Cache-Control"]
    pdf = check_accessible(response.content, "Kit du surveillant")
    check_nothing_is_cut(pdf)
    first, day, candidates = (pdf.page_text(number).replace(" ", "") for number in range(3))
    assert room.number in first
    assert room.number in candidates
    assert room.supervisor_code in first
    assert room.supervisor_code not in day + candidates, "candidates see that page"
    assert room.access_code in candidates
    assert "http://localhost:8000/surveillance/" in first
    assert "http://localhost:8000/candidat/" in candidates
    assert len(pdf.tagged("Figure")) == 2
    assert "Lestestscontinuentsansvous" in day
    assert len(pdf.shown) == 3


@pytest.mark.django_db
def test_the_kit_names_an_address_of_the_site_whatever_the_request_says(rf, settings):
    settings.ORIGINS = ["https://surveillance.example.org"]
    assert kit.origin_of(rf.get("/")) == "https://surveillance.example.org"


@pytest.mark.django_db
def test_the_kit_is_for_who_supervises(client, room):
    client.force_login(factories.supervisor(factories.session()))
    assert client.get(f"/surveillance/{room.number}/kit.pdf").status_code == 404


def test_a_qr_code_is_drawn_as_it_was_made():
    """Every square of it, read back from the page."""
    address = "https://surveillance.example.org/candidat/"
    made = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M)
    made.add_data(address)
    matrix = made.get_matrix()
    session = {"facts": FACTS, "supervisor_code": "X", "access_code": "Y"}
    data = {"title": "Kit", "sessions": [session], "instructions": []}
    verbatim = dict.fromkeys(("supervisors-code", "candidates-code"), kit.qr_code(address))
    verbatim |= {"supervisors": "a", "candidates": "b"}
    page = Pdf(documents.render("kit", data, at=AT, verbatim=verbatim)).shown[2]
    left, _bottom, right, top = _picture(page)
    scale = 4
    seen = page.render(scale=scale, grayscale=True)
    height, quiet = page.get_height(), 4
    size = (right - left) / (len(matrix) - 2 * quiet)
    for y, row in enumerate(matrix[quiet:-quiet]):
        for x, is_dark in enumerate(row[quiet:-quiet]):
            at_x = int((left + (x + 0.5) * size) * scale)
            at_y = int((height - top + (y + 0.5) * size) * scale)
            assert (seen.buffer[at_y * seen.stride + at_x] < 128) == is_dark


def _picture(page) -> tuple[float, float, float, float]:
    """The box of the black squares, which stand left of the words below the codes."""
    paths = [each for each in page.get_objects(max_depth=5) if each.type == 2]
    boxes = [each.get_bounds() for each in paths]
    return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
