"""How many taps an intention takes, counted."""

import pytest
from playwright.sync_api import Locator, expect

from candidates.models import Candidate, TimeGrant
from sessions_app.models import Session
from tests import factories

from .lines import open_room
from .people import LAPTOP, PHONE, Supervisor

pytestmark = pytest.mark.browser

SIZES = [PHONE, {"width": 820, "height": 1180}, LAPTOP]


class Thumb:
    """Taps, and counts them."""

    def __init__(self) -> None:
        self.taps = 0

    def __call__(self, target: Locator) -> None:
        target.tap()
        self.taps += 1


def hold(browser, site, room, size) -> tuple[Supervisor, Thumb]:
    person, _ = open_room(browser, site, room, size=size, has_touch=True)
    return person, Thumb()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size["width"])
def test_start_a_room_of_thirty_in_three(browser, site, room, size):
    people = [factories.waiting(room) for _ in range(30)]
    person, tap = hold(browser, site, room, size)
    page = person.page
    tap(page.get_by_role("button", name="Choisir", exact=True))
    tap(page.get_by_role("button", name="Tous", exact=True))
    person.accessible("thirty chosen")
    tap(page.locator("#group").get_by_role("button", name="Autoriser le départ"))
    expect(page.locator("#needs-me > .row")).to_have_count(0)
    expect(page.locator("[data-flags~=authorized]")).to_have_count(len(people))
    expect(page.locator("#group")).to_be_hidden()
    assert tap.taps == 3
    assert Candidate.objects.exclude(authorized_until=None).count() == 30
    expect(page.locator("#live-status")).to_contain_text("Fait pour 30 candidats.")
    expect(page.get_by_role("button", name="Choisir", exact=True)).to_be_focused()
    assert person.errors == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size["width"])
def test_ten_minutes_to_four_in_six(browser, site, room, by, size):
    """One of them has just finished: who could not is named, with the reason."""
    people = [factories.running(room, by) for _ in range(3)]
    done = factories.finished(room, by)
    person, tap = hold(browser, site, room, size)
    page = person.page
    tap(page.get_by_role("button", name="Choisir", exact=True))
    for each in [*people, done]:
        tap(person.row(each).get_by_role("checkbox"))
    tap(page.get_by_role("button", name="Ajouter 10 minutes"))
    expect(page.locator("#notices")).to_contain_text("Fait pour 3 candidats, pas pour 1")
    expect(page.locator("#notices li")).to_contain_text(done.display_name)
    person.accessible("who could not is named")
    assert tap.taps == 6
    grants = TimeGrant.objects.values_list("candidate", "seconds")
    assert sorted(grants) == sorted((each.pk, 600) for each in people)


@pytest.mark.parametrize("reason", ["Alarme incendie", "Coupure du réseau"])
def test_pause_the_room_with_its_reason_in_three(browser, site, room, by, reason):
    factories.running(room, by)
    person, tap = hold(browser, site, room, PHONE)
    tap(person.page.get_by_label("Actions sur la salle"))
    tap(person.page.get_by_role("link", name="Toute la salle"))
    person.accessible("the reasons")
    tap(person.sheet().get_by_role("button", name=reason))
    expect(person.page.locator(".paused-room")).to_contain_text(reason)
    assert tap.taps == 3
    session = Session.objects.get(pk=room.pk)
    assert session.pause_reason == reason


def test_added_twice_is_meant_twice(browser, site, room, by):
    """The same choice, made again, is another intention; a double tap is one."""
    each = factories.running(room, by)
    person, tap = hold(browser, site, room, PHONE)
    page = person.page
    for _ in range(2):
        tap(page.get_by_role("button", name="Choisir", exact=True))
        tap(person.row(each).get_by_role("checkbox"))
        page.get_by_role("button", name="Ajouter 10 minutes").dblclick()
        expect(page.locator("#group")).to_be_hidden()
        page.wait_for_timeout(800)
    assert TimeGrant.objects.filter(candidate=each).count() == 2
