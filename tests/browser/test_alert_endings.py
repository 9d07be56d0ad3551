"""However a reported problem ends, board and test both move on by themselves: nobody waits."""

import re

import pytest
from django.http import HttpResponse
from playwright.sync_api import expect

from candidates import access, answering, services
from candidates.end_reasons import LACK_OF_TIME
from candidates.models import Timer
from incidents import closing, entries, entry_services
from incidents import services as incidents
from incidents.models import Alert, Incident
from sessions_app import clock
from sessions_app.models import Session
from sessions_app.refusals import Conflict
from tests import factories

from .lines import Line, open_room
from .people import Candidate

pytestmark = pytest.mark.browser
LOST_MS = 25_000  # a loss is told after ten seconds
FILE_QUESTION = 8
SIGNED = {"name": "Mme Lefèvre", "role": "Surveillante"}


@pytest.fixture
def desk(browser, site, room, by):
    """A supervisor at the board, a candidate who has just reported a problem."""
    return Desk(browser, site, room, by)


class Desk:
    def __init__(self, browser, site, room, by):
        self.browser, self.site, self.room, self.by = browser, site, room, by
        self.row = factories.running(room, by)
        self.supervisor, _ = open_room(browser, site, room)
        self.candidate, self.line = self.sit(self.row)
        self.candidate.expect_stage("question")

    def sit(self, row) -> tuple[Candidate, Line]:
        """The computer that holds the seat, with its line in hand."""
        person, line = Candidate(self.browser, self.site), Line()
        response = HttpResponse()
        access.give_seat(response, factories.seat_of(row))
        name, cookie = next(iter(response.cookies.items()))
        person.context.add_cookies([{"name": name, "value": cookie.value, "url": self.site}])
        person.page.route_web_socket("**/ws/**", line)
        person.page.goto(f"{self.site}/candidat/test/")
        return person, line

    def cut(self) -> None:
        """The network of this computer goes: its socket, and everything else."""
        self.line.is_refused = True
        self.candidate.context.set_offline(True)
        self.line.route.close()

    def restore(self) -> None:
        self.candidate.context.set_offline(False)
        self.line.is_refused = False

    def report(self, subject: str = Alert.Subject.IMAGE.label) -> None:
        page = self.candidate.page
        page.get_by_text("Signaler un problème").click()
        page.get_by_label(str(subject)).check()
        page.get_by_role("button", name="Prévenir le surveillant").click()
        self.candidate.expect_stage("alert")
        expect(self.on_board).to_have_attribute("data-flags", re.compile("alert"))

    @property
    def on_board(self):
        return self.supervisor.row(self.row)

    def open_problem(self):
        self.supervisor.act(self.row, "Voir le problème")
        sheet = self.supervisor.sheet()
        expect(sheet.get_by_role("heading", name="Problème signalé")).to_be_visible()
        return sheet

    def expect_over(self, outcome: str) -> Alert:
        """Nothing is asked any more, on the board or in the rows."""
        expect(self.on_board).not_to_have_attribute("data-flags", re.compile("alert"))
        alert = Alert.objects.latest("raised_at")
        assert (alert.outcome, alert.closed_at is None) == (outcome, False)
        errors = self.supervisor.errors + self.candidate.errors
        assert [each for each in errors if "WebSocket" not in each] == []
        return alert


def expect_question(candidate: Candidate, number: int) -> None:
    candidate.expect_stage("question")
    field = candidate.page.locator("#question-form input[name=question]")
    expect(field).to_have_value(str(number))


def test_accepted_with_a_reason_that_fits_the_question(desk):
    for number in range(1, FILE_QUESTION):
        answering.answer(factories.fresh(desk.row), factories.seat_of(desk.row), number, "")
    desk.candidate.page.reload()
    expect_question(desk.candidate, FILE_QUESTION)
    desk.report(Alert.Subject.FILE.label)
    sheet = desk.open_problem()
    offered = sheet.locator("select[name=category] option").evaluate_all(
        "all => all.map(o => o.value)"
    )
    assert offered[0] == "E3"
    assert not {"E1", "E2", "E8", "E10"} & set(offered)
    desk.supervisor.accessible("a problem with a file")
    sheet.get_by_role("button", name="Accepter").click()
    expect_question(desk.candidate, FILE_QUESTION)
    alert = desk.expect_over("accepted")
    assert list(Incident.objects.values_list("category", "question", "alert")) == [
        ("E3", FILE_QUESTION, alert.pk)
    ]
    desk.candidate.answer()
    expect_question(desk.candidate, FILE_QUESTION + 1)


def test_refused_with_a_word_then_waiting_through_a_pause(desk):
    """Suspended, the room comes first; resumed, the problem still waits, and can be handled."""
    desk.report()
    sheet = desk.open_problem()
    sheet.get_by_label("Un mot au candidat").fill("L’image est plus bas.")
    sheet.get_by_role("button", name="Refuser").click()
    expect_question(desk.candidate, 1)
    assert desk.expect_over("rejected").reply == "L’image est plus bas."
    expect(desk.candidate.page.get_by_text("L’image est plus bas.")).to_be_visible()

    desk.candidate.answer()
    desk.report()
    services.pause_room(desk.room, user=desk.by)
    desk.candidate.expect_stage("paused")
    services.resume_room(desk.room, user=desk.by)
    desk.candidate.expect_stage("alert")
    desk.open_problem().get_by_role("button", name="Refuser").click()
    expect_question(desk.candidate, 2)
    desk.expect_over("rejected")


def test_answered_from_another_page_before_it_was_reported(desk):
    """The page still shows a question that is answered: nothing is reported, the next one opens."""
    desk.line.is_black = True
    desk.candidate.page.get_by_text("Signaler un problème").click()
    answering.answer(factories.fresh(desk.row), factories.seat_of(desk.row), 1, "a")
    desk.candidate.page.get_by_label("Une image ne s’affiche pas").check()
    desk.candidate.page.get_by_role("button", name="Prévenir le surveillant").click()
    expect_question(desk.candidate, 2)
    assert not Alert.objects.exists()
    expect(desk.on_board).not_to_have_attribute("data-flags", re.compile("alert"))


def test_the_supervisor_ends_the_test(desk):
    desk.report()
    desk.supervisor.open_sheet(desk.row)
    desk.supervisor.sheet().get_by_text("Mettre fin au test", exact=True).click()
    desk.supervisor.sheet().get_by_role("button", name="Mettre fin au test de").click()
    desk.candidate.expect_stage("finished")
    expect(desk.on_board).to_have_attribute("data-state", "finished")
    desk.expect_over("dropped")


def test_the_hour_ends_the_test(browser, site):
    """A session that ends by itself: nobody touches anything."""
    room = factories.session(auto_end=True)
    desk = Desk(browser, site, room, factories.supervisor(room))
    desk.report()
    Timer.objects.filter(candidate=desk.row).update(ends_at=clock.now())
    desk.candidate.expect_stage("finished", timeout=LOST_MS)
    expect(desk.on_board).to_have_attribute("data-state", "finished")
    desk.expect_over("dropped")


@pytest.mark.parametrize("handled", ["while away", "once back"])
def test_the_candidate_is_cut_off_and_comes_back(desk, handled):
    desk.report()
    desk.cut()
    expect(desk.on_board).to_have_attribute("data-flags", re.compile("away"), timeout=LOST_MS)
    if handled == "while away":
        incidents.reject_alert(factories.fresh(desk.row), user=desk.by)
        desk.expect_over("rejected")
    desk.restore()
    expect(desk.on_board).not_to_have_attribute("data-flags", re.compile("away"), timeout=LOST_MS)
    if handled == "once back":
        desk.candidate.expect_stage("alert")
        desk.open_problem().get_by_role("button", name="Refuser").click()
        desk.expect_over("rejected")
    expect_question(desk.candidate, 1)


def test_another_computer_takes_the_seat(desk):
    """The problem goes with the person, not with the computer."""
    desk.report()
    desk.cut()
    second = Candidate(desk.browser, desk.site)
    second.join(desk.room, desk.row)
    second.expect_stage("resume")
    desk.supervisor.open_sheet(desk.row)
    desk.supervisor.sheet().get_by_role("button", name=re.compile("Autoriser")).first.click()
    second.expect_stage("alert")
    desk.restore()
    desk.candidate.expect_stage("elsewhere", timeout=LOST_MS)
    desk.open_problem().get_by_role("button", name="Refuser").click()
    expect_question(second, 1)
    desk.expect_over("rejected")
    second.answer()
    expect_question(second, 2)


def test_the_room_is_finalised(desk):
    """Refused while the problem waits, which is named; then nothing is left to wait for, not even
    for a second person, whose waiting room ends with the session."""
    waiting = factories.waiting(desk.room)
    second, _ = desk.sit(waiting)
    second.expect_stage("waiting")
    page = desk.supervisor.page
    desk.report()
    page.goto(f"{desk.site}/surveillance/{desk.room.number}/cloture/")
    expect(page.locator("main")).to_contain_text("Des signalements attendent votre réponse.")
    desk.supervisor.accessible("closing with an open problem")
    absent = entries.ENTRIES["mark-absent"]
    entry_services.note_entry(waiting, entry=absent, user=desk.by)
    with pytest.raises(Conflict) as refusal:
        closing.finalize(desk.room, user=desk.by, **SIGNED)
    assert refusal.value.details["open"] == ["alerts"]
    services.end_test(factories.fresh(desk.row), user=desk.by, reason=LACK_OF_TIME)
    desk.candidate.expect_stage("finished")
    page.reload()
    expect(page.locator("main")).to_contain_text("Tout est réglé")
    desk.supervisor.accessible("closing, ready to be signed")
    page.locator("[name=name]").fill("Mme Lefèvre")
    page.locator("[name=role]").fill("Surveillante")
    page.locator("[name=password]").fill(factories.PASSWORD)
    page.get_by_role("button", name="Signer et finaliser la session").click()
    expect(page.get_by_role("heading", name="Signature")).to_be_visible()
    desk.supervisor.accessible("signed PV")
    page.goto(f"{desk.site}/surveillance/{desk.room.number}/cloture/")
    desk.supervisor.accessible("closing of a finalised session")
    second.expect_stage("closed")
    desk.candidate.expect_stage("finished")
    assert Session.objects.get().state == Session.State.FINALIZED
    assert Alert.objects.get().outcome == "dropped"
