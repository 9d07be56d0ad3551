"""A frame moves nothing that the person holds: focus, place, selected text, what is typed."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from candidates import answering, seat_services, services
from tests import factories

from .lines import expect_exact, expect_version, open_room
from .people import Candidate

pytestmark = pytest.mark.browser

TOP = "node => node.getBoundingClientRect().top"
FOCUS = """() => {
  const active = document.activeElement;
  return [active.closest(".row")?.id ?? null, active.dataset.key ?? active.id];
}"""

# Every part of every row is marked; then: the rows that are new, and what is new in the others.
MARK = "for (const part of document.querySelectorAll('.row, .row > *')) part.mark = 1"
DRAWN_AGAIN = """[...document.querySelectorAll(".row, .row > *")]
  .filter((part) => !part.mark)
  .map((part) => `${part.closest(".row").dataset.candidate} ${part.className}`)"""


@pytest.fixture
def people(room, by):
    """A full room in the order of names: enough to scroll on any screen."""
    names = [f"Candidat {number:02}" for number in range(24)]
    born = date(2010, 4, 23)
    return [factories.running(room, by, birth_name=name, birthdate=born) for name in names]


def whole_board(room, by) -> None:
    """Two frames that bring the whole board, and leave it as it was."""
    services.pause_room(room, user=by)
    services.resume_room(room, user=by)


def test_the_page_does_not_jump(browser, site, room, by, people):
    """Rows above the fold grow, move to À traiter, come back; the one that is read stays."""
    person, _ = open_room(browser, site, room)
    page, read = person.page, person.row(people[15])
    read.evaluate("node => window.scrollTo(0, node.offsetTop - 200)")
    top, scrolled = read.evaluate(TOP), page.evaluate("scrollY")
    assert scrolled > 0
    more = read.get_by_role("button", name="Toutes les actions")
    more.evaluate("node => node.focus({ preventScroll: true })")
    for each in people[:3]:
        services.add_time(each, user=by, minutes=10)
        factories.waiting(room)  # one more in À traiter, above
    expect_version(person, room)
    assert page.evaluate("scrollY") > scrolled
    assert abs(read.evaluate(TOP) - top) < 2
    whole_board(room, by)
    expect_version(person, room)
    assert abs(read.evaluate(TOP) - top) < 2
    expect(more).to_be_focused()


def test_the_list_of_who_needs_me_does_not_jump_either(browser, site, room, by):
    """On a laptop it scrolls by itself, beside the room."""
    people = [factories.waiting(room) for _ in range(14)]
    others = [factories.running(room, by) for _ in range(3)]
    person, _ = open_room(browser, site, room, size={"width": 1150, "height": 420})
    read = person.row(people[6])
    section = person.page.locator(".needs-me")
    section.evaluate("node => { node.scrollTop = node.scrollHeight / 3; }")
    assert section.evaluate("node => node.scrollTop") > 0
    top = read.evaluate(TOP)
    for each in people[:2]:
        services.authorize_start(each, user=by)
    services.add_time(others[0], user=by, minutes=5)
    expect_version(person, room)
    assert abs(read.evaluate(TOP) - top) < 2


def test_selected_text_stays_selected(browser, site, room, by, people):
    person, _ = open_room(browser, site, room)
    page = person.page
    person.row(people[1]).locator(".who").evaluate("node => getSelection().selectAllChildren(node)")
    selected = page.evaluate("getSelection().toString()")
    assert "CANDIDAT 01" in selected
    services.add_time(people[0], user=by, minutes=10)
    services.end_test(people[2], user=by, reason="Départ anticipé")
    factories.waiting(room)
    expect_version(person, room)
    assert page.evaluate("getSelection().toString()") == selected
    whole_board(room, by)
    services.add_time(people[3], user=by, minutes=10)
    expect_version(person, room)


def test_a_board_that_changes_nothing_touches_nothing(browser, site, room, by, people):
    """A new connection brings the whole board: what is the same stays the same elements."""
    person, line = open_room(browser, site, room)
    page, board = person.page, person.page.locator("#board")
    page.evaluate(MARK)
    person.row(people[1]).locator(".who").evaluate("node => getSelection().selectAllChildren(node)")
    version = board.get_attribute("data-version")
    line.send({"type": "bye", "code": "restart"})
    services.add_time(people[5], user=by, minutes=10)
    expect_version(person, room)
    assert board.get_attribute("data-version") != version
    assert page.evaluate(DRAWN_AGAIN) == [f"{people[5].pk} sub", f"{people[5].pk} time"]
    assert "CANDIDAT 01" in page.evaluate("getSelection().toString()")


def test_of_a_row_only_what_has_changed_is_drawn_again(browser, site, room, by, people):
    starter, one = factories.waiting(room), people[5]
    services.authorize_start(starter, user=by)
    person, _ = open_room(browser, site, room)
    page = person.page
    page.evaluate(MARK)
    person.row(one).get_by_role("button", name="Toutes les actions").focus()
    answering.answer(one, factories.seat_of(one), one.question, "")
    expect_version(person, room)
    assert page.evaluate(DRAWN_AGAIN) == [f"{one.pk} sub"]
    services.end_test(factories.fresh(one), user=by, reason="Départ anticipé")
    expect_version(person, room)
    assert page.evaluate(DRAWN_AGAIN) == [f"{one.pk} {part}" for part in ("sign", "sub", "time")]
    assert page.evaluate(FOCUS) == [f"row-{one.pk}", "more"]
    # It has a part more, the time: the row is another one.
    seat_services.start(factories.fresh(starter), factories.seat_of(starter))
    expect_version(person, room)
    assert f"{starter.pk} row" in page.evaluate(DRAWN_AGAIN)
    expect_exact(person, room)


def test_the_focus_follows_its_row(browser, site, room, by):
    """To the other list and back, and to another control when its own is gone."""
    waiting, running = factories.waiting(room), factories.running(room, by)
    person, _ = open_room(browser, site, room)
    page = person.page
    person.row(running).get_by_role("button", name="Toutes les actions").focus()
    person.row(waiting).get_by_role("button", name="Autoriser").focus()
    services.authorize_start(waiting, user=by)
    expect_version(person, room)
    row, control = page.evaluate(FOCUS)
    assert row == f"row-{waiting.pk}"
    assert control in {"act", "more"}
    expect(person.row(waiting)).not_to_have_attribute("data-needs-me", re.compile("."))
    services.withdraw_start(factories.fresh(waiting), user=by)
    expect_version(person, room)
    assert page.evaluate(FOCUS)[0] == f"row-{waiting.pk}"
    whole_board(room, by)
    expect_version(person, room)
    assert page.evaluate(FOCUS)[0] == f"row-{waiting.pk}"
    page.locator("[data-filter=finished]").focus()
    services.end_test(running, user=by, reason="Départ anticipé")
    whole_board(room, by)
    expect_version(person, room)
    expect(page.locator("[data-filter=finished]")).to_be_focused()


def test_what_is_typed_chosen_and_open_stays(browser, site, room, by, people):
    """Search and its caret, half a selection, an open dialog and menu, through whole boards."""
    person, _ = open_room(browser, site, room)
    page, search = person.page, person.page.locator("#search")
    page.get_by_role("button", name="Choisir", exact=True).click()
    for each in people[:3]:
        person.row(each).get_by_role("checkbox").check()
    search.fill("candidat 0")
    search.evaluate("node => node.setSelectionRange(3, 5)")
    services.add_time(people[0], user=by, minutes=10)
    whole_board(room, by)
    expect_version(person, room)
    expect(search).to_be_focused()
    assert search.evaluate("node => [node.selectionStart, node.selectionEnd]") == [3, 5]
    assert page.locator(".pick:checked").count() == 3
    expect(page.locator("[data-count]")).to_have_text("3")
    assert page.locator(".row:visible").count() == 12  # 00 to 09, 10 and 20

    page.get_by_label("Actions sur la salle").click()
    whole_board(room, by)
    expect_version(person, room)
    expect(page.locator("#room-menu")).to_have_attribute("open", "")
    page.get_by_role("link", name="Toute la salle").click()
    reason = person.sheet().get_by_label("Motif")
    reason.fill("Alarme")
    reason.evaluate("node => node.setSelectionRange(1, 1)")
    whole_board(room, by)
    services.add_time(people[1], user=by, minutes=10)
    expect_version(person, room)
    expect(reason).to_be_focused()
    expect(reason).to_have_value("Alarme")
    assert reason.evaluate("node => node.selectionStart") == 1


def test_a_board_at_rest_draws_nothing(browser, site, room, by, people):
    """What moves for ever keeps a phone awake, and its battery pays."""
    factories.waiting(room)
    person, _ = open_room(browser, site, room)
    assert person.page.evaluate("document.getAnimations().length") == 0


def test_nor_does_the_page_of_who_waits(browser, site, room):
    """But for a dot that is lit once a second: thirty such computers may share one machine."""
    desk = Candidate(browser, site)
    desk.join(room, factories.candidate(room))
    desk.expect_stage("waiting")
    expect(desk.page.locator(".waiting .lit")).to_have_count(1)
    assert desk.page.evaluate("document.getAnimations().length") == 0
