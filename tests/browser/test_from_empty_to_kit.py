"""From an empty centre to printed kits: what an administrator does, counted.

Who has just logged in imports the file that they already have, twelve sessions, and prints.
Choosing the file is one gesture; a field that is filled already costs nothing.
"""

import csv
import io
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Download, Locator, expect

from candidates.import_columns import Column
from candidates.models import Candidate
from sessions_app.models import Session
from tests import factories
from tests.pdf import Pdf

from .people import LAPTOP, Supervisor

pytestmark = pytest.mark.browser
ROOMS, SEATS = 12, 30


def list_of_twelve(day) -> bytes:
    """The mass-import format: a session on its first candidate's line, then the others'."""
    out = io.StringIO()
    lines = csv.DictWriter(out, [column.value for column in Column], delimiter=";")
    lines.writeheader()
    for room in range(ROOMS):
        for seat in range(SEATS):
            person = {
                Column.BIRTH_NAME: f"Durand {chr(65 + room)}",
                Column.FIRST_NAME: f"Élise {chr(65 + seat // 26)}{chr(65 + seat % 26)}",
                Column.BIRTHDATE: "23/04/2010",
                Column.SEX: "F",
                Column.BIRTH_POSTAL_CODE: "69003",
                Column.BIRTH_CITY: "Lyon",
                Column.BIRTH_COUNTRY: "France",
                Column.PRICING: "Gratuite",
            }
            if seat == 0:
                person |= {
                    Column.SITE: "Lycée Ada-Lovelace",
                    Column.ROOM: f"Salle {101 + room}",
                    Column.DATE: f"{day:%d/%m/%Y}",
                    Column.START_TIME: "09:00" if room < ROOMS / 2 else "14:00",
                    Column.SUPERVISORS: "Mme Kervella",
                }
            lines.writerow({column.value: cell for column, cell in person.items()})
    return out.getvalue().encode("utf-8-sig")


class Hand:
    """Clicks and files chosen, counted."""

    def __init__(self, page):
        self.page, self.clicks, self.typed = page, 0, 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def choose(self, target: Locator, path: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.click(target)
        chooser.value.set_files(path)

    def download(self, target: Locator) -> bytes:
        with self.page.expect_download() as begun:
            self.click(target)
        file: Download = begun.value
        return Path(file.path()).read_bytes()


def check(person: Supervisor, what: str) -> None:
    assert person.errors == []
    person.accessible(what)
    person.errors.clear()  # axe's own styles, which the policy refuses


def button(page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_twelve_sessions_imported_and_printed_in_six_clicks(browser, site, tmp_path, scheme):
    center = factories.center()
    person = Supervisor(browser, site, color_scheme=scheme)
    page = person.page
    page.set_viewport_size(LAPTOP)
    person.log_in(factories.head(center).email)
    page.goto(f"{site}/admin/")
    path = tmp_path / "sessions.csv"
    path.write_bytes(list_of_twelve(timezone.localdate() + timedelta(days=7)))

    started, hand = time.monotonic(), Hand(page)
    hand.click(page.get_by_role("link", name="importer une liste").first)
    check(person, "the first step")
    hand.choose(page.get_by_label("Liste des candidats"), path)
    hand.click(button(page, "Vérifier la liste"))
    expect(page.locator(".messagelist")).to_contain_text("12 sessions et 360 candidats")
    assert not Session.objects.exists()
    check(person, "the second step")
    hand.click(button(page, "Importer 12 sessions et 360 candidats"))
    expect(page.locator("#result_list tbody tr")).to_have_count(ROOMS)
    check(person, "what was imported")
    kits = hand.download(button(page, "Les kits (PDF)"))
    sheets = hand.download(button(page, "Les feuilles d’émargement (PDF)"))
    spent = time.monotonic() - started

    print(
        f"from an empty centre to the papers of {ROOMS} sessions: {hand.clicks} clicks, "
        f"{hand.typed} fields typed, {spent:.1f} s of the machine's"
    )
    assert (hand.clicks, hand.typed) == (6, 0)
    assert (Session.objects.count(), Candidate.objects.count()) == (ROOMS, ROOMS * SEATS)
    for content in (kits, sheets):
        words = Pdf(content).text  # which asserts that it begins with %PDF-
        assert all(f"Salle {101 + at}" in words for at in range(ROOMS))
    assert "DURAND L" in Pdf(sheets).text
    assert person.errors == []


def test_the_kit_of_one_session_that_is_ticked_in_the_list(browser, site):
    center = factories.center()
    room = factories.session(center=center)
    person = Supervisor(browser, site)
    page = person.page
    page.set_viewport_size(LAPTOP)
    person.log_in(factories.head(center).email)
    page.goto(f"{site}/admin/sessions_app/session/")
    hand = Hand(page)
    hand.click(page.get_by_role("checkbox").nth(1))
    page.locator("select[name=action]").select_option(label="Imprimer les kits (un seul PDF)")
    hand.clicks += 1
    kit = Pdf(hand.download(page.locator("button[name=index]")))
    assert room.supervisor_code in kit.text.replace(" ", "")
    assert hand.clicks == 3
