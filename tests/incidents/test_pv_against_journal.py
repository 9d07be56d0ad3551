"""A whole session: the PV and the journal, compared line by line by a program of their own.

The program reads the journal's own rows and the incidents' rows, and nothing of the draft.
"""

from collections import Counter
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from incidents.draft import draft
from incidents.models import Incident
from tests.incidents.whole_session import HANDICAP, WholeSession

pytestmark = pytest.mark.django_db
TIME = ("time_added", "time_undone", "resume_authorized", "alert_accepted", "alert_rejected")
DAY = ("arrived_late", "left_room", "returned_to_room", "seat_changed", "signature_given")


@pytest.fixture
def lived(db_clock):
    return WholeSession(db_clock)


def told_by_the_journal(room) -> Counter:
    """What must stand in the PV: (hour, person, what, number), each as often as it happened."""
    lines: Counter = Counter()
    replaced = {row.corrects_id for row in Incident.objects.filter(session=room)}

    def add(at, person, what, number=None):
        hour = at.astimezone(room.zone).strftime("%H:%M:%S")
        lines[hour, person.display_name if person else "", what, number] += 1

    for event in room.events.select_related("candidate"):
        at = datetime.fromisoformat(event.data["at"]) if "at" in event.data else event.at
        if "incident" in event.data:
            row = Incident.objects.get(pk=event.data["incident"])
            if row.pk not in replaced:
                number = row.question
                add(row.occurred_at, row.candidate, f"incident {row.category}", number)
        if event.type in TIME and event.data.get("minutes"):
            sign = -1 if event.type == "time_undone" else 1
            add(event.at, event.candidate, "minutes", sign * event.data["minutes"])
        if event.type in DAY:
            add(at, event.candidate, event.type)
        if event.type == "test_ended" and event.actor != "candidate":
            add(event.at, event.candidate, f"ended {event.data['reason']}")
        if event.type == "marked_absent":
            add(event.at, event.candidate, "absent")
        if event.type == "room_resumed":
            add(event.at, None, "pause", event.data["seconds"])
    return lines


def told_by_the_pv(report) -> Counter:
    lines: Counter = Counter()
    of_the_day = {
        "Arrivée en retard": "arrived_late",
        "Sortie de la salle": "left_room",
        "Retour dans la salle": "returned_to_room",
    }
    for entry in (*report.entries, *report.fraud):
        what, number = f"{entry.kind}", None
        if entry.kind == "incident":
            what, number = f"incident {entry.category}", entry.question
        elif entry.minutes:
            what, number = "minutes", entry.minutes * (-1 if entry.kind == "time-undone" else 1)
        elif entry.kind == "noted":
            what = of_the_day[entry.what]
        elif entry.kind == "ended":
            what = f"ended {entry.text}"
        name = entry.candidate.name if entry.candidate else ""
        lines[f"{entry.at:%H:%M:%S}", name, what, number] += 1
    for paragraph in report.paragraphs:
        if paragraph.kind == "pause":
            lines[f"{paragraph.until:%H:%M:%S}", "", "pause", paragraph.seconds] += 1
    return lines


def test_the_pv_holds_all_of_the_journal_and_nothing_else(lived):
    report = draft(lived.room)
    wanted = told_by_the_journal(lived.room)
    for_all = [each for each in report.paragraphs if each.kind == "time-for-all"]
    told = told_by_the_pv(report)
    # The two minutes for everybody: one paragraph stands for twenty-seven changes of one minute.
    (paragraph,) = for_all
    events = lived.room.events.filter(type="time_added", data__minutes=2)
    assert {who.pk for who in paragraph.candidates} == {each.candidate_id for each in events}
    assert paragraph.at == events.earliest("version").at
    for event in events.select_related("candidate"):
        hour = f"{event.at.astimezone(lived.room.zone):%H:%M:%S}"
        told[hour, event.candidate.display_name, "minutes", 2] += 1
    assert told == wanted
    assert sum(wanted.values()) > 45


def test_what_was_lived_is_what_is_counted(lived):
    counts = draft(lived.room).counts
    assert (counts.enrolled, counts.started, counts.absent) == (28, 27, 1)
    assert (counts.finished, counts.ended) == (24, 3)
    kept = Incident.objects.filter(session=lived.room, correction=None, withdrawn=False)
    assert counts.incidents == kept.count() == 8


def test_fraud_stands_in_its_annex_only(lived):
    report = draft(lived.room)
    assert [entry.candidate.pk for entry in report.fraud] == [lived.people[6].pk]
    assert "C6" not in {entry.category for entry in report.entries}


def test_no_reason_of_extra_time_is_written_anywhere(lived):
    browser = Client()
    browser.force_login(lived.by)
    page = browser.get(f"/surveillance/{lived.room.number}/pv/").content.decode()
    report = draft(lived.room)
    for text in (repr(report), page):
        assert HANDICAP not in text
        assert "+33" not in text
    assert {entry.text for entry in report.entries if entry.minutes} == {""}


def test_the_page_shows_each_line_of_the_draft(lived):
    browser = Client()
    browser.force_login(lived.other)
    page = BeautifulSoup(
        browser.get(f"/surveillance/{lived.room.number}/pv/").content, "html.parser"
    )
    report = draft(lived.room)
    lines = [line.get_text(" ", strip=True) for line in page.select("[data-entry]")]
    for line, entry in zip(lines, (*report.entries, *report.fraud), strict=True):
        person = entry.candidate.name if entry.candidate else "Toute la salle"
        number = f"question {entry.question}" if entry.question else ""
        minutes = f"{entry.minutes}\u00a0min" if entry.minutes else ""
        for words in (f"{entry.at:%H:%M}", person, number, minutes, entry.text, entry.author):
            assert words in line
    shown = [node.text for node in page.select("[data-lived]")]
    assert shown == [each.text for each in report.paragraphs]


def test_the_page_can_be_narrowed(lived):
    browser = Client()
    browser.force_login(lived.by)

    def lines(query: str) -> list:
        page = browser.get(f"/surveillance/{lived.room.number}/pv/?{query}")
        return BeautifulSoup(page.content, "html.parser").select("[data-entry]")

    everything = lines("")
    theirs = lines(f"candidate={lived.people[2].pk}")
    assert 0 < len(theirs) < len(everything)
    assert all("NOM02" in line.text for line in theirs)
    assert len(lines("category=E11")) == 2
    assert {line["data-entry"] for line in lines("category=time")} <= {
        "time-added",
        "time-undone",
        "time-back",
    }
    assert len(lines("category=C6")) == 1
    assert lines("candidate=999999999&category=C6") == []
    assert len(lines("candidate=abc")) == len(everything)
