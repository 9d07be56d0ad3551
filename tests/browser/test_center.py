"""All of a centre's rooms on one page: seen at a glance, live, on every width."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from candidates import services
from incidents import services as incidents
from sessions_app.models import Session
from tests import factories

from .people import LAPTOP, PHONE, Supervisor

pytestmark = pytest.mark.browser
TABLET = {"width": 820, "height": 1100}


def a_room(center, name: str) -> Session:
    today = timezone.now().astimezone(Session(center=center).zone).date()
    return factories.session(center=center, room=name, date=today)


def open_center(browser, site, center, **options) -> Supervisor:
    head = factories.head(center)
    person = Supervisor(browser, site, **options)
    person.log_in(head.email)
    person.page.goto(f"{site}/surveillance/")
    person.page.get_by_role("link", name="Toutes les salles du jour").click()
    return person


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rooms_are_accessible_and_fit(browser, site, scheme):
    center, by = factories.center(), factories.user()
    busy, calm = a_room(center, "Salle B12"), a_room(center, "Bibliothèque du premier étage")
    person = factories.running(busy, by)
    incidents.raise_alert(person, factories.seat_of(person), subject="image")
    factories.waiting(busy)
    factories.running(calm, by)
    services.pause_room(calm, user=by, reason="Alarme")
    seen = open_center(browser, site, center, color_scheme=scheme)
    for size in (PHONE, TABLET, LAPTOP):
        seen.page.set_viewport_size(size)
        expect(seen.page.locator("#pulse")).to_have_attribute("data-live", "on")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        seen.accessible(f"rooms {size}")
    assert seen.errors == []


def test_a_need_reaches_the_page_and_leads_to_the_room(browser, site):
    center, by = factories.center(), factories.user()
    first, second = a_room(center, "A"), a_room(center, "B")
    person = factories.running(second, by)
    factories.running(first, by)
    seen = open_center(browser, site, center)
    names = seen.page.locator("#rooms h2")
    expect(names).to_have_text(["A", "B"])
    expect(seen.page.locator(".waiting strong")).to_have_text("0")
    incidents.raise_alert(person, factories.seat_of(person), subject="image")
    expect(names).to_have_text(["B", "A"])
    expect(seen.page.locator(".waiting strong")).to_have_text("1")
    assert seen.page.title().startswith("(1) Salles du jour")
    expect(seen.page.locator("#live-status")).to_have_text("B : quelqu’un attend.")
    line = seen.page.locator(f"#room-{second.pk}")
    expect(line).to_contain_text("1 problème signalé")
    before = line.locator("[data-since]").inner_text()
    expect(line.locator("[data-since]")).not_to_have_text(before)
    seen.page.get_by_role("link", name="B", exact=True).click()
    expect(seen.page.locator("#board")).to_contain_text(person.birth_name.upper())
    expect(seen.page.locator("#pulse")).to_have_attribute("data-live", "on")
    assert seen.errors == []


def test_without_websockets_the_rooms_come_by_polling(browser, site):
    center, by = factories.center(), factories.user()
    person = factories.running(a_room(center, "A"), by)
    head = factories.head(center)
    seen = Supervisor(browser, site)
    seen.page.add_init_script(
        "window.WebSocket = class extends EventTarget { constructor() { super();"
        " setTimeout(() => this.dispatchEvent(new CloseEvent('close', {code: 1006})), 10); }"
        " close() {} send() {} }"
    )
    seen.log_in(head.email)
    seen.page.goto(f"{site}/surveillance/centre/{center.pk}/")
    expect(seen.page.locator("#pulse")).to_have_attribute("data-live", "on", timeout=15_000)
    incidents.raise_alert(person, factories.seat_of(person), subject="image")
    expect(seen.page.locator(".waiting strong")).to_have_text("1")


def test_silence_is_told_with_its_age(browser, site):
    center = factories.center()
    a_room(center, "A")
    head = factories.head(center)
    seen = Supervisor(browser, site)
    seen.log_in(head.email)
    passing = [True]
    seen.page.route_web_socket(
        re.compile("/ws/surveillance/centre/"), lambda socket: relay_while(socket, passing)
    )
    seen.page.clock.install()
    seen.page.goto(f"{site}/surveillance/centre/{center.pk}/")
    expect(seen.page.locator("#pulse")).to_have_attribute("data-live", "on")
    passing.clear()
    seen.page.clock.run_for(27_000)
    expect(seen.page.locator("#pulse")).to_have_text(re.compile("connexion perdue depuis 0:2"))
    expect(seen.page.locator("body")).to_have_class(re.compile("stale"))
    seen.accessible("stale rooms")


def relay_while(socket, passing: list) -> None:
    """What the server says goes through as long as `passing` holds something."""
    server = socket.connect_to_server()
    server.on_message(lambda text: socket.send(text) if passing else None)


def test_a_right_that_is_withdrawn_ends_the_page(browser, site):
    center = factories.center()
    a_room(center, "A")
    seen = open_center(browser, site, center)
    expect(seen.page.locator("#pulse")).to_have_attribute("data-live", "on")
    center.members.clear()
    expect(seen.page.locator("#over")).to_be_visible()
    expect(seen.page.locator("#pulse")).to_have_text("déconnecté")


def test_a_candidate_is_added_and_corrected_from_the_board(browser, site):
    room = factories.session()
    person = factories.candidate(room, birth_name="Hoareau", first_name="Maël")
    account = factories.user()
    supervisor = Supervisor(browser, site)
    supervisor.log_in(account.email)
    supervisor.enter(room.number, room.supervisor_code)
    page = supervisor.page
    page.get_by_label("Actions sur la salle").click()
    page.get_by_role("link", name="Ajouter un candidat").click()
    sheet = supervisor.sheet()
    sheet.get_by_label("Nom de naissance").fill("Zidi")
    sheet.get_by_label("Prénom").fill("Inès")
    sheet.get_by_label("Date de naissance").fill("31/02/2010")
    supervisor.accessible("add a candidate")
    sheet.get_by_role("button", name="Ajouter à la liste").click()
    expect(sheet).to_contain_text("Écrivez une date qui existe")
    sheet.get_by_label("Date de naissance").fill("03/02/2010")
    page.wait_for_timeout(800)  # sooner, it would be the same click
    sheet.get_by_role("button", name="Ajouter à la liste").click()
    expect(page.locator("#room")).to_contain_text("ZIDI")
    supervisor.row(person).get_by_label("Toutes les actions").click()
    sheet.get_by_text("Arrivée, sortie, place").click()
    sheet.get_by_text("Corriger l’identité").click()
    supervisor.accessible("correct an identity")
    form = sheet.locator("form[action$='correct-identity/']")
    form.get_by_label("Nom de naissance").fill("Hoarau")
    form.get_by_role("button", name="Corriger").click()
    expect(supervisor.row(person)).to_contain_text("HOARAU")
    assert [error for error in supervisor.errors if "422" not in error] == []
