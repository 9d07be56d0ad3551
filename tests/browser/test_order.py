"""The order of the rows: chosen, remembered, and held while somebody is at them."""

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import expect

from candidates import services
from candidates.models import Timer
from tests import factories

from .lines import expect_exact, expect_version, open_room
from .people import LAPTOP

pytestmark = pytest.mark.browser

NAMES = """id => [...document.querySelectorAll(`#${id} > .row .who strong`)]
  .map((node) => node.textContent)"""
TOP = "node => node.getBoundingClientRect().top"


@pytest.fixture
def people(room, by):
    """Five who work, by name; the last ends first."""
    names = ["Aubert", "Bernard", "Costa", "Dupuis", "Essome"]
    people = [factories.running(room, by, birth_name=name) for name in names]
    for minutes, each in enumerate(people):
        gone = timedelta(minutes=10 * minutes)
        Timer.objects.filter(candidate=each).update(
            started_at=F("started_at") - gone, ends_at=F("ends_at") - gone
        )
    return people


def order_by(page, label: str) -> None:
    page.get_by_label("Actions sur la salle").click()
    page.get_by_role("radio", name=label).check()
    page.keyboard.press("Escape")


def names(page, where: str = "room") -> list[str]:
    return page.evaluate(NAMES, where)


def test_by_name_status_or_remaining_time(browser, site, room, by, people):
    services.end_test(people[0], user=by, reason="Départ anticipé")
    factories.candidate(room, birth_name="Zola")
    person, _ = open_room(browser, site, room, size=LAPTOP)
    page = person.page
    assert names(page) == ["AUBERT", "BERNARD", "COSTA", "DUPUIS", "ESSOME", "ZOLA"]
    order_by(page, "par temps restant")
    assert names(page) == ["ESSOME", "DUPUIS", "COSTA", "BERNARD", "ZOLA", "AUBERT"]
    order_by(page, "par statut")
    assert names(page) == ["BERNARD", "COSTA", "DUPUIS", "ESSOME", "ZOLA", "AUBERT"]
    page.reload()
    assert names(page) == ["BERNARD", "COSTA", "DUPUIS", "ESSOME", "ZOLA", "AUBERT"]
    stored = page.evaluate("({...localStorage})")
    assert stored.pop("order") == "state"
    assert [key.split()[0] for key in stored] == ["alarmed"]  # and nothing else is kept there
    order_by(page, "par nom")
    expect_exact(person, room)
    assert person.errors == []


def test_a_row_does_not_move_under_the_pointer(browser, site, room, by, people):
    """Others leave, come and change their order; all falls into place when the pointer goes."""
    waiting = [factories.waiting(room, birth_name=name) for name in ("Weber", "Xavier", "Yilmaz")]
    person, _ = open_room(browser, site, room, size=LAPTOP)
    page, reorder = person.page, person.page.get_by_role("button", name="Réordonner")
    order_by(page, "par temps restant")
    button = person.row(waiting[1]).get_by_role("button", name="Autoriser")
    button.hover()
    top = button.evaluate(TOP)
    services.authorize_start(waiting[0], user=by)
    factories.waiting(room, birth_name="Zola")
    services.add_time(people[4], user=by, minutes=60)
    expect_version(person, room)
    assert abs(button.evaluate(TOP) - top) < 1
    assert names(page, "needs-me") == ["XAVIER", "YILMAZ", "ZOLA"]
    assert names(page)[0] == "ESSOME"  # its end hour is the last now
    expect(reorder).to_be_visible()
    person.accessible("a held order")

    page.mouse.move(2, 2)
    expect(reorder).to_be_hidden()
    assert button.evaluate(TOP) < top - 20
    assert names(page) == ["DUPUIS", "COSTA", "BERNARD", "AUBERT", "ESSOME", "WEBER"]
    order_by(page, "par nom")
    expect_exact(person, room)


def test_the_button_puts_the_rows_in_order_at_once(browser, site, room, by, people):
    """While choosing, nothing moves by itself; what is chosen stays chosen."""
    person, _ = open_room(browser, site, room)
    page, reorder = person.page, person.page.get_by_role("button", name="Réordonner")
    order_by(page, "par temps restant")
    page.get_by_role("button", name="Choisir", exact=True).click()
    person.row(people[4]).get_by_role("checkbox").check()
    services.add_time(people[4], user=by, minutes=60)
    expect_version(person, room)
    assert names(page)[0] == "ESSOME"
    reorder.click()
    assert names(page)[-1] == "ESSOME"
    expect(reorder).to_be_hidden()
    expect(person.row(people[4]).get_by_role("checkbox")).to_be_checked()


def test_keyboard_and_dialog_hold_too(browser, site, room, by, people):
    first, second = (factories.waiting(room) for _ in range(2))
    person, _ = open_room(browser, site, room, size=LAPTOP)
    page = person.page
    page.keyboard.press("Tab")
    person.row(second).get_by_role("button", name="Autoriser").focus()
    top = person.row(second).evaluate(TOP)
    services.authorize_start(first, user=by)
    expect_version(person, room)
    assert abs(person.row(second).evaluate(TOP) - top) < 1
    page.keyboard.press("Shift+Tab")
    page.locator("#search").focus()
    expect(page.locator(".gap")).to_have_count(0)
    assert person.row(second).evaluate(TOP) < top - 20

    person.open_sheet(people[0])
    services.withdraw_start(factories.fresh(first), user=by)
    services.authorize_start(second, user=by)
    expect_version(person, room)
    expect(page.locator(".gap")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("body.has-sheet")).to_have_count(0)  # the focus has come back
    page.locator("#search").focus()
    expect(page.locator(".gap")).to_have_count(0, timeout=12_000)  # the pointer rests there
    expect_exact(person, room)
