"""The clock of the phone or of the computer is wrong by a day: nothing changes."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories

from .people import Candidate, Supervisor

pytestmark = pytest.mark.browser

A_DAY_LATE = """
const real = Date;
const day = 24 * 3600 * 1000;
globalThis.Date = class extends real {
  constructor(...given) { given.length ? super(...given) : super(real.now() - day); }
  static now() { return real.now() - day; }
};
"""


def test_remaining_time_ignores_the_browsers_clock(browser, site):
    room = factories.session()
    user = factories.supervisor(room)
    person = factories.waiting(room)
    account = factories.user()

    supervisor = Supervisor(browser, site)
    supervisor.context.add_init_script(A_DAY_LATE)
    supervisor.log_in(account.email)
    supervisor.enter(room.number, room.supervisor_code)
    candidate = Candidate(browser, site)
    candidate.context.add_init_script(A_DAY_LATE)
    candidate.join(room, person)

    # Joined again from this browser: the same person, not started, gets the seat.
    supervisor.act(person, "Autoriser le départ")
    candidate.page.get_by_role("button", name="Commencer le test").click()
    expect(candidate.page.locator("#time-left")).to_contain_text(re.compile(r"1:4[45]:\d\d"))
    expect(supervisor.row(person)).to_contain_text(re.compile(r"reste 1.h.4[45]"))
    assert user != account


def test_hours_are_those_of_the_centre(browser, site):
    """A centre on Réunion, read from a browser in Paris."""
    centre = factories.center(time_zone="Indian/Reunion")
    room = factories.session(center=centre)
    person = factories.running(room, factories.supervisor(room))
    account = factories.user()
    supervisor = Supervisor(browser, site, timezone_id="Europe/Paris")
    supervisor.log_in(account.email)
    supervisor.enter(room.number, room.supervisor_code)
    hour = person.ends_at.astimezone(room.zone).strftime("%H:%M")
    expect(supervisor.row(person)).to_contain_text(hour)
