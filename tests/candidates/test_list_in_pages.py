"""The list of a session in the admin, in pages: nothing typed is lost, nothing else is touched."""

import pytest
from bs4 import BeautifulSoup

from candidates import admin_pages
from candidates.models import Candidate
from sessions_app.models import Session, SessionEvent
from tests import factories
from tests.admin_page import fields, text, url

pytestmark = pytest.mark.django_db
LETTERS = "ABCDEFG"


@pytest.fixture(autouse=True)
def _three_to_a_page(monkeypatch):
    monkeypatch.setattr(admin_pages, "LINES", 3)


@pytest.fixture
def room(client) -> Session:
    """Seven people, so three pages, whose administrator is logged in."""
    session = factories.session()
    client.force_login(factories.head(session.center))
    for letter in reversed(LETTERS):
        factories.candidate(session, birth_name=f"Nom {letter}", first_name="Zoé")
    return session


def page_of(room: Session, number: int | str | None = None) -> str:
    address = url("sessions_app_session", "change", room.pk)
    return address if number is None else f"{address}?candidates={number}"


def shown(html: bytes) -> str:
    """The letters of the people on this page."""
    data = fields(html, "session_form")
    names = [value for name, value in data.items() if name.endswith("-birth_name") and value]
    return "".join(name[-1] for name in names)


def names(room: Session) -> list[str]:
    return list(room.candidates.order_by("pk").values_list("birth_name", flat=True))


@pytest.mark.parametrize(
    ("asked", "people"),
    [(None, "ABC"), (1, "ABC"), (2, "DEF"), (3, "G"), (4, "G"), (0, "ABC"), (-1, "ABC"),
     ("x", "ABC"), ("²", "ABC"), ("9" * 30, "ABC"), ("", "ABC")],
)  # fmt: skip
def test_a_page_shows_its_own_lines(client, room, asked, people):
    response = client.get(page_of(room, asked))
    assert response.status_code == 200
    assert shown(response.content) == people


def test_it_says_which_ones_and_where_the_others_are(client, room):
    response = client.get(page_of(room, 2))
    assert "Candidats 4 à 6 sur 7" in text(response)
    page = BeautifulSoup(response.content, "html.parser").select_one("nav.pages")
    assert page.select_one("[aria-current]").text == "4 à 6"
    buttons = [(each["value"], each.text) for each in page.select("button[name=_continue]")]
    assert buttons == [("1", "1 à 3"), ("3", "7 à 7")]


def test_a_list_of_one_page_has_no_pages(client):
    room = factories.session()
    client.force_login(factories.head(room.center))
    factories.candidate(room)
    page = client.get(page_of(room)).content.decode()
    assert 'class="pages"' not in page
    assert "par ordre alphabétique" not in page


def test_turning_the_page_saves_what_was_typed(client, room):
    data = fields(client.get(page_of(room, 2)).content, "session_form")
    data |= {"candidates-1-first_name": "Nadia", "room": "Autre salle", "_continue": "3"}
    response = client.post(page_of(room, 2), data)
    assert (response.status_code, response["Location"]) == (302, page_of(room, 3))
    changed = Candidate.objects.filter(first_name="Nadia").values_list("birth_name", flat=True)
    assert list(changed) == ["Nom E"]
    assert (len(names(room)), Session.objects.get(pk=room.pk).room) == (7, "Autre salle")


def test_turning_the_page_writes_nothing_when_nothing_was_typed(client, room):
    before = SessionEvent.objects.count()
    data = fields(client.get(page_of(room)).content, "session_form") | {"_continue": "2"}
    assert client.post(page_of(room), data)["Location"] == page_of(room, 2)
    assert SessionEvent.objects.count() == before


def test_saving_and_going_on_stays_on_the_page(client, room):
    data = fields(client.get(page_of(room, 2)).content, "session_form")
    response = client.post(page_of(room, 2), data | {"_continue": "Enregistrer et continuer"})
    assert response["Location"] == page_of(room, 2)


def test_a_fault_keeps_the_page_with_all_that_was_typed_and_saves_nothing(client, room):
    data = fields(client.get(page_of(room, 2)).content, "session_form")
    data |= {"candidates-0-first_name": "Nadia", "candidates-2-birthdate": "31/02/2010"}
    response = client.post(page_of(room, 2), data | {"_continue": "3"})
    assert response.status_code == 200
    assert shown(response.content) == "DEF"
    assert b'value="31/02/2010"' in response.content
    assert b'value="Nadia"' in response.content
    assert not Candidate.objects.filter(first_name="Nadia").exists()


@pytest.mark.parametrize("removed", [True, False], ids=["shorter", "longer"])
def test_the_list_may_move_between_reading_and_saving(client, room, removed):
    """Lines come back by their keys: a page that has moved saves what was seen."""
    data = fields(client.get(page_of(room, 2)).content, "session_form")
    if removed:
        room.candidates.filter(birth_name__in=["Nom A", "Nom B"]).delete()
    else:
        for name in ("Aa", "Ab", "Ac", "Ad"):
            factories.candidate(room, birth_name=name)
    data |= {"candidates-0-first_name": "Nadia", "candidates-2-first_name": "Anna"}
    assert client.post(page_of(room, 2), data | {"_continue": "1"}).status_code == 302
    changed = room.candidates.filter(first_name__in=["Nadia", "Anna"]).order_by("sort_key")
    assert [(each.birth_name, each.first_name) for each in changed] == [
        ("Nom D", "Nadia"),
        ("Nom F", "Anna"),
    ]


def test_a_person_of_another_page_is_not_enrolled_twice(client, room):
    data = fields(client.get(page_of(room, 2)).content, "session_form")
    person = Candidate.objects.get(birth_name="Nom A")
    data |= {
        "candidates-TOTAL_FORMS": "4",
        "candidates-3-birth_name": "Nom A",
        "candidates-3-first_name": "Zoé",
        "candidates-3-birthdate": f"{person.birthdate:%d/%m/%Y}",
        "candidates-3-extra_time_percent": "0",
    }
    response = client.post(page_of(room, 2), data)
    assert (response.status_code, len(names(room))) == (200, 7)
    assert "déjà inscrit" in text(response)


def test_lines_of_another_session_are_out_of_reach(client, room):
    other = factories.candidate(factories.session(center=room.center), birth_name="Ailleurs")
    data = fields(client.get(page_of(room, 2)).content, "session_form")
    data |= {"candidates-0-id": str(other.pk), "candidates-0-first_name": "Nadia"}
    client.post(page_of(room, 2), data)
    assert not Candidate.objects.filter(first_name="Nadia").exists()


def test_a_finalised_list_is_read_page_by_page(client, room):
    Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    response = client.get(page_of(room, 2))
    words = text(response)
    assert all(f"Nom {letter}" in words for letter in "DEF")
    assert "Nom G" not in words
    page = BeautifulSoup(response.content, "html.parser").select_one("nav.pages")
    assert [each["href"] for each in page.select("a")] == ["?candidates=1", "?candidates=3"]
    assert page.select("button") == []
