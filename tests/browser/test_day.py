"""A day in the room: a supervisor on a phone, a candidate on a laptop, the real server."""

import re

import pytest
from playwright.sync_api import expect

from candidates.models import Candidate as CandidateRow
from candidates.models import Timer
from sessions_app.models import Session
from tests import factories

from .people import Candidate, Supervisor

pytestmark = pytest.mark.browser


def test_the_whole_day(browser, site):
    room = factories.session(grace_seconds=1)
    account = factories.user("surveillante@example.org")
    paul = factories.candidate(room, birth_name="D’Aubigné", first_name="Paul")
    factories.candidate(room, birth_name="Nguyen", first_name="Léa")

    supervisor = Supervisor(browser, site)
    supervisor.log_in(account.email)
    supervisor.enter(f"{room.number[:3]} {room.number[3:]}", room.supervisor_code.lower())
    supervisor.accessible("board")

    candidate = Candidate(browser, site)
    candidate.join(room, paul, last_name="d aubigne")
    candidate.expect_stage("waiting")
    candidate.accessible("waiting room")
    expect(supervisor.row(paul)).to_have_attribute("data-flags", re.compile("asks-start"))
    expect(supervisor.page.locator("#needs-me li")).to_have_count(1)

    supervisor.act(paul, "Autoriser le départ")
    candidate.expect_stage("ready")
    candidate.accessible("ready")
    candidate.page.get_by_role("button", name="Commencer le test").click()
    candidate.expect_stage("question")
    candidate.accessible("question")
    expect(supervisor.row(paul)).to_have_attribute("data-state", "in_progress")

    for _ in range(3):
        candidate.answer()
    expect(supervisor.row(paul)).to_contain_text("4/20")

    _loses_connection_and_resumes(supervisor, candidate, paul)
    _gets_time(supervisor, candidate, paul)
    _reports_a_problem(supervisor, candidate, paul)
    _is_ended(supervisor, candidate, paul)

    supervisor.page.goto(f"{site}/surveillance/{room.number}/pv/")
    expect(supervisor.page.locator("main")).to_contain_text("D’AUBIGNÉ Paul")
    supervisor.accessible("PV")
    assert supervisor.errors == []
    assert [each for each in candidate.errors if "WebSocket" not in each] == []


def _loses_connection_and_resumes(supervisor, candidate, paul):
    candidate.page.goto("about:blank")
    expect(supervisor.row(paul)).to_have_attribute("data-flags", re.compile("away"), timeout=20_000)
    candidate.page.goto(f"{candidate.site}/candidat/test/")
    candidate.expect_stage("resume")
    candidate.accessible("resume")
    expect(supervisor.row(paul)).to_have_attribute("data-flags", re.compile("asks-resume"))
    supervisor.accessible("board with a request")
    supervisor.act(paul, "Autoriser")
    supervisor.sheet().get_by_label("Minutes à rendre").fill("2")
    supervisor.accessible("sheet to resume")
    supervisor.sheet().get_by_role("button", name="Autoriser et rendre ce temps").click()
    candidate.expect_stage("question")
    expect(candidate.page.locator("#question-form input[name=question]")).to_have_value("4")


def _gets_time(supervisor, candidate, paul):
    timer = Timer.objects.get(candidate=paul)
    before = timer.ends_at
    supervisor.open_sheet(paul)
    supervisor.sheet().get_by_text("Ajouter du temps", exact=True).click()
    supervisor.sheet().get_by_label("Nombre de minutes").fill("10")
    supervisor.sheet().get_by_label("Motif").first.fill("Incident technique")
    supervisor.accessible("sheet to add time")
    supervisor.sheet().get_by_role("button", name="Ajouter", exact=True).click()
    expect(supervisor.sheet()).not_to_be_visible()
    expect(candidate.page.locator("#live-status")).to_contain_text("ajouté du temps")
    timer.refresh_from_db()
    assert (timer.ends_at - before).total_seconds() == 600
    expect(candidate.page.locator("#time-left")).to_contain_text(re.compile(r"1:5\d:\d\d"))
    expect(supervisor.row(paul)).to_contain_text(re.compile(r"\+12.min"))


def _reports_a_problem(supervisor, candidate, paul):
    candidate.page.get_by_text("Signaler un problème").click()
    candidate.accessible("report a problem")
    candidate.page.get_by_label("Une image ne s’affiche pas").check()
    candidate.page.get_by_role("button", name="Prévenir le surveillant").click()
    candidate.expect_stage("alert")
    candidate.accessible("problem reported")
    expect(supervisor.row(paul)).to_have_attribute("data-flags", re.compile("alert"))
    supervisor.act(paul, "Voir le problème")
    supervisor.accessible("sheet with a problem")
    supervisor.sheet().get_by_role("button", name="Accepter : noter l’incident").click()
    candidate.expect_stage("question")


def _is_ended(supervisor, candidate, paul):
    supervisor.open_sheet(paul)
    supervisor.sheet().get_by_text("Mettre fin au test", exact=True).click()
    supervisor.sheet().get_by_role("button", name="Mettre fin au test de Paul").click()
    candidate.expect_stage("finished")
    candidate.accessible("finished")
    expect(supervisor.row(paul)).to_have_attribute("data-state", "finished")
    row = CandidateRow.objects.get(pk=paul.pk)
    assert (row.ended_by, row.end_reason) == ("supervisor", "Temps écoulé")


def test_supervisor_comes_back_to_the_same_room(browser, site):
    """Another computer, the same number and code: nothing of the session has changed."""
    room = factories.session()
    account = factories.user()
    by = factories.supervisor(room)
    running = factories.running(room, by)
    before = Session.objects.values().get(pk=room.pk)

    first = Supervisor(browser, site)
    first.log_in(account.email)
    first.enter(room.number, room.supervisor_code)
    first.context.close()
    after_first = Session.objects.values().get(pk=room.pk)

    second = Supervisor(browser, site)
    second.log_in(account.email)
    second.enter(room.number, room.supervisor_code)
    expect(second.row(running)).to_have_attribute("data-state", "in_progress")
    assert Session.objects.values().get(pk=room.pk) == after_first
    assert after_first["version"] == before["version"] + 1  # the entry itself, noted once
