"""What a screen reader is told of the room: sentences, at most one each five seconds."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from candidates import services
from incidents import services as incidents
from tests import factories

from .lines import expect_version, open_room

pytestmark = pytest.mark.browser

LISTEN = """() => {
  window.spoken = [];
  for (const id of ["live-status", "live-urgent"]) {
    const region = document.getElementById(id);
    new MutationObserver(() => window.spoken.push([id, region.textContent, performance.now()]))
      .observe(region, { childList: true, characterData: true, subtree: true });
  }
}"""


def spoken(page, where: str) -> list[tuple[str, float]]:
    return [(text, at) for region, text, at in page.evaluate("window.spoken") if region == where]


def test_a_burst_is_one_sentence(browser, site, room, by):
    person, _ = open_room(browser, site, room)
    page = person.page
    page.evaluate(LISTEN)
    for _ in range(4):
        factories.waiting(room)
    expect(page.locator("#live-status")).to_have_text("4 candidats demandent à commencer.")
    for _ in range(2):
        late = factories.waiting(room)
    expect(page.locator("#live-status")).to_contain_text(late.display_name, timeout=8_000)
    done = factories.running(room, by)
    services.end_test(done, user=by, reason="Départ anticipé")
    expect(page.locator("#live-status")).to_contain_text("a terminé", timeout=8_000)
    texts = spoken(page, "live-status")
    instants = [at for _, at in texts]
    assert all(later - at >= 4_990 for at, later in pairwise(instants))
    assert all(text.endswith(".") for text, _ in texts)


def test_what_cannot_wait_is_apart_and_at_once(browser, site, room, by):
    people = [factories.running(room, by) for _ in range(3)]
    person, _ = open_room(browser, site, room)
    page = person.page
    page.evaluate(LISTEN)
    factories.waiting(room)
    expect(page.locator("#live-status")).to_contain_text("demande à commencer")
    incidents.raise_alert(people[0], factories.seat_of(people[0]), subject="image")
    urgent = page.locator("#live-urgent")
    expect(urgent).to_have_text(f"{people[0].display_name} signale un problème.", timeout=2_500)
    assert urgent.get_attribute("aria-live") == "assertive"
    assert "signale" not in str(spoken(page, "live-status"))


def test_a_search_says_how_many_match(browser, site, room):
    for name in ("D’Aubigné", "Œuvrard", "Saint-Jean de la Croix", "Daubert"):
        factories.candidate(room, birth_name=name)
    person, _ = open_room(browser, site, room)
    page, search = person.page, person.page.locator("#search")
    for typed, found in {
        "d'aubi": 1,
        "DAUB": 2,
        "aubigne elise": 1,
        "oeuvr": 1,
        "saint jean": 1,
        "croix de": 1,
        "saintjean": 1,
        "élise": 4,
        "absent": 0,
    }.items():
        search.fill(typed)
        assert page.locator(".row:visible").count() == found, typed
    expect(page.locator("#live-status")).to_have_text(
        "Aucun candidat ne correspond.", timeout=8_000
    )
    search.fill("croix")
    expect(page.locator("#live-status")).to_have_text("1 candidat correspond.", timeout=8_000)


def test_nothing_is_said_of_answers(browser, site, room, by):
    each = factories.running(room, by)
    person, _ = open_room(browser, site, room)
    person.page.evaluate(LISTEN)
    services.add_time(each, user=by, minutes=5)
    expect_version(person, room)
    person.page.wait_for_timeout(1_500)
    assert person.page.evaluate("window.spoken") == []
