"""What leaves as CSV, XLSX and JSON, read back."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from candidates import services
from incidents import exports
from incidents import services as incidents
from incidents.session_export import session_data
from sessions_app import spreadsheets
from sessions_app.models import Session, SessionEvent
from tests import factories
from tests.hostile import HOSTILE
from tests.sessions_app.test_query_counts import Crowd

pytestmark = pytest.mark.django_db
FILES = ["incidents.csv", "incidents.xlsx", "journal.csv", "journal.xlsx", "session.json"]


def read(room) -> Session:
    return Session.objects.select_related("center").get(pk=room.pk)


def address(room, name: str) -> str:
    return f"/surveillance/{room.number}/exports/{name}"


def rows_of(response, name: str) -> list[dict]:
    if name.endswith("csv"):
        assert response.content.startswith(b"\xef\xbb\xbf")
        text = StringIO(response.content.decode("utf-8-sig"), newline="")
        return list(csv.DictReader(text, delimiter=";"))
    book = CalamineWorkbook.from_filelike(BytesIO(response.content))
    headings, *rows = book.get_sheet_by_index(0).to_python()
    return [dict(zip(headings, map(_text, row), strict=True)) for row in rows]


def _text(cell) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)


@pytest.mark.parametrize("name", ["incidents.csv", "incidents.xlsx"])
def test_incidents(client, room, by, name):
    person = factories.running(room, by, birth_name="D’Aubigné", first_name="Zoë")
    incidents.note_incident(person, user=by, category="E1", question=12, text="Œuvre\nfloue ; oui")
    incidents.note_room_incident(room, user=by, category="C7", text="Bruit")
    client.force_login(by)
    rows = rows_of(client.get(address(room, name)), name)
    assert [row["Candidat"] for row in rows] == ["D’AUBIGNÉ Zoë", "Toute la salle"]
    assert [row["Question"] for row in rows] == ["12", ""]
    assert rows[0]["Description"] == "Œuvre\nfloue ; oui"
    assert rows[0]["Suite"] == "valable"
    assert rows[0]["Date et heure"][10:11] == "T"


@pytest.mark.parametrize("name", ["journal.csv", "journal.xlsx"])
def test_journal(client, room, by, name):
    person = factories.running(room, by)
    services.add_time(person, user=by, minutes=5, reason="Dyslexie")
    client.force_login(by)
    response = client.get(address(room, name))
    rows = rows_of(response, name)
    events = list(SessionEvent.objects.filter(session=room).order_by("version"))
    assert [row["N°"] for row in rows] == [str(event.version) for event in events]
    assert rows[-1]["Événement"] == "temps ajouté"
    assert json.loads(rows[-1]["Détails"])["minutes"] == 5
    assert not [row for row in rows if "Dyslexie" in row["Détails"]]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_is_a_formula(text, kind):
    table = spreadsheets.Table("Essai", ["a", "b"], [[text, 3]])
    content = {"csv": spreadsheets.as_csv, "xlsx": spreadsheets.as_xlsx}[kind](table)
    if kind == "csv":
        ((_, _), (cell, number)) = csv.reader(
            StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"
        )
    else:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        (_, (cell, number)) = book.get_sheet_by_index(0).to_python()
    assert int(number) == 3
    assert cell[:1] not in set("=+-@\t\r\n")
    assert cell.lstrip()[:1] not in set("=+-@")
    assert "\u202e" not in cell
    assert "\x07" not in cell


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@A1", "\t=1", "\r=1", " =1", "＝1", "\n-2"])
def test_what_begins_like_a_formula_is_quoted(cell):
    assert spreadsheets.harmless(cell).startswith("'")


@pytest.mark.parametrize("cell", ["", "Élise", "a=b", "12:30", "1-2", 0, -3])
def test_what_does_not_stays_as_it_is(cell):
    assert spreadsheets.harmless(cell) == cell


def test_a_workbook_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken():
        yield ["a"]
        raise ZeroDivisionError

    spreadsheets.as_xlsx(spreadsheets.Table("Essai", ["a"], [["b"]]))
    with pytest.raises(ZeroDivisionError):
        spreadsheets.as_xlsx(spreadsheets.Table("Essai", ["a"], broken()))
    assert list(tmp_path.iterdir()) == []


def test_the_whole_session_holds_what_happened_and_no_way_in(client, room, by):
    person = factories.running(room, by, birth_name="Zylberstein")
    services.add_time(person, user=by, minutes=5, reason="Dyslexie")
    incidents.raise_alert(factories.fresh(person), factories.seat_of(person), subject="image")
    incidents.accept_alert(factories.fresh(person), user=by, category="E11", text="Vu")
    client.force_login(by)
    response = client.get(address(room, "session.json"))
    data = json.loads(response.content)
    assert (data["schema"], data["schema_version"]) == ("pix-surveillance/session", 1)
    assert data["candidates"][0]["birth_name"] == "Zylberstein"
    assert data["candidates"][0]["time_grants"][0]["seconds"] == 300
    assert data["candidates"][0]["alerts"][0]["outcome"] == "accepted"
    assert [each["category"] for each in data["incidents"]] == ["E11"]
    assert len(data["events"]) == data["session"]["version"] == read(room).version
    text = response.content.decode()
    for secret in (room.supervisor_code, room.access_code, factories.seat_of(person).token):
        assert secret not in text
    assert "Dyslexie" not in text
    assert not {"seat", "waiting_seat", "node", "access_code", "supervisor_code"} & keys(data)


def keys(value) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


def test_every_key_is_documented(room, by, settings):
    person = factories.running(room, by)
    services.add_time(person, user=by, minutes=5)
    told = (settings.ROOT / "docs" / "exports.md").read_text()
    data = session_data(read(room))
    for event in data["events"]:
        event["data"] = {}
    assert [key for key in sorted(keys(data)) if f"`{key}`" not in told] == []


@pytest.mark.parametrize("name", FILES)
def test_the_same_queries_whatever_the_room(client, name):
    counts = []
    for crowd in (Crowd(1), Crowd(3), Crowd(30)):
        client.force_login(crowd.by)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(crowd.room, name)).status_code == 200
        counts.append(len(captured))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 20


@pytest.mark.parametrize("name", FILES)
def test_files_are_for_who_supervises(client, room, by, name):
    client.force_login(by)
    response = client.get(address(room, name))
    kept = response["Content-Disposition"]
    stem, kind = name.split(".")
    assert kept == f'attachment; filename="{stem}-{room.number}.{kind}"'
    assert "no-store" in response["Cache-Control"]
    client.force_login(factories.supervisor(factories.session()))
    assert client.get(address(room, name)).status_code == 404


def test_a_name_that_is_a_formula_is_harmless_in_the_file(client, by, room):
    factories.running(room, by, birth_name="=1+1", first_name="@x")
    client.force_login(by)
    rows = rows_of(client.get(address(room, "journal.csv")), "journal.csv")
    assert "'=1+1 @x" in {row["Candidat"] for row in rows}
    assert exports.JOURNAL[4] == "Candidat"
