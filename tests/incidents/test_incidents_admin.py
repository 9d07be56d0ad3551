"""Incidents in the admin: found by session, author and state, at the same cost for any number."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import services as incidents
from incidents.models import Incident
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/incidents/incident/"


def noted(room, by, text: str) -> Incident:
    incidents.note_room_incident(room, user=by, category="C7", text=text)
    return Incident.objects.latest("pk")


@pytest.fixture
def lines(client, room, by):
    """Four lines: one stands, one was corrected by a second, one is struck out; and who reads."""
    noted(room, by, "Bruit dans le couloir.")
    first = noted(room, by, "Chaud.")
    incidents.correct_incident(room, incident=first, user=by, category="C8", text="Trop chaud.")
    other = factories.session(center=room.center)
    wrong = noted(other, factories.supervisor(other), "Rien du tout.")
    incidents.withdraw_incident(other, incident=wrong, user=wrong.author)
    client.force_login(factories.user(admin=True))
    return {"room": room, "other": other, "by": by, "wrong": wrong}


def shown(client, **chosen) -> list[tuple[str, str]]:
    """Category and state of each row, in the order of their writing."""
    response = client.get(LIST, chosen)
    assert response.status_code == 200, chosen
    page = BeautifulSoup(response.content, "html.parser")
    rows = page.select("#result_list tbody tr")
    cells = [
        [row.select_one(f".field-{name}") for name in ("category", "standing")] for row in rows
    ]
    return sorted((category.text[:2], standing.text) for category, standing in cells)


STANDS, CORRECTED, WITHDRAWN = ("en vigueur", "corrigé", "noté par erreur")
OF_ROOM = [("C7", CORRECTED), ("C7", STANDS), ("C8", STANDS)]
OF_OTHER = [("C7", CORRECTED), ("C7", WITHDRAWN)]


def test_every_line_tells_its_state(client, lines):
    assert shown(client) == sorted(OF_ROOM + OF_OTHER)


def test_by_session_and_by_author(client, lines):
    assert shown(client, session__id__exact=lines["room"].pk) == OF_ROOM
    assert shown(client, session__id__exact=lines["other"].pk) == OF_OTHER
    assert shown(client, author__id__exact=lines["by"].pk) == OF_ROOM
    assert shown(client, author__id__exact=lines["wrong"].author_id) == OF_OTHER


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        ("stands", [("C7", STANDS), ("C8", STANDS)]),
        ("corrected", [("C7", CORRECTED)] * 2),
        ("withdrawn", [("C7", WITHDRAWN)]),
    ],
)
def test_by_state(client, lines, standing, expected):
    assert shown(client, standing=standing) == expected


def test_only_those_of_the_centre_are_offered(client, lines):
    elsewhere = factories.session()
    noted(elsewhere, factories.supervisor(elsewhere, name="Mme Ailleurs"), "Ailleurs.")
    staff = factories.head(lines["room"].center)
    client.force_login(staff)
    page = client.get(LIST).content.decode()
    assert str(lines["room"]) in page
    assert str(elsewhere) not in page
    assert "Mme Ailleurs" not in page


def test_the_cost_does_not_grow(client, lines):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    counts = [count()]
    for _ in range(12):
        room = factories.session()
        by = factories.supervisor(room)
        line = noted(room, by, "Un de plus.")
        incidents.correct_incident(room, incident=line, user=by, category="C8", text="Corrigé.")
        noted(room, by, "Encore un.")
    counts.append(count())
    assert counts[0] == counts[1]
