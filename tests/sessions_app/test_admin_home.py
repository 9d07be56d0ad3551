"""The first page of the admin, and what is done to sessions from their list."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.models import Candidate
from sessions_app.models import Session, SessionEvent
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/sessions_app/session/"


def a_room(center, **fields) -> Session:
    today = timezone.now().astimezone(Session(center=center).zone).date()
    return factories.session(center=center, date=today, **fields)


@pytest.fixture
def center():
    return factories.center(name="Mon centre")


@pytest.fixture
def browser(center):
    browser = Client()
    browser.force_login(factories.head(center))
    return browser


def home(browser) -> str:
    return browser.get(reverse("admin:index")).content.decode()


def test_the_sessions_of_the_day_as_they_live(browser, center):
    room = a_room(center, room="Salle bleue")
    by = factories.supervisor(room)
    factories.waiting(room)
    factories.running(room, by)
    factories.session(center=center, room="Salle d’un autre jour")
    elsewhere = factories.center(name="Autre centre")
    a_room(elsewhere, room="Salle cachée")
    page = home(browser)
    assert "Salle bleue" in page
    assert "1\u00a0départ à autoriser" in page
    for path in ("board", "kit-pdf", "attendance-pdf"):
        assert reverse(path, args=[room.number]) in page
    for hidden in ("Salle cachée", "Autre centre", "Salle d’un autre jour"):
        assert hidden not in page


def test_a_day_without_sessions_says_what_to_do(browser):
    page = home(browser)
    assert "Aucune session aujourd’hui" in page
    assert reverse("admin:sessions_app_session_import") in page


def test_the_home_costs_the_same_for_one_session_and_for_three(browser, center):
    counts = []
    for rooms in (1, 2):
        for _ in range(rooms):
            room = a_room(center)
            factories.running(room, factories.supervisor(room))
        with CaptureQueriesContext(connection) as queries:
            home(browser)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def do(browser, action: str, *sessions: Session):
    body = {"action": action, "_selected_action": [each.pk for each in sessions]}
    return browser.post(LIST, body, follow=True).content.decode()


def test_a_session_is_opened_once(browser, center):
    room = a_room(center)
    Session.objects.update(state=Session.State.PLANNED)
    for _ in range(2):
        assert "est ouverte" in do(browser, "open_sessions", room)
    assert Session.objects.get().state == Session.State.OPEN
    assert [event.type for event in SessionEvent.objects.all()] == ["session_opened"]


def test_the_access_code_is_renewed_and_who_has_joined_stays(browser, center):
    room = a_room(center)
    person = factories.waiting(room)
    do(browser, "renew_access_code", room)
    fresh = Session.objects.get()
    assert fresh.access_code != room.access_code
    assert fresh.supervisor_code == room.supervisor_code
    assert Candidate.objects.get().seat == person.seat


@pytest.mark.parametrize("action", ["open_sessions", "renew_access_code", "renew_supervisor_code"])
def test_nothing_of_a_finalised_session_changes(browser, center, action):
    room = a_room(center)
    Session.objects.update(state=Session.State.FINALIZED)
    before = Session.objects.values().get()
    assert "est finalisée" in do(browser, action, room)
    assert Session.objects.values().get() == before


@pytest.mark.parametrize(("action", "people"), [("with", 2), ("without", 0)])
def test_a_copy_has_its_own_number_and_codes(browser, center, action, people):
    room = a_room(center, room="Salle bleue", duration_minutes=60)
    by = factories.supervisor(room)
    factories.running(room, by, extra_time_percent=33)
    factories.candidate(room)
    page = do(browser, f"duplicate_{action}_list", room)
    twin = Session.objects.exclude(pk=room.pk).get()
    assert twin.spaced_number in page
    assert (twin.room, twin.duration_minutes, twin.state) == ("Salle bleue", 60, "planned")
    for name in ("number", "access_code", "supervisor_code", "epoch"):
        assert getattr(twin, name) != getattr(room, name)
    copied = list(twin.candidates.order_by("pk"))
    assert len(copied) == people
    assert {each.state for each in copied} <= {"not_started"}
    if people:
        assert copied[0].extra_time_percent == 33
        assert not copied[0].seat


def test_actions_reach_ones_own_centres_only(browser):
    room = a_room(factories.center(name="Autre centre"))
    do(browser, "renew_access_code", room)
    do(browser, "duplicate_with_list", room)
    assert Session.objects.get().access_code == room.access_code


def test_the_codes_can_be_copied(browser, center):
    room = a_room(center)
    page = browser.get(
        reverse("admin:sessions_app_session_change", args=[room.pk])
    ).content.decode()
    assert page.count('class="copy"') == 2
    assert f'data-code="{room.supervisor_code}"' in page
    assert reverse("attendance-pdf", args=[room.number]) in page
