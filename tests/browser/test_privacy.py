"""What the site leaves in a browser, and whom it makes the browser speak to: page after page."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from candidates import services
from tests import canaries, factories

from .people import Candidate, Supervisor
from .test_pocket import becomes_true

pytestmark = pytest.mark.browser
COOKIES = {"sessionid", "csrftoken", "seat"}  # login, forms, place of a candidate
# Everything that the scripts of a page may have kept.
STORED = """async () => {
  const caches_ = {};
  for (const name of await caches.keys()) {
    const store = await caches.open(name);
    caches_[name] = (await store.keys()).map((each) => new URL(each.url).pathname);
  }
  return {
    local: {...localStorage}, session: {...sessionStorage}, caches: caches_,
    databases: (await indexedDB.databases()).map((each) => each.name),
  };
}"""


class Witness:
    """Of one browser: each request that leaves it, whatever page asks for it."""

    def __init__(self, person):
        self.person, self.asked = person, []
        person.context.on("request", lambda request: self.asked.append(request.url))
        person.context.on("page", lambda page: page.on("websocket", self._socket))
        person.page.on("websocket", self._socket)

    def _socket(self, socket):
        self.asked.append(socket.url)

    def check(self, what: str, *, documented: set[str]) -> None:
        """`documented`: the caches that this page may have."""
        page, host = self.person.page, urlsplit(self.person.site).netloc
        elsewhere = [url for url in self.asked if urlsplit(url).netloc not in {host, ""}]
        assert elsewhere == [], what
        named = [url for url in self.asked if canaries.CANARY.search(url)]
        assert named == [], what
        assert {each["name"] for each in self.person.context.cookies()} <= COOKIES, what
        told = page.evaluate(STORED)
        assert set(told.pop("caches")) <= documented, what
        assert told.pop("databases") == [], what
        assert canaries.CANARY.search(json.dumps(told)) is None, what
        for text in told["local"].values():
            assert not {"Durand", "DURAND", "Élise"} & set(text.split()), what


def test_a_candidate_leaves_nothing_behind(browser, site):
    room = factories.session()
    by, guest = factories.supervisor(room), factories.candidate(room)
    person = Candidate(browser, site)
    witness = Witness(person)
    for path in ("/", "/confidentialite/", "/candidat/"):
        person.page.goto(site + path)
        witness.check(path, documented=set())
    person.join(room, guest)
    person.expect_stage("waiting")
    witness.check("waiting", documented=set())
    services.authorize_start(factories.fresh(guest), user=by)
    person.page.get_by_role("button", name="Commencer").click()
    person.expect_stage("question")
    person.answer()
    witness.check("test", documented=set())
    told = person.page.evaluate(STORED)
    # The address of the page, for as long as its tab stays open.
    assert (told["local"], set(told["session"].values())) == ({}, {"/candidat/test/"})
    assert any("/ws/candidat/" in url for url in witness.asked)


def test_a_supervisor_keeps_settings_and_the_last_room_until_the_logout(browser, site):
    room = factories.session()
    factories.waiting(room)
    user = factories.head(room.center)
    factories.running(room, user)
    person = Supervisor(browser, site)
    witness, page, kept = Witness(person), person.page, {"look", "last-room"}
    person.log_in(user.email)
    witness.check("login", documented=set())
    person.enter(room.number, room.supervisor_code)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    witness.check("board", documented=kept)
    for path in ("pv/", "journal/", "cloture/", ""):
        page.goto(f"{site}/surveillance/{room.number}/{path}")
        witness.check(path, documented=kept)
    has = "caches.has('last-room')"
    becomes_true(page, has)
    page.goto(f"{site}/admin/")
    page.goto(f"{site}/admin/candidates/candidate/{room.candidates.first().pk}/donnees/")
    expect(page.get_by_role("heading", name="Effacer cette personne")).to_be_visible()
    person.accessible("data of a person")
    witness.check("admin", documented=kept)
    assert page.evaluate(has)
    page.locator("#logout-form button").click()
    becomes_true(page, f"{has}.then((has) => !has)")
    witness.check("logged out", documented={"look"})
