"""Who needs a person, in the hands of those who go: counted taps, and nobody goes twice."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from candidates import duties, services
from candidates.models import Candidate, Timer
from incidents import services as incidents
from sessions_app import clock
from tests import factories

from .lines import expect_exact, open_room
from .people import PHONE
from .people import Candidate as Computer

pytestmark = pytest.mark.browser


class Taps:
    """A finger that counts."""

    def __init__(self):
        self.count = 0

    def on(self, control) -> None:
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 44
        control.tap()
        self.count += 1


def pass_end_hour(people) -> None:
    now = clock.now()
    timers = Timer.objects.filter(candidate__in=people)
    timers.update(started_at=now - timedelta(hours=2), ends_at=now - timedelta(minutes=4))
    duties.note_overtime()


def test_three_overtimes_are_ended_in_three_taps(browser, site, room, by):
    people = [factories.running(room, by) for _ in range(4)]
    person, _ = open_room(browser, site, room, size=PHONE, has_touch=True)
    pass_end_hour(people[:3])
    taps, card = Taps(), person.page.locator("#closing-time")
    expect(card).to_contain_text("Heure de fin passée pour 3 candidats")
    person.accessible("closing time")
    taps.on(card.get_by_role("button", name="Mettre fin à ces 3 tests"))
    expect(person.sheet()).to_be_visible()
    person.accessible("closing time, the group")
    taps.on(person.sheet().get_by_role("button", name="Mettre fin à 3 tests"))
    for each in people[:3]:
        expect(person.row(each)).to_have_attribute("data-state", "finished")
    expect(card).to_have_count(0)
    expect(person.page.locator(".calm")).to_be_visible()
    assert taps.count <= 3
    assert Candidate.objects.filter(state="finished", ended_by="supervisor").count() == 3
    assert factories.fresh(people[3]).state == "in_progress"
    expect_exact(person, room)
    assert person.errors == []


def test_from_an_alert_to_the_decision_in_two_taps(browser, site, room, by):
    paul = factories.running(room, by)
    person, _ = open_room(browser, site, room, size=PHONE, has_touch=True)
    incidents.raise_alert(paul, factories.seat_of(paul), subject="page")
    taps = Taps()
    taps.on(person.row(paul).get_by_role("button", name="Voir le problème"))
    expect(person.sheet()).to_be_visible()
    taps.on(person.sheet().get_by_role("button", name="Accepter"))
    expect(person.row(paul)).not_to_have_attribute("data-flags", re.compile("alert"))
    assert taps.count == 2
    assert incidents.Incident.objects.filter(candidate=paul).count() == 1
    assert person.errors == []


def test_who_goes_is_seen_by_the_others(browser, site, room, by):
    paul = factories.running(room, by)
    incidents.raise_alert(paul, factories.seat_of(paul), subject="page")
    first, _ = open_room(browser, site, room, size=PHONE, has_touch=True)
    second, _ = open_room(browser, site, room, size=PHONE, has_touch=True)
    Taps().on(first.row(paul).get_by_role("button", name="Je m’en occupe"))
    for each in (first, second):
        expect(each.row(paul)).to_contain_text("s’en occupe")
        each.accessible("claimed")
        expect_exact(each, room)
    assert first.errors == second.errors == []


def test_what_the_computer_has_not_received_is_said(browser, site, room, by):
    paul = factories.waiting(room)
    Candidate.objects.filter(pk=paul.pk).update(seat="")
    computer = Computer(browser, site)
    computer.join(room, paul)
    computer.expect_stage("waiting")
    person, _ = open_room(browser, site, room, size=PHONE)
    computer.context.set_offline(True)
    services.authorize_start(factories.fresh(paul), user=by)
    expect(person.row(paul)).to_contain_text("pas encore reçu par le poste")
    person.accessible("not received yet")
    computer.context.set_offline(False)
    computer.expect_stage("ready", timeout=40_000)
    expect(person.row(paul)).not_to_contain_text("pas encore reçu")
    expect_exact(person, room)
    assert person.errors == []
