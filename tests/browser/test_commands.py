"""One intention is applied once: lost replies, busy servers, double clicks, old sights."""

import re

import pytest
from playwright.sync_api import Route, expect

from candidates import services
from candidates.models import Candidate, TimeGrant
from sessions_app.models import Command
from tests import factories

from .lines import Line, expect_exact, expect_version, open_room
from .people import Candidate as Sitting

pytestmark = pytest.mark.browser

ADD, START = "**/add-time/", "**/authorize-start/"


class Way:
    """What becomes of the POSTs of a page: one word each, then all is well.

    `lost`: the server acts, the reply does not arrive; `cut`: it never gets there; a number:
    something in between answers that; `ok`.
    """

    def __init__(self, page, pattern: str, *words: str | int) -> None:
        self.words, self.keys = list(words), []
        page.route(pattern, self)

    def __call__(self, route: Route) -> None:
        posted = route.request.post_data or ""
        self.keys += re.findall(r"idempotency_key=(\w+)", posted) or [posted]
        word = self.words.pop(0) if self.words else "ok"
        if word == "lost":
            route.fetch()
            route.abort("connectionreset")
        elif word == "cut":
            route.abort("connectionrefused")
        elif word == "ok":
            route.continue_()
        else:
            route.fulfill(status=int(word), body="busy")


@pytest.fixture
def running(room, by):
    return factories.running(room, by)


@pytest.fixture
def waiting(room):
    return factories.waiting(room)


def fill_time(person, candidate, minutes: int = 10):
    """The dialog to add time, ready to send; returns its button."""
    person.open_sheet(candidate)
    person.sheet().get_by_text("Ajouter du temps", exact=True).click()
    person.sheet().get_by_label("Nombre de minutes").fill(str(minutes))
    return person.sheet().get_by_role("button", name="Ajouter", exact=True)


def granted(candidate) -> list[int]:
    return [each.seconds // 60 for each in TimeGrant.objects.filter(candidate=candidate)]


@pytest.mark.parametrize("words", [["lost"], ["cut"], [503], [502, "lost", 504]], ids=str)
def test_sent_again_with_the_same_key(browser, site, room, running, words):
    person, _ = open_room(browser, site, room)
    way = Way(person.page, ADD, *words)
    fill_time(person, running).click()
    expect(person.sheet().get_by_role("status")).to_have_text("Nouvel essai…")
    if words == ["lost"]:
        person.accessible("sending again")
    expect(person.sheet()).not_to_be_visible(timeout=20_000)
    assert len(way.keys) == len(words) + 1
    assert len(set(way.keys)) == 1
    assert granted(running) == [10]
    expect_exact(person, room)


def test_a_refusal_is_not_sent_again(browser, site, room, running):
    person, _ = open_room(browser, site, room)
    way = Way(person.page, ADD)
    button = fill_time(person, running, minutes=10)
    button.evaluate("node => { node.form.noValidate = true; node.form.minutes.value = 999; }")
    button.click()
    told = person.sheet().get_by_role("alert").filter(visible=True)
    expect(told).to_contain_text("de 1 à 240 minutes")
    person.page.wait_for_timeout(1_500)
    assert len(way.keys) == 1
    person.sheet().get_by_label("Nombre de minutes").fill("7")
    button.click()
    expect(person.sheet()).not_to_be_visible()
    assert len(set(way.keys)) == 2  # decided again: another intention
    assert granted(running) == [7]


def test_double_clicks(browser, site, room, running, waiting):
    """On a dialog, and on a row."""
    person, _ = open_room(browser, site, room)
    fill_time(person, running).dblclick()
    expect(person.sheet()).not_to_be_visible()
    person.row(waiting).get_by_role("button", name="Autoriser").dblclick()
    expect(person.row(waiting)).to_have_attribute("data-flags", re.compile("authorized"))
    person.page.wait_for_timeout(500)
    expect_version(person, room)
    assert granted(running) == [10]
    assert Command.objects.count() == 2
    assert person.page.locator("#notices .notice").count() == 0


def test_a_second_click_is_not_for_the_row_that_came_below_it(browser, site, room, waiting):
    other = factories.waiting(room)
    person, _ = open_room(browser, site, room)
    mouse = person.page.mouse
    box = person.row(waiting).get_by_role("button", name="Autoriser").bounding_box()
    mouse.move(box["x"] + 20, box["y"] + 20)
    for count in (1, 2):
        mouse.down(click_count=count)
        mouse.up(click_count=count)
        expect(person.page.locator("#needs-me .row")).to_have_count(1)
    person.page.wait_for_timeout(1_000)
    assert Candidate.objects.get(pk=waiting.pk).authorized_until
    assert Candidate.objects.get(pk=other.pk).authorized_until is None


def all_fail(person, way: Way) -> None:
    """The time of every repeat goes by."""
    for _ in range(60):
        if len(way.keys) == 5:
            return
        person.page.clock.run_for(1_000)
        person.page.wait_for_timeout(200)
    raise AssertionError(way.keys)


def test_a_reply_that_never_comes(browser, site, room, running):
    """All repeats fail: the person is told, presses again, and it is still the same intention."""
    person, _ = open_room(browser, site, room, clock=True)
    way = Way(person.page, ADD, *["lost"] * 5)
    button = fill_time(person, running)
    button.click()
    all_fail(person, way)
    told = person.sheet().get_by_role("alert").filter(visible=True)
    expect(told).to_contain_text("Pas de réponse du serveur")
    expect(person.sheet().get_by_role("status")).to_have_text("")
    assert len(way.keys) == 5
    button.click()
    expect(person.sheet()).not_to_be_visible()
    assert len(way.keys) == 6
    assert len(set(way.keys)) == 1
    assert granted(running) == [10]


def test_a_row_s_button_keeps_its_key_until_the_answer(browser, site, room, waiting):
    person, line = open_room(browser, site, room, clock=True)
    line.weather = lambda text: [] if '"rows"' in text else [text]
    way = Way(person.page, START, *["lost"] * 5)
    person.act(waiting, "Autoriser")
    all_fail(person, way)
    expect(person.page.locator("#notices")).to_contain_text(waiting.birth_name.upper())
    person.act(waiting, "Autoriser")
    person.page.wait_for_timeout(500)
    assert len(way.keys) == 6
    assert len(set(way.keys)) == 1
    assert Command.objects.count() == 1


def test_an_old_sight_is_refused_with_the_fresh_row(browser, site, room, by, waiting, running):
    person, line = open_room(browser, site, room)
    row, board = person.row(waiting), person.page.locator("#board")
    old, shown = row.evaluate("node => node.outerHTML"), int(board.get_attribute("data-version"))
    line.weather = lambda text: []  # what the colleague does is not seen in time
    services.authorize_start(waiting, user=by)
    services.add_time(running, user=by, minutes=5)
    late = str(Candidate.objects.get(pk=waiting.pk).row_version)
    person.act(waiting, "Autoriser")
    expect(person.page.locator("#notices")).to_contain_text(f"Départ déjà autorisé par {by}")
    expect(person.page.locator("#notices")).to_contain_text(waiting.birth_name.upper())
    expect(row).to_have_attribute("data-row-version", late)
    expect(board).to_have_attribute("data-version", str(shown))
    person.accessible("an old sight")
    # A frame that was under way, with an older state of this row, does not put it back.
    rows = {str(waiting.pk): old}
    line.send({"type": "rows", "from": shown, "v": shown + 1, "rows": rows, "counters": {}})
    expect(board).to_have_attribute("data-version", str(shown + 1))
    expect(row).to_have_attribute("data-row-version", late)
    line.weather = None
    line.beat(room)
    expect_exact(person, room)


def test_after_a_refusal_one_may_insist(browser, site, room, by, running):
    """Told that things have changed, who presses again means it."""
    person, line = open_room(browser, site, room)
    button = fill_time(person, running)
    line.weather = lambda text: []
    services.add_time(running, user=by, minutes=5)
    button.click()
    told = person.sheet().get_by_role("alert").filter(visible=True)
    expect(told).to_contain_text(f"par {by} à ")
    expect(person.row(running)).to_contain_text("+5")
    person.page.wait_for_timeout(1_000)
    button.click()
    expect(person.sheet()).not_to_be_visible()
    assert sorted(granted(running)) == [5, 10]


ANSWER = "**/candidat/repondre/"


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def answering(browser, site, room, by, line):
    """A candidate before the first question, with `line` as the page's way to the socket."""
    person = factories.waiting(room)
    candidate = Sitting(browser, site)
    candidate.page.route_web_socket("**/ws/**", line)
    candidate.join(room, person)
    services.authorize_start(factories.fresh(person), user=by)
    candidate.page.get_by_role("button", name="Commencer le test").click()
    candidate.expect_stage("question")
    candidate.person = person
    return candidate


def choose_and_send(candidate) -> None:
    candidate.page.locator(".option input[name=answer]").first.check()
    candidate.page.get_by_role("button", name="Valider et continuer").dblclick()


def answered(candidate) -> list[int]:
    return [each.question for each in candidate.person.answers.order_by("question")]


def test_an_answer_goes_by_the_open_line(answering):
    page = answering.page
    way = Way(page, ANSWER)
    choose_and_send(answering)
    expect(page.locator("#question-form input[name=question]")).to_have_value("2")
    expect(page.locator("#stage h1")).to_be_focused()
    assert page.locator("[data-stage]").get_attribute("data-ends-at")
    assert (way.keys, answered(answering)) == ([], [1])
    answering.accessible("the next question")
    assert not answering.errors


def test_an_answer_survives_the_network(answering, line):
    """Without sockets: lost replies and busy servers, each answer saved once."""
    page = answering.page
    line.is_refused = True
    line.route.close()
    way = Way(page, ANSWER, "lost", 503, "cut")
    expect(page.locator("body")).to_have_class(re.compile("stale"))
    choose_and_send(answering)
    expect(page.locator("#trouble")).to_contain_text("sera envoyée dès son retour")
    answering.accessible("an answer on its way")
    expect(page.locator("#question-form input[name=question]")).to_have_value("2", timeout=20_000)
    expect(page.locator("#trouble")).not_to_be_visible()
    assert len(way.keys) == 4
    assert answered(answering) == [1]


def test_an_answer_that_nobody_acknowledges_goes_as_a_form(answering, line):
    """Saved or not, who knows: sent again, it is saved once, and the page goes on."""
    page = answering.page
    way = Way(page, ANSWER)
    line.weather = lambda text: [] if '"answered"' in text else [text]
    choose_and_send(answering)
    expect(page.locator("#question-form input[name=question]")).to_have_value("2", timeout=20_000)
    assert (len(way.keys), answered(answering)) == (1, [1])


def test_an_answer_refused_over_the_line_is_told(answering, by):
    """The colleague has ended the test in the same instant: the page says so and goes on."""
    page = answering.page
    page.evaluate("document.body.dataset.held = 1")
    services.end_test(factories.fresh(answering.person), user=by, reason="Temps écoulé")
    page.evaluate("document.getElementById('question-form')?.requestSubmit()")
    answering.expect_stage("finished")
    assert answered(answering) == []


def test_an_answer_that_comes_late_still_opens_the_next(answering, line, room, by):
    """Something newer was told before the acknowledgement: time does not go back, the page goes
    on, without waiting."""
    page, late = answering.page, []

    def overtaken(text):
        if '"answered"' in text:
            late.append(text)
            return []
        return [text]

    line.weather = overtaken
    choose_and_send(answering)
    expect(page.locator("#question-form")).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(500)
    services.add_time(factories.fresh(answering.person), user=by, minutes=10)
    expect(page.locator("#live-status")).to_contain_text("ajouté du temps")
    later = page.locator("[data-stage]").get_attribute("data-ends-at")
    line.weather = None
    line.route.send(late[0])
    expect(page.locator("#question-form input[name=question]")).to_have_value("2", timeout=3_000)
    assert page.locator("[data-stage]").get_attribute("data-ends-at") == later


def test_a_draft_survives_a_pause(browser, site, room, by):
    person = factories.waiting(room)
    candidate = Sitting(browser, site)
    candidate.join(room, person)
    services.authorize_start(factories.fresh(person), user=by)
    page = candidate.page
    page.get_by_role("button", name="Commencer le test").click()
    candidate.expect_stage("question")
    option = page.locator(".option input[name=answer]").nth(1)
    option.check()
    services.pause_room(room, user=by)
    candidate.expect_stage("paused")
    services.resume_room(room, user=by)
    candidate.expect_stage("question")
    expect(option).to_be_checked()
