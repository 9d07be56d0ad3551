"""The kits and the attendance sheets of several sessions, each kind in one PDF."""

from datetime import time

import pytest

from incidents import admin_papers, papers
from sessions_app.models import Session
from tests import factories
from tests.admin_page import text, url
from tests.pdf import Pdf

pytestmark = pytest.mark.django_db
LIST = url("sessions_app_session")
ACTIONS = {"print_kits": "kits", "print_attendance": "emargements"}


@pytest.fixture
def rooms(client) -> list[Session]:
    """Three sessions of one day, the last hour first, whose administrator is logged in."""
    center = factories.center()
    client.force_login(factories.head(center))
    return [
        factories.session(center=center, room=f"Salle {hour}", start_time=time(hour))
        for hour in (14, 10, 9)
    ]


def printed(client, sessions, action: str):
    chosen = [session.pk for session in sessions]
    return client.post(LIST, {"action": action, "_selected_action": chosen}, follow=True)


@pytest.mark.parametrize("action", ACTIONS)
def test_one_file_in_the_order_of_the_day(client, rooms, action):
    people = [factories.candidate(room) for room in rooms]
    response = printed(client, rooms, action)
    assert response["Content-Type"] == "application/pdf"
    named = f'attachment; filename="{ACTIONS[action]}.pdf"'
    assert response["Content-Disposition"] == named
    assert "no-store" in response["Cache-Control"]
    words = Pdf(response.content).text
    places = [words.index(f"Salle {hour}") for hour in (9, 10, 14)]
    assert places == sorted(places)
    if action == "print_attendance":
        assert all(person.birth_name.upper() in words for person in people)


def test_each_kit_has_its_own_codes_and_pages_and_begins_on_a_sheet(client, rooms):
    pdf = Pdf(printed(client, rooms, "print_kits").content)
    assert len(pdf.shown) == 4 + 4 + 3  # three pages, and the back of the last sheet
    for room, first in zip(reversed(rooms), (0, 4, 8), strict=True):
        sheet = [pdf.page_text(first + at) for at in range(3)]
        for at, page in enumerate(sheet, start=1):
            assert f"Page {at} sur 3" in page
            assert f"Session {room.spaced_number}".replace("\xa0", " ") in page
        unspaced = [page.replace(" ", "") for page in sheet]
        assert room.supervisor_code in unspaced[0]
        assert room.access_code in unspaced[2]
        others = [other.supervisor_code for other in rooms if other != room]
        assert not any(code in "".join(unspaced) for code in others)


def test_sheets_of_many_candidates_count_their_own_pages(rooms):
    for _ in range(21):
        factories.candidate(rooms[0])
    pdf = Pdf(papers.attendance_pdf(rooms[:2]))
    assert [pdf.page_text(at).count("sur 2") for at in (0, 1)] == [1, 1]
    assert "Page 1 sur 1" in pdf.page_text(2)


@pytest.mark.parametrize("action", ACTIONS)
def test_no_session_of_another_centre_is_printed(client, rooms, action):
    theirs = factories.session(room="Ailleurs")
    words = Pdf(printed(client, [rooms[0], theirs], action).content).text
    assert "Salle 14" in words
    assert "Ailleurs" not in words


@pytest.mark.parametrize("action", ACTIONS)
def test_too_many_at_once_are_refused_in_one_sentence(client, rooms, action, monkeypatch):
    monkeypatch.setattr(admin_papers, "MOST_SESSIONS", 2)
    page = printed(client, rooms, action)
    assert page["Content-Type"].startswith("text/html")
    assert "Choisissez 2 sessions au plus" in text(page)
