"""The supervisors' words on the PV: saved while typed, whatever becomes of the page."""

import re
import time

import pytest
from playwright.sync_api import expect

from incidents import services as incidents
from incidents.models import Incident, Remark
from tests import factories

from .lines import open_room

pytestmark = pytest.mark.browser
SLOWLY = 120  # ms between two signs: nobody pauses
LOST_SECONDS = 5


def typed(person) -> str:
    return person.page.locator("#remarks").input_value()


def open_report(browser, site, room):
    person, _ = open_room(browser, site, room)
    person.page.goto(f"{site}/surveillance/{room.number}/pv/")
    return person


def expect_kept(person, text: str, within: float = LOST_SECONDS) -> None:
    """That text is in the database, within so many seconds."""
    deadline = time.monotonic() + within
    while not Remark.objects.filter(author=person.account, text=text).exists():
        assert time.monotonic() < deadline, list(Remark.objects.values_list("text", flat=True))
        person.page.wait_for_timeout(100)


def test_two_write_at_once_and_each_keeps_their_own(browser, site, room, by):
    """A reload, then a crash, give each their own words; the other reads them."""
    first, second = (open_report(browser, site, room) for _ in range(2))
    for turn in range(3):
        for person, name in ((first, "Lefèvre"), (second, "N’Diaye")):
            person.page.locator("#remarks").press_sequentially(f"{name} {turn}. ")
    expect_kept(first, "Lefèvre 0. Lefèvre 1. Lefèvre 2. ")
    expect_kept(second, "N’Diaye 0. N’Diaye 1. N’Diaye 2. ")
    expect(first.page.locator("#saving")).to_have_text("Enregistré.")
    first.accessible("PV with words")
    for person, own, others in (
        (first, "Lefèvre 2", "N’Diaye 2"),
        (second, "N’Diaye 2", "Lefèvre 2"),
    ):
        person.page.reload()
        assert own in typed(person)
        expect(person.page.locator(".words-of-others")).to_contain_text(others)
        assert person.errors == []


def test_a_crash_loses_five_seconds_at_most(browser, site, room, by):
    """The page dies, with no last word: after a pause nothing is lost, without one five seconds."""
    person = open_report(browser, site, room)
    field = person.page.locator("#remarks")
    field.press_sequentially("Une coupure de courant à 9 h 12.")
    person.page.wait_for_timeout(LOST_SECONDS * 1_000)
    assert Remark.objects.get().text == "Une coupure de courant à 9 h 12."
    marks, started = [], time.monotonic()
    while time.monotonic() - started < LOST_SECONDS + 2:
        field.press_sequentially("abc", delay=SLOWLY)
        marks.append((time.monotonic(), len(typed(person))))
    crashed_at = time.monotonic()
    crash(person)
    kept = len(Remark.objects.get().text)
    older = [length for at, length in marks if at < crashed_at - LOST_SECONDS]
    assert kept >= older[-1] > len("Une coupure de courant à 9 h 12.")
    person.page = person.context.new_page()
    person.page.goto(f"{site}/surveillance/{room.number}/pv/")
    assert typed(person) == Remark.objects.get().text


def crash(person) -> None:
    """The computer dies: no last word leaves it."""
    person.context.set_offline(True)
    person.page.close()
    person.context.set_offline(False)


def test_two_pages_of_one_person_ask_which_text_stays(browser, site, room, by):
    person = open_report(browser, site, room)
    older = person.context.new_page()
    older.goto(f"{site}/surveillance/{room.number}/pv/")
    person.page.locator("#remarks").fill("Le texte d’ici.")
    expect_kept(person, "Le texte d’ici.")
    older.locator("#remarks").fill("Le texte de là.")
    expect(older.locator("#clash")).to_contain_text("Le texte d’ici.")
    assert Remark.objects.get().text == "Le texte d’ici."
    older.get_by_role("button", name="Garder le mien").click()
    expect_kept(person, "Le texte de là.")


def test_the_dialog_of_an_incident_is_accessible_and_comes_back_to_the_pv(browser, site, room, by):
    each = factories.running(room, by)
    incidents.note_incident(each, user=by, category="C7", text="Écran noir.")
    person, _ = open_room(browser, site, room)
    person.open_sheet(each)
    person.sheet().get_by_role("link", name=re.compile("Corriger l’incident")).click()
    expect(person.sheet().get_by_role("heading", name="Corriger un incident")).to_be_visible()
    person.accessible("dialog of an incident")
    person.page.goto(f"{site}/surveillance/{room.number}/pv/")
    person.accessible("PV with an incident")
    person.page.get_by_role("link", name=re.compile("Corriger la ligne")).click()
    person.accessible("incident")
    person.page.get_by_label("Ce qui s’est passé").fill("Écran noir pendant une minute.")
    person.page.get_by_role("button", name="Corriger", exact=True).click()
    expect(person.page.locator(".pv-lines")).to_contain_text("Écran noir pendant une minute.")
    expect(person.page.locator(".earlier")).to_contain_text("Écran noir.")
    assert list(Incident.objects.order_by("pk").values_list("text", flat=True)) == [
        "Écran noir.",
        "Écran noir pendant une minute.",
    ]
