"""Whatever happens on the line, the board shows the truth or says that it does not know it."""

import os
import re
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import expect

from candidates import services
from sessions_app.models import Session, SupervisorAccess
from tests import factories

from .lines import WATCH, Line, Storm, expect_exact, expect_pulse, expect_version, open_room
from .people import LAPTOP, PHONE, Candidate

pytestmark = pytest.mark.browser

BURSTS, EVENTS = 6, 30


def keep_sight(person, name: str) -> None:
    """A picture for people, where one is asked for."""
    if folder := os.environ.get("SCREENSHOTS"):
        for size in (PHONE, LAPTOP):
            person.page.set_viewport_size(size)
            person.page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png")
        person.page.set_viewport_size(PHONE)


@pytest.fixture
def people(room, by):
    """Some who wait, some who work."""
    return [*(factories.waiting(room) for _ in range(2)), factories.running(room, by)]


def truth(room) -> tuple[int, dict[str, str]]:
    """The version of the session and of each row, as the board writes them."""
    rows = room.candidates.values_list("pk", "row_version")
    return Session.objects.get(pk=room.pk).version, {str(pk): str(v) for pk, v in rows}


@pytest.mark.parametrize("seed", [3, 14])
def test_dropped_doubled_and_overtaken_frames(browser, site, room, by, seed):
    """At each version that the board ever shows, it is exactly what the room was then."""
    people = [factories.running(room, by) for _ in range(10)]
    person, line = open_room(browser, site, room)
    page = person.page
    page.evaluate(WATCH)
    truths = dict([truth(room)])
    storm = line.weather = Storm(seed)
    for burst in range(BURSTS):
        if burst % 4 == 1:
            services.pause_room(room, user=by)
            truths |= [truth(room)]
            services.resume_room(room, user=by)
            truths |= [truth(room)]
        for turn in range(EVENTS):
            services.add_time(storm.random.choice(people), user=by, minutes=1)
            truths |= [truth(room)]
            if turn % 5 == 0:
                page.wait_for_timeout(20)  # what has come is delivered
    page.wait_for_timeout(200)
    line.weather = None
    line.beat(room)
    expect_version(person, room, timeout=12_000)  # one heartbeat
    seen = page.evaluate("window.seen")
    assert [version for version, _ in seen] == sorted(version for version, _ in seen)
    assert [each for each in seen if truths[each[0]] != each[1]] == []
    assert min(storm.dropped, storm.doubled, storm.overtaken) > 10
    assert len(line.resumes) < storm.dropped + storm.overtaken + 10
    expect_exact(person, room)
    assert person.errors == []


def test_resume_is_asked_once_and_again_when_nothing_came(browser, site, room, by, people):
    person, line = open_room(browser, site, room, clock=True)
    line.weather = lambda text: []
    shown = Session.objects.get(pk=room.pk)
    epoch, v = str(shown.epoch), shown.version
    gap = {"type": "rows", "epoch": epoch, "from": v + 3, "v": v + 4, "rows": {}, "counters": {}}
    for _ in range(5):
        line.send(gap)
        line.send({"type": "hb", "epoch": epoch, "v": v + 4})
    person.page.wait_for_timeout(200)
    assert line.resumes == [{"type": "resume", "epoch": epoch, "v": v}]
    person.page.clock.run_for(6_500)
    person.page.wait_for_timeout(200)
    assert line.resumes == [{"type": "resume", "epoch": epoch, "v": v}] * 2
    expect(person.page.locator("#board")).to_have_attribute("data-version", str(v))


def test_rows_of_another_history_are_never_applied(browser, site, room, by, people):
    person, line = open_room(browser, site, room)
    line.weather = lambda text: []
    row = person.row(people[0])
    before = row.get_attribute("data-row-version")
    shown = Session.objects.get(pk=room.pk)
    epoch, v = str(shown.epoch), shown.version
    rows = {"type": "rows", "from": v, "v": v + 1, "rows": {str(people[0].pk): "<li>faux</li>"}}
    line.send({**rows, "epoch": str(uuid.uuid4()), "counters": {"finished": 9}})
    line.send({"type": "hb", "epoch": str(uuid.uuid4()), "v": v})
    line.send({**rows, "counters": {"finished": 9}})  # of the history named just before
    line.send({"type": "board", "epoch": epoch, "v": v - 1, "html": "<div id=board>vieux</div>"})
    person.page.wait_for_timeout(300)
    expect(row).to_have_attribute("data-row-version", before)
    expect(person.page.locator("#board")).to_have_attribute("data-version", str(v))
    assert len(line.resumes) == 1


def test_another_history_brings_the_whole_board(browser, site, room, by, people):
    """A restored backup: the epoch is another, the version may be smaller."""
    person, _ = open_room(browser, site, room)
    epoch = uuid.uuid4()
    factories.candidate(room, birth_name="Zola")
    Session.objects.filter(pk=room.pk).update(epoch=epoch, version=2)
    board = person.page.locator("#board")
    expect(board).to_have_attribute("data-epoch", str(epoch), timeout=15_000)
    expect(person.row(people[0])).to_be_visible()
    expect(person.page.locator(".row")).to_have_count(4)
    expect_exact(person, room)


def test_silence_is_told_with_its_age(browser, site, room, by, people):
    person, line = open_room(browser, site, room, clock=True)
    line.is_black = True
    person.page.clock.run_for(27_000)
    expect_pulse(person, "stale")
    expect(person.page.locator("#pulse")).to_have_text(re.compile(r"perdue depuis 0:2\d"))
    button = person.row(people[0]).get_by_role("button", name="Autoriser le départ")
    expect(button).to_have_attribute("aria-disabled", "true")
    person.accessible("stale board")
    keep_sight(person, "stale")
    button.click(force=True)
    expect(person.page.get_by_role("alert").last).to_contain_text("n’est pas à jour")
    people[0].refresh_from_db()
    assert people[0].authorized_until is None

    line.is_black = False
    services.authorize_start(people[1], user=by)
    person.page.clock.run_for(16_000)
    expect_pulse(person, "on")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect_exact(person, room)


def test_a_room_without_websockets(browser, site, room, by, people):
    """The page lives by polling, and goes back to the socket when it can."""
    person, line = open_room(browser, site, room, clock=True)
    polls = []
    person.page.on("request", lambda each: "/live/" in each.url and polls.append(each.url))
    line.is_refused = True
    line.route.close()
    for _ in range(4):
        person.page.clock.run_for(2_000)
        person.page.wait_for_timeout(100)
    expect_pulse(person, "on")
    assert line.opened >= 3
    services.authorize_start(people[0], user=by)
    services.pause_room(room, user=by)
    person.page.clock.run_for(3_500)
    expect_version(person, room)
    person.accessible("board by polling")
    keep_sight(person, "polling")
    assert f"v={Session.objects.get(pk=room.pk).version - 2}" in "".join(polls)

    line.is_refused = False
    refused = line.opened
    for _ in range(40):
        if line.opened > refused:
            break
        person.page.clock.run_for(1_000)
        person.page.wait_for_timeout(50)
    person.page.wait_for_timeout(1_000)
    expect_pulse(person, "on")
    assert line.opened == refused + 1
    before = len(polls)
    services.resume_room(room, user=by)
    person.page.clock.run_for(8_000)
    expect_exact(person, room)
    assert len(polls) <= before + 1


@pytest.mark.parametrize("is_counted", [True, False])
def test_waking_from_ten_minutes_of_sleep(browser, site, room, by, people, is_counted):
    """Some computers count their sleep in the monotonic clock, some do not."""
    person, line = open_room(browser, site, room, clock=True)
    page = person.page
    line.is_black = True
    services.authorize_start(people[0], user=by)
    services.end_test(people[2], user=by, reason="Départ anticipé")
    if is_counted:
        page.clock.fast_forward(600_000)
    else:
        page.evaluate("Date.now = ((real) => () => real() + 600_000)(Date.now)")
        page.clock.run_for(1_000)
    expect_pulse(person, "stale")
    expect(page.locator("#pulse")).to_have_text(re.compile("perdue depuis 10:0"))
    assert line.opened == 2  # the dead socket is dropped at once

    line.is_black = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.clock.run_for(11_000)  # an opening that hangs, given up
    expect_pulse(person, "on")
    expect_exact(person, room)


def test_shut_out(browser, site, room, by, people):
    person, line = open_room(browser, site, room)
    person.open_sheet(people[2])
    line.send({"type": "bye", "code": "login"})
    line.route.close(code=4401)
    expect_pulse(person, "off")
    person.page.keyboard.press("Escape")
    told = person.page.get_by_role("alert").filter(visible=True)
    expect(told).to_contain_text("Vous n’êtes plus connecté à cette salle.")
    button = person.row(people[0]).get_by_role("button", name="Autoriser le départ")
    expect(button).to_have_attribute("aria-disabled", "true")
    person.accessible("shut out")
    keep_sight(person, "over")
    person.page.wait_for_timeout(3_000)
    assert line.opened == 1  # nothing is tried again
    told.get_by_role("link", name="Se reconnecter").click()
    expect(person.page).to_have_url(re.compile("/surveillance/$"))


@pytest.mark.parametrize("is_refused", [True, False])
def test_access_withdrawn(browser, site, room, by, people, is_refused):
    """Seen by polling, or by a handshake that is refused."""
    person, line = open_room(browser, site, room, clock=True)
    line.is_refused = is_refused
    SupervisorAccess.objects.filter(user=person.account).delete()
    line.route.close()
    for _ in range(8):
        person.page.clock.run_for(2_000)
        person.page.wait_for_timeout(150)
    expect_pulse(person, "off")
    expect(person.page.get_by_role("link", name="Se reconnecter")).to_be_visible()


@pytest.mark.parametrize("code", ["restart", "slow"])
def test_the_server_asks_to_come_back(browser, site, room, by, people, code):
    person, line = open_room(browser, site, room)
    line.send({"type": "bye", "code": code})
    line.route.close(code=1012)
    services.authorize_start(people[0], user=by)
    expect_version(person, room, timeout=8_000)
    expect_pulse(person, "on")
    assert line.opened == 2


@pytest.mark.parametrize("code", ["many", "flood"])
def test_a_browser_that_asks_for_too_much_waits(browser, site, room, by, people, code):
    """Half a minute at least; then it is as before."""
    person, line = open_room(browser, site, room, clock=True)
    line.send({"type": "bye", "code": code})
    line.route.close(code=4429)
    expect_pulse(person, "stale")
    person.page.clock.run_for(29_000)
    person.page.wait_for_timeout(300)
    assert line.opened == 1
    person.page.clock.run_for(32_000)  # faster than a socket opens: perhaps more than one
    expect_pulse(person, "on")
    assert line.opened > 1


def test_a_candidate_without_websockets(browser, site, room, by):
    """Present by polling, moved by it; and away once it stops."""
    person = factories.waiting(room)
    candidate, line = Candidate(browser, site), Line()
    line.is_refused = True
    candidate.page.route_web_socket("**/ws/**", line)
    candidate.join(room, person)
    candidate.expect_stage("waiting")
    candidate.page.wait_for_timeout(14_000)  # longer than a blip
    person = factories.fresh(person)
    assert (person.away_since, bool(person.node)) == (None, True)
    services.authorize_start(person, user=by)
    candidate.expect_stage("ready")

    candidate.context.clear_cookies()
    back = candidate.page.get_by_role("link", name="Rejoindre ma session")
    expect(back).to_be_visible(timeout=10_000)
    candidate.accessible("a seat that is not known any more")
    for _ in range(20):
        if factories.fresh(person).away_since:
            return
        candidate.page.wait_for_timeout(1_000)
    raise AssertionError("the candidate who polls no more is still shown as present")
