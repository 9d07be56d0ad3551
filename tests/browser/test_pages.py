"""Every other page and dialog of the product: accessible in light and dark, silent console."""

import pytest
from playwright.sync_api import expect

from candidates import services
from tests import factories

from .people import LAPTOP, PHONE, Supervisor

pytestmark = pytest.mark.browser

PUBLIC = ["/confidentialite/", "/mentions-legales/", "/accessibilite/"]
PUBLIC += ["/", "/candidat/", "/compte/login/", "/compte/signup/", "/compte/password/reset/"]


@pytest.mark.parametrize(("scheme", "size"), [("light", PHONE), ("dark", LAPTOP)])
def test_pages_and_dialogs(browser, site, scheme, size):
    room = factories.session()
    user = factories.supervisor(room)
    people = [factories.running(room, user), factories.waiting(room), factories.candidate(room)]
    person = Supervisor(browser, site, color_scheme=scheme)
    person.page.set_viewport_size(size)
    for path in PUBLIC:
        person.page.goto(site + path)
        person.accessible(path)

    account = factories.user()
    person.log_in(account.email)
    person.enter(room.number, room.supervisor_code)
    person.page.get_by_role("button", name="Choisir", exact=True).click()
    for each in people[:2]:
        person.row(each).get_by_role("checkbox").check()
    person.accessible("choosing")
    person.page.get_by_role("button", name="Agir").click()
    expect(person.sheet()).to_contain_text("2 candidats")
    person.accessible("group")
    person.page.keyboard.press("Escape")
    person.page.get_by_label("Actions sur la salle").click()
    person.page.get_by_role("link", name="Toute la salle").click()
    expect(person.sheet()).to_contain_text("Suspendre la salle")
    person.accessible("room")
    person.sheet().get_by_role("button", name="Suspendre la salle").click()
    expect(person.page.locator(".paused-room")).to_be_visible()
    person.accessible("suspended room")

    person.page.goto(f"{site}/surveillance/{room.number}/candidats/{people[0].pk}/")
    person.accessible("sheet as a page")
    assert person.errors == []


def test_several_at_once(browser, site):
    """Three taps and the choice: start a whole room, and who could not is named."""
    room = factories.session()
    user = factories.supervisor(room)
    people = [factories.waiting(room) for _ in range(3)]
    done = factories.finished(room, user)
    supervisor = Supervisor(browser, site)
    account = factories.user()
    supervisor.log_in(account.email)
    supervisor.enter(room.number, room.supervisor_code)
    supervisor.page.get_by_role("button", name="Choisir", exact=True).click()
    supervisor.page.get_by_role("button", name="Tous", exact=True).click()
    supervisor.page.get_by_role("button", name="Agir").click()
    supervisor.sheet().get_by_role("button", name="autoriser le départ").click()
    for each in people:
        expect(supervisor.row(each)).to_have_attribute("data-flags", "asks-start authorized")
    expect(supervisor.page.locator("#notices")).to_contain_text(done.birth_name.upper())


def test_works_without_javascript(browser, site):
    """Slower, by reloading: the same row leads to a page with the same forms."""
    room = factories.session()
    account = factories.user()
    person = factories.waiting(room)
    supervisor = Supervisor(browser, site, java_script_enabled=False)
    page = supervisor.page
    page.goto(f"{site}/compte/login/")
    page.locator("[name=login]").fill(account.email)
    page.locator("[name=password]").fill(factories.PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.locator("[name=session_number]").fill(room.number)
    page.locator("[name=supervisor_code]").fill(room.supervisor_code)
    page.locator("[name=supervisor_code]").press("Enter")
    supervisor.act(person, "Autoriser le départ")
    page.get_by_role("button", name="Confirmer la présence").click()
    expect(supervisor.row(person)).to_have_attribute("data-flags", "asks-start authorized")
    services.pause_room(room, user=account)
    page.reload()
    expect(page.locator("#board")).to_contain_text("Salle suspendue")
