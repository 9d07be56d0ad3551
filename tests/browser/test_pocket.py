"""The supervisor's phone in the pocket: one alarm for one need, an honest page without network."""

import re

import pytest
from playwright.sync_api import expect

from candidates import seat_services
from tests import factories

from .people import PHONE, Supervisor, check_accessible

# Counts what the device is asked to do; a headless browser has neither sound nor motor.
COUNTED = """
window.asked = {sounds: 0, vibrations: 0, notices: []};
window.AudioContext = class {
  currentTime = 0;
  destination = {};
  resume() {}
  createGain() {
    return {gain: {setValueAtTime() {}, exponentialRampToValueAtTime() {}}, connect: (to) => to};
  }
  createOscillator() {
    const start = () => { window.asked.sounds += 1; };
    return {frequency: {}, connect: (to) => to, start, stop() {}};
  }
};
navigator.vibrate = () => { window.asked.vibrations += 1; return true; };
ServiceWorkerRegistration.prototype.showNotification = async (head, options) => {
  window.asked.notices.push(`${head} · ${options.body}`);
};
"""
NOTES = 3  # of the usual tune
KEPT = "caches.open('last-room').then((all) => all.keys()).then((keys) => keys.length)"
pytestmark = pytest.mark.browser


@pytest.fixture
def room(transactional_db):
    return factories.session()


@pytest.fixture
def people(room, by):
    return [factories.candidate(room, birth_name=name) for name in ("Costa", "Gillet", "Nguyen")]


@pytest.fixture
def someone(browser, site, room, by, people):
    person = Supervisor(browser, site, permissions=["notifications"])
    person.context.add_init_script(COUNTED)
    person.log_in(by.email)
    person.enter(room.number, room.supervisor_code)
    yield person
    assert person.errors == []
    person.context.close()


def ask_to_start(candidate) -> None:
    seat_services.join(candidate, factories.seat_of(candidate))


def waiting(person, count: int) -> None:
    expect(person.page.locator("#needs-me .row")).to_have_count(count)


def asked(page) -> dict:
    return page.evaluate("window.asked")


def becomes_true(page, expression: str) -> None:
    """Asked again and again from here: the page's own policy forbids to evaluate texts in it."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def open_settings(person):
    person.page.locator("#room-menu > summary").click()
    person.page.get_by_role("button", name="Réglages de l’appareil").click()
    return person.page.locator("#device")


def test_one_alarm_for_one_need(someone, people):
    page = someone.page
    ask_to_start(people[0])
    waiting(someone, 1)
    becomes_true(page, "window.asked.vibrations === 1")
    assert asked(page)["sounds"] == NOTES
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    # The row is redrawn, and the whole board comes anew.
    factories.candidate(people[0].session)
    someone.context.set_offline(True)
    expect(page.locator("#pulse")).to_have_attribute("data-live", "stale", timeout=40_000)
    someone.context.set_offline(False)
    expect(page.locator("#pulse")).to_have_attribute("data-live", "on", timeout=40_000)
    assert asked(page)["vibrations"] == 1
    page.reload()
    waiting(someone, 1)
    ask_to_start(people[1])
    waiting(someone, 2)
    becomes_true(page, "window.asked.vibrations === 1")  # of the second one only


def test_two_tabs_make_one_alarm(someone, people):
    other = someone.context.new_page()
    other.goto(someone.page.url)
    expect(other.locator("#pulse")).to_have_attribute("data-live", "on")
    ask_to_start(people[0])
    for page in (someone.page, other):
        expect(page.locator("#needs-me .row")).to_have_count(1)
    ask_to_start(people[1])
    for page in (someone.page, other):
        expect(page.locator("#needs-me .row")).to_have_count(2)
    other.wait_for_timeout(500)
    assert sum(asked(page)["vibrations"] for page in (someone.page, other)) == 2


def test_two_tabs_remind_once(someone, people):
    ask_to_start(people[0])
    waiting(someone, 1)
    open_settings(someone).get_by_label("Rappeler toutes les").check()
    someone.context.clock.install()
    tabs = [someone.context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(someone.page.url)
        expect(tab.locator("#needs-me .row")).to_have_count(1)
        expect(tab.locator("#pulse")).to_have_attribute("data-live", "on")
    someone.page.close()
    someone.context.clock.run_for(125_000)  # for both
    tabs[0].wait_for_timeout(500)
    assert sum(asked(tab)["sounds"] for tab in tabs) == NOTES


def test_the_settings_of_the_device(someone, people):
    dialog = open_settings(someone)
    expect(dialog).to_be_visible()
    check_accessible(someone.page, "device settings")
    dialog.get_by_role("button", name="Essayer le son").click()
    assert asked(someone.page)["sounds"] == NOTES
    dialog.get_by_label("Volume").select_option("Fort")
    assert asked(someone.page)["sounds"] == 2 * NOTES
    dialog.get_by_label("Mode silencieux").check()
    dialog.get_by_role("button", name="Fermer").click()
    expect(someone.page.locator("#room-menu > summary")).to_be_focused()
    someone.page.reload()
    expect(open_settings(someone).get_by_label("Mode silencieux")).to_be_checked()
    someone.page.keyboard.press("Escape")
    ask_to_start(people[0])
    waiting(someone, 1)
    someone.page.wait_for_timeout(300)
    told = asked(someone.page)
    assert (told["sounds"], told["vibrations"]) == (0, 0)


def test_where_the_browser_keeps_nothing_the_settings_hold_until_the_page_is_left(someone, people):
    page = someone.page
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full'); };")
    page.reload()
    dialog = open_settings(someone)
    dialog.get_by_label("Vibrer").uncheck()
    dialog.get_by_role("button", name="Fermer").click()
    ask_to_start(people[0])
    waiting(someone, 1)
    becomes_true(page, f"window.asked.sounds === {NOTES}")
    assert asked(page)["vibrations"] == 0


def test_a_page_in_the_background_notifies_and_names_nobody(someone, people):
    dialog = open_settings(someone)
    dialog.get_by_label("Notifier").check()
    someone.page.keyboard.press("Escape")
    someone.page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    ask_to_start(people[0])
    becomes_true(someone.page, "window.asked.notices.length === 1")
    assert asked(someone.page)["notices"] == ["Une demande à traiter · départ demandé"]


def test_without_network_the_last_room_is_shown_with_its_age(someone, people, site):
    page = someone.page
    ask_to_start(people[0])
    waiting(someone, 1)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    waiting(someone, 1)
    becomes_true(page, KEPT)
    someone.context.set_offline(True)
    page.reload(wait_until="domcontentloaded")
    expect(page.get_by_text("La salle telle qu’elle était à")).to_be_visible()
    expect(page.get_by_text("COSTA")).to_be_visible()
    assert page.locator("form, button, a, input").count() == 0
    check_accessible(page, "offline room")
    someone.context.set_offline(False)
    expect(page.locator("#pulse")).to_have_attribute("data-live", "on", timeout=15_000)
    page.goto(f"{site}/compte/logout/")
    becomes_true(page, "caches.has('last-room').then((has) => !has)")
    someone.errors[:] = [each for each in someone.errors if "ERR_" not in each]


def test_it_can_be_installed(someone, site):
    page = someone.page
    href = page.locator("link[rel=manifest]").get_attribute("href")
    manifest = page.request.get(site + href)
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    told = manifest.json()
    assert (told["start_url"], told["display"]) == ("/surveillance/", "standalone")
    for icon in told["icons"]:
        assert page.request.get(site + icon["src"]).ok
    assert page.viewport_size == PHONE
