"""The page as frames leave it is the page as a reload shows it; nobody's typing is disturbed."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from candidates import absences, presence, services
from candidates.absences import Departure
from candidates.models import Node
from incidents import services as incident_services
from sessions_app import clock
from sessions_app.models import Session
from tests import factories

from .people import Supervisor

pytestmark = pytest.mark.browser

# What ticks is left out: it depends on the second at which one looks.
BOARD = """() => {
  const board = document.getElementById("board").cloneNode(true);
  for (const node of board.querySelectorAll(".wait, .left, [data-since]")) node.textContent = "";
  for (const node of board.querySelectorAll("[class~=over]")) node.classList.remove("over");
  for (const node of board.querySelectorAll('[class=""]')) node.removeAttribute("class");
  return board.outerHTML.replace(/\\s+/g, " ");
}"""


def open_room(browser, site, room) -> Supervisor:
    account = factories.user()
    supervisor = Supervisor(browser, site)
    supervisor.log_in(account.email)
    supervisor.enter(room.number, room.supervisor_code)
    return supervisor


def wait_for_version(supervisor, room) -> None:
    version = Session.objects.get(pk=room.pk).version
    board = supervisor.page.locator("#board")
    expect(board).to_have_attribute("data-version", str(version))


def test_page_with_frames_equals_a_reload(browser, site):
    room = factories.session()
    user = factories.supervisor(room)
    waiting = [factories.waiting(room) for _ in range(3)]
    running = [factories.running(room, user) for _ in range(4)]
    supervisor = open_room(browser, site, room)
    page = supervisor.page

    services.authorize_start(waiting[0], user=user)
    services.add_time(running[0], user=user, minutes=10)
    services.end_test(running[1], user=user, reason="Départ anticipé")
    seat = factories.seat_of(running[2])
    incident_services.raise_alert(running[2], seat, subject="image")
    factories.waiting(room, birth_name="Zola")
    services.pause_room(room, user=user, reason="Alarme incendie")
    wait_for_version(supervisor, room)
    after_frames = page.evaluate(BOARD)
    page.reload()
    expect(page.locator("#pulse")).to_have_attribute("data-live", "on")
    assert page.evaluate(BOARD) == after_frames
    assert page.locator("#needs-me li").count() == 4
    assert supervisor.errors == []


def test_typing_is_not_disturbed(browser, site):
    room = factories.session()
    user = factories.supervisor(room)
    people = [factories.waiting(room) for _ in range(5)]
    supervisor = open_room(browser, site, room)
    page = supervisor.page
    search = page.locator("#search")
    search.fill("durand")
    search.evaluate("node => node.setSelectionRange(2, 4)")
    for person in people:
        services.authorize_start(person, user=user)
    wait_for_version(supervisor, room)
    expect(search).to_be_focused()
    expect(search).to_have_value("durand")
    assert search.evaluate("node => [node.selectionStart, node.selectionEnd]") == [2, 4]


def test_open_dialog_keeps_what_is_typed_and_returns_the_focus(browser, site):
    room = factories.session()
    user = factories.supervisor(room)
    person = factories.running(room, user)
    supervisor = open_room(browser, site, room)
    supervisor.open_sheet(person)
    supervisor.sheet().get_by_text("Noter un incident", exact=True).click()
    text = supervisor.sheet().get_by_label("Ce qui s’est passé")
    text.fill("L’écran s’est éteint")
    services.add_time(person, user=user, minutes=5)
    wait_for_version(supervisor, room)
    expect(text).to_have_value("L’écran s’est éteint")
    supervisor.page.keyboard.press("Escape")
    expect(supervisor.row(person).get_by_role("button", name=re.compile("Toutes"))).to_be_focused()


def test_two_supervisors_in_conflict(browser, site):
    """The second to act on an old sight is told so, and sees the fresh row."""
    room = factories.session()
    user = factories.supervisor(room)
    person = factories.running(room, user)
    supervisor = open_room(browser, site, room)
    supervisor.open_sheet(person)
    services.end_test(person, user=user, reason="Départ anticipé")
    supervisor.sheet().get_by_text("Ajouter du temps", exact=True).click()
    supervisor.sheet().get_by_role("button", name="Ajouter", exact=True).click()
    expect(supervisor.sheet().get_by_role("alert").filter(visible=True)).to_contain_text(
        f"Test déjà terminé par {user}"
    )
    expect(supervisor.row(person)).to_have_attribute("data-state", "finished")


def test_a_loss_of_the_network_is_one_card(browser, site):
    """The card comes, counts down with the focus on its button, and goes."""
    room = factories.session()
    user = factories.supervisor(room)
    people = [factories.running(room, user) for _ in range(8)]
    Node.objects.create(name=presence.NODE, seen_at=clock.now() + timedelta(hours=1))
    supervisor = open_room(browser, site, room)
    page, card = supervisor.page, supervisor.page.locator("#lost-together")
    since = clock.now() - timedelta(seconds=12)
    absences.declare_away(room.pk, [Departure(each.pk, room.pk, since, "") for each in people[1:]])
    expect(card).to_contain_text("7 candidats déconnectés ensemble")
    expect(page.locator("#needs-me li")).to_have_count(0)
    supervisor.accessible("a shared loss")
    button = card.get_by_role("button", name="Suspendre la salle…")
    button.focus()
    presence.connected(people[1].pk, factories.seat_of(people[1]))
    expect(card).to_contain_text("6 candidats")
    expect(button).to_be_focused()
    after_frames = page.evaluate(BOARD)
    page.reload()
    expect(page.locator("#pulse")).to_have_attribute("data-live", "on")
    assert page.evaluate(BOARD) == after_frames
    for person in people[2:]:
        presence.connected(person.pk, factories.seat_of(person))
    expect(card).to_have_count(0)
    expect(page.locator(".calm")).to_be_visible()
    assert supervisor.errors == []
