"""How many taps an incident takes, from the card of the candidate to the line of the PV."""

import re

import pytest
from playwright.sync_api import expect

from incidents.models import Incident
from tests import factories

from .test_taps import SIZES, hold

pytestmark = pytest.mark.browser


def open_card(browser, site, room, size, each):
    """A thumb on the detail of that card, which is open."""
    person, thumb = hold(browser, site, room, size)
    thumb(person.row(each).locator("[data-key=more]"))
    expect(person.sheet()).to_be_visible()
    return person, thumb


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size["width"])
def test_an_incident_in_three_taps_and_one_sentence(browser, site, room, by, size):
    each = factories.running(room, by)
    person, tap = open_card(browser, site, room, size, each)
    tap(person.sheet().get_by_text("Noter un incident", exact=True))
    expect(person.sheet().locator(".note textarea")).to_be_focused()  # no tap for the caret
    person.page.keyboard.insert_text("La souris ne répond plus.")
    tap(person.sheet().get_by_role("button", name=re.compile("^C7 ")))
    expect(person.sheet()).to_be_hidden()
    assert tap.taps == 3
    kept = Incident.objects.get()
    assert (kept.candidate, kept.category, kept.text) == (each, "C7", "La souris ne répond plus.")
    assert person.errors == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size["width"])
def test_a_timed_question_that_extra_time_does_not_cover_in_one(browser, site, room, by, size):
    each = factories.running(room, by, extra_time_percent=33)
    person, tap = open_card(browser, site, room, size, each)
    opened = tap.taps
    tap(person.sheet().get_by_role("button", name=re.compile(r"\(E8\)$")))
    expect(person.sheet()).to_be_hidden()
    assert tap.taps - opened == 1
    kept = Incident.objects.get()
    assert (kept.candidate, kept.category, kept.question) == (each, "E8", 1)
    assert person.errors == []
