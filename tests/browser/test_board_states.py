"""Every state of the board is accessible, and no update takes what one is doing away."""

import random
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from candidates import presence, seat_services, services
from candidates.access import Seat
from incidents import services as incidents
from sessions_app import clock
from tests import factories

from .lines import expect_pulse, expect_version, open_room
from .people import LAPTOP, PHONE

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}
ZOOMED = {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
TYPING = """() => {
  const active = document.activeElement;
  return [active.id || active.name, active.selectionStart, active.selectionEnd, active.value,
          Math.round(active.getBoundingClientRect().top), active.scrollTop];
}"""


def fill(room, by, many: int) -> list:
    """Some who wait, who work, who have finished; three who need somebody for other reasons."""
    people = []
    for at in range(many):
        if at % 9 == 4:
            people.append(factories.waiting(room, extra_time_percent=33))
        elif at % 13 == 6:
            people.append(factories.candidate(room))
        elif at % 10 == 7:
            people.append(factories.finished(room, by))
        else:
            people.append(factories.running(room, by))
    running = [each for each in people if each.state == "in_progress"]
    if len(running) > 3:
        incidents.raise_alert(running[0], factories.seat_of(running[0]), subject="image")
        services.add_time(running[1], user=by, minutes=10)
        presence.leave(running[2].pk, clock.now() - timedelta(seconds=30), node="")
        seat_services.join(running[3], Seat(running[3].pk, "another-computer"))
    return people


def change(room, by, people, turns: int, seed: int = 5) -> None:
    """Events of several kinds, rows that come, grow, go over and leave."""
    luck = random.Random(seed)
    for turn in range(turns):
        each = factories.fresh(luck.choice(people))
        if turn % 40 == 13:
            services.pause_room(room, user=by)
            services.resume_room(room, user=by)
        elif each.state == "not_started" and each.authorized_until is None:
            services.authorize_start(each, user=by)
        elif each.state == "not_started":
            services.withdraw_start(each, user=by)
        elif each.state == "in_progress":
            services.add_time(each, user=by, minutes=1)
        elif turn % 3 == 0:
            factories.waiting(room)


@pytest.mark.parametrize(
    ("many", "scheme", "sizes"),
    [
        (0, "light", [PHONE]),
        (0, "dark", [LAPTOP]),
        (1, "dark", [PHONE]),
        (30, "light", [PHONE, LAPTOP]),
        (30, "dark", [TABLET]),
        (150, "light", [LAPTOP]),
    ],
)
def test_few_and_many(browser, site, room, by, many, scheme, sizes):
    people = fill(room, by, many)
    person, _ = open_room(browser, site, room, color_scheme=scheme)
    for size in sizes:
        person.page.set_viewport_size(size)
        person.accessible(f"{many} at {size['width']} in {scheme}")
    if many == 30:
        change(room, by, people, 50)
        expect_version(person, room)
        person.accessible("after 50 live events")
    assert person.errors == []


def test_at_400_percent(browser, site, room, by):
    """Nothing is cut, nothing scrolls sideways, all is in reach."""
    people = fill(room, by, 30)
    person, _ = open_room(browser, site, room, size=ZOOMED)
    page = person.page
    person.accessible("400 %")
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]
    person.open_sheet(people[0])
    person.accessible("a dialog at 400 %")
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choisir", exact=True).click()
    person.accessible("choosing at 400 %")
    assert page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_longer_live_and_refused(browser, site, room, by, scheme):
    people = fill(room, by, 12)
    person, line = open_room(browser, site, room, size=TABLET, clock=True, color_scheme=scheme)
    page = person.page
    line.is_black = True
    page.clock.run_for(27_000)
    expect_pulse(person, "stale")
    expect(page.locator("#pulse")).to_contain_text("connexion perdue depuis 0:2")
    person.accessible("stale")
    person.row(people[4]).get_by_role("button", name="Autoriser").click(force=True)
    expect(page.locator("#notices [role=alert]")).to_contain_text("n’est pas à jour")
    person.accessible("an error is shown")
    line.is_black = False
    page.clock.run_for(20_000)
    expect_pulse(person, "on")
    expect(page.locator("[aria-disabled=true]")).to_have_count(0)
    person.accessible("live again")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialog_menu_and_notice(browser, site, room, by, scheme):
    people = fill(room, by, 12)
    person, _ = open_room(browser, site, room, size=TABLET, color_scheme=scheme)
    page = person.page
    page.get_by_label("Actions sur la salle").click()
    person.accessible("menu")
    page.keyboard.press("Escape")
    for each in people[:4]:
        person.open_sheet(each)
        for fold in person.sheet().locator("summary").all():
            fold.click()
        person.accessible(f"dialog of {each.get_state_display()}")
        page.keyboard.press("Escape")


def test_forced_colours(browser, site, room, by):
    fill(room, by, 12)
    person, _ = open_room(browser, site, room, forced_colors="active")
    person.accessible("forced colours")
    edges = person.page.locator("#needs-me > .row").first.evaluate(
        "node => getComputedStyle(node).borderTopWidth"
    )
    assert edges == "3px"


@pytest.mark.parametrize("where", ["search", "dialog"])
def test_two_hundred_events_while_typing(browser, site, room, by, where):
    people = fill(room, by, 20)
    person, _ = open_room(browser, site, room)
    page = person.page
    if where == "dialog":
        person.open_sheet(people[0])
        person.sheet().get_by_text("Noter un incident", exact=True).click()
        field = person.sheet().get_by_label("Ce qui s’est passé")
    else:
        field = page.locator("#search")
    field.fill("Durand, élise")
    field.evaluate("node => node.setSelectionRange(2, 6)")
    before = page.evaluate(TYPING)
    for seed in range(4):
        change(room, by, people, 50, seed)
        expect_version(person, room)
        assert page.evaluate(TYPING) == before
    assert before[1:3] == [2, 6]
    page.keyboard.type("x")
    expect(field).to_have_value("Dux, élise")
