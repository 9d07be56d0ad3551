"""The documents of the room, read back: words, tags, places, and who may have them."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates import services
from candidates.models import Candidate
from candidates.templatetags import candidate_rows
from incidents import documents, papers
from incidents import services as incidents
from incidents.models import Incident, IncidentReport, Remark
from sessions_app import clock
from sessions_app.document_text import lines, printable
from sessions_app.models import Session
from tests import factories
from tests.hostile import HOSTILE
from tests.pdf import Pdf, check_accessible, check_nothing_is_cut, unspaced
from tests.sessions_app.test_query_counts import Crowd

pytestmark = pytest.mark.django_db
LONG = "Villeneuve de la Roche-sur-Yon d’Harcourt-Beaumont du Plessis"
NAMES = [
    (LONG, "Marie-Ange"),
    ("X" * 60, "Y"),
    ("L’Hôpital d’Aubigné", "Zoë"),
    ("العربي", "محمد"),
    ("Nguyễn", "Hoàng-Ánh"),
    ("Østergård-Łukasiewicz", "Ça"),
]
PAPERS = {
    "pv": documents.report_pdf,
    "pv-fraude": documents.fraud_pdf,
    "emargement": lambda room: papers.attendance_pdf([room]),
    "salle": papers.room_pdf,
}
TITLES = {
    "pv": "PV d’incident",
    "pv-fraude": "Suspicion de fraude, annexe au PV d’incident",
    "emargement": "Feuille d’émargement",
}


@pytest.fixture
def _still(monkeypatch):
    """The minute does not change between two readings of the clock."""
    instant = clock.now()
    monkeypatch.setattr(clock, "now", lambda: instant)


def read(room) -> Session:
    return Session.objects.select_related("center").get(pk=room.pk)


def full_room(room, by, size: int = 60) -> list[Candidate]:
    """Candidates with difficult names, each with an incident."""
    people = []
    for number in range(size):
        birth_name, first_name = NAMES[number % len(NAMES)]
        person = Candidate(
            session=room,
            birth_name=birth_name,
            first_name=f"{first_name} n{number:02}",
            birthdate=date(2010, 4, 1 + number % 28),
            extra_time_percent=33 if number % 5 == 0 else 0,
        )
        person.set_keys()
        people.append(person)
    people = Candidate.objects.bulk_create(people)
    now = clock.now()
    Incident.objects.bulk_create(
        Incident(
            session=room,
            candidate=person,
            category="C6" if number % 10 == 0 else "E1",
            question=number % 20 + 1,
            text=f"Ça n’a pas marché, œuvre n° {number}.",
            occurred_at=now,
            noted_at=now,
            author=by,
        )
        for number, person in enumerate(people)
    )
    return people


# Content


@pytest.mark.usefixtures("_still")
@pytest.mark.parametrize("name", PAPERS)
def test_a_full_room_of_difficult_names(room, by, name):
    people = full_room(room, by)
    pdf = check_accessible(PAPERS[name](read(room)), TITLES.get(name, titled(name, room)))
    check_nothing_is_cut(pdf)
    about = people[::10] if name == "pv-fraude" else people
    about = [each for each in about if each not in people[::10]] if name == "pv" else about
    letters = in_any_direction(pdf.letters)
    for person in about:
        assert in_any_direction(unspaced(person.display_name)) <= letters
        if "محمد" not in person.display_name:
            assert unspaced(person.display_name) in pdf.letters
    assert len(pdf.tagged("TH")) >= 4
    assert len(pdf.shown) == {"emargement": 3, "salle": 1}.get(name, len(pdf.shown))


def titled(name, room) -> str:
    now = clock.now().astimezone(read(room).zone)
    return f"État de la salle à {now:%H:%M}"


def in_any_direction(text: str) -> set[str]:
    """Its letters: Arabic is drawn from the right, in forms that depend on the neighbours."""
    return set(text)


def test_the_attendance_sheet_has_twenty_to_a_page_and_no_extra_time(room, by):
    full_room(room, by, 45)
    pdf = Pdf(papers.attendance_pdf([read(room)]))
    shown = [len(re.findall("né\\(e\\) le", pdf.page_text(number))) for number in range(3)]
    assert shown == [20, 20, 5]
    assert "%" not in pdf.text
    assert "ajoré" not in pdf.text


def test_the_attendance_sheet_tells_presence_and_end(room, by):
    done = factories.finished(room, by, birth_name="Aaa")
    running = factories.running(room, by, birth_name="Bbb")
    services.end_test(running, user=by, reason="Temps écoulé")
    factories.running(room, by, birth_name="Ccc")
    factories.candidate(room, birth_name="Ddd")
    text = Pdf(papers.attendance_pdf([read(room)])).text
    hour = done.ended_at.astimezone(read(room).zone)
    assert f"Présent Terminé à {hour:%H:%M}" in text
    assert "Présent Arrêté à" in text
    assert "Présent En cours" in text
    assert text.count("Présent ") == 3


def test_the_state_of_the_room(room, by):
    running = factories.running(room, by, birth_name="Bbb")
    asking = factories.waiting(room, birth_name="Ccc")
    incidents.raise_alert(running, factories.seat_of(running), subject="image")
    zone = read(room).zone
    text = Pdf(papers.room_pdf(read(room))).text
    assert f"En cours, question 1 {running.ends_at.astimezone(zone):%H:%M} problème" in text
    assert f"commencer depuis {asking.asks_start_at.astimezone(zone):%H:%M}" in text
    services.pause_room(room, user=by, reason="Alarme")
    assert "La salle est suspendue depuis" in Pdf(papers.room_pdf(read(room))).text


def test_the_state_of_the_room_has_words_for_every_need(room):
    """Whatever can be in need of somebody is told on paper as well, and prints."""
    assert papers.NOTES.keys() == candidate_rows.NEEDS.keys()
    asking = factories.waiting(room, birth_name="Ccc")
    until = clock.now() + timedelta(minutes=2)
    Candidate.objects.filter(pk=asking.pk).update(authorized_until=until, lapse_told=True)
    words = f"autorisation bientôt expirée, autorisé jusqu’à {until.astimezone(room.zone):%H:%M}"
    assert words in Pdf(papers.room_pdf(read(room))).text


def test_the_pv_tells_incidents_time_and_words(room, by):
    person = factories.running(room, by, birth_name="D’Aubigné", first_name="Théodore")
    incidents.note_incident(person, user=by, category="E1", question=12, text="Image floue.")
    services.add_time(factories.fresh(person), user=by, minutes=5, reason="Dyslexie")
    Remark.objects.create(session=room, author=by, text="Un.\n\nDeux.", changed_at=clock.now())
    pdf = check_accessible(documents.report_pdf(read(room)), "PV d’incident")
    for words in (
        "D’AUBIGNÉ Théodore",
        "E1 · Image qui ne s’affiche pas · question 12",
        "Image floue.",
        "Temps ajouté · +5 min",
        "Un. Deux.",
        "Provisoire",
    ):
        assert words in pdf.text
    assert "Dyslexie" not in pdf.text
    assert "fraude" not in pdf.text


def test_a_corrected_incident_keeps_its_history_in_the_pv(room, by):
    person, now = factories.candidate(room), clock.now()
    common = {"session": room, "candidate": person, "author": by}
    common |= {"occurred_at": now, "noted_at": now}
    first = Incident.objects.create(category="E1", question=3, text="Avant.", **common)
    Incident.objects.create(category="E2", question=4, text="Après.", corrects=first, **common)
    text = Pdf(documents.report_pdf(read(room))).text
    assert "question 4 Après. Version remplacée" in text
    assert "question 3. Avant." in text


def test_fraud_stands_in_the_annex_only(room, by):
    person = factories.candidate(room)
    with pytest.raises(Exception, match="Aucune suspicion"):
        documents.fraud_pdf(read(room))
    incidents.note_incident(person, user=by, category="C6", text="Téléphone allumé.")
    report = Pdf(documents.report_pdf(read(room))).text
    assert "Téléphone" not in report
    assert "Une annexe" in report
    assert "Téléphone allumé." in Pdf(documents.fraud_pdf(read(room))).text


def test_once_signed_the_stored_bytes_are_served(room, by, client):
    values = {"session": room, "signed_name": "Anne", "signed_role": "Surveillante"}
    values |= {"signed_by": by, "signed_at": clock.now()}
    signed = IncidentReport.objects.create(**values)
    Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    text = Pdf(documents.report_pdf(read(room))).text
    assert "Signé par Anne, Surveillante, le" in text
    assert "Provisoire" not in text
    IncidentReport.objects.filter(pk=signed.pk).update(pdf=b"%PDF-signed", pdf_sha256="0" * 64)
    client.force_login(by)
    assert client.get(f"/surveillance/{room.number}/pv.pdf").content == b"%PDF-signed"


# Hostile texts


@pytest.mark.usefixtures("_still")
@pytest.mark.parametrize("name", PAPERS)
def test_forty_hostile_texts_are_text_and_nothing_else(by, name):
    center = factories.center(name=HOSTILE[0])
    room = factories.session(
        center=center, room=HOSTILE[8], site=HOSTILE[1], supervisors=HOSTILE[10]
    )
    by = factories.supervisor(room, name=HOSTILE[2])
    now = clock.now()
    for number, text in enumerate(HOSTILE):
        person = factories.candidate(room, birth_name=text, first_name=f"n{number}")
        Incident.objects.create(
            session=room,
            candidate=person,
            category="C6" if name == "pv-fraude" else "C8",
            text=text,
            occurred_at=now,
            noted_at=now,
            author=by,
        )
        Remark.objects.update_or_create(
            session=room, author=by, defaults={"text": "\n".join(HOSTILE), "changed_at": now}
        )
    pdf = check_accessible(PAPERS[name](read(room)), TITLES.get(name, titled(name, room)))
    check_nothing_is_cut(pdf)
    expected = ["<script>alert(1)</script>", HOSTILE[8]]
    if name.startswith("pv"):
        expected += [text for each in HOSTILE[:30] for text in lines(each)]
    for text in expected:
        assert unspaced(printable(text)) in pdf.letters
    sizes = {pdf.shown[number].get_size() for number in range(len(pdf.shown))}
    assert len(sizes) == 1
    assert [tag["/S"] for tag in pdf.tags()].count("/Table") == len(pdf.tagged("Table"))
    assert not pdf.tagged("Link")
    assert not [page for page in pdf.reader.pages if "/Annots" in page]
    assert "/AcroForm" not in pdf.root
    assert "/OpenAction" not in pdf.root


# The same bytes, a few queries, the right people


@pytest.mark.usefixtures("_still")
@pytest.mark.parametrize("name", PAPERS)
def test_the_same_state_gives_the_same_bytes(room, by, name):
    full_room(room, by, 6)
    assert PAPERS[name](read(room)) == PAPERS[name](read(room))


# Two of them tell the security log.
PRICES = {"pv": 11, "emargement": 9, "salle": 9, "kit": 5}


@pytest.mark.parametrize(("name", "most"), PRICES.items())
def test_a_document_costs_the_same_queries_whatever_the_room(client, name, most):
    counts = []
    for crowd in (Crowd(1), Crowd(3), Crowd(30)):
        client.force_login(crowd.by)
        path = f"/surveillance/{crowd.room.number}/{name}.pdf"
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        counts.append(len(captured))
    assert counts == [counts[0]] * 3
    assert counts[0] <= most


@pytest.mark.parametrize("name", [*PAPERS, "kit"])
def test_another_rooms_supervisor_learns_nothing(client, room, by, name):
    full_room(room, by, 2)
    client.force_login(factories.supervisor(factories.session()))
    assert client.get(f"/surveillance/{room.number}/{name}.pdf").status_code == 404


def test_a_document_is_named_by_its_number_and_kept_by_no_cache(client, room, by):
    full_room(room, by, 2)
    client.force_login(by)
    for name in PAPERS:
        response = client.get(f"/surveillance/{room.number}/{name}.pdf")
        assert response["Content-Disposition"] == f'inline; filename="{name}-{room.number}.pdf"'
        assert response["Content-Type"] == "application/pdf"
        assert "no-store" in response["Cache-Control"]
        assert response["X-Content-Type-Options"] == "nosniff"


def test_the_board_leads_to_the_documents(client, room, by):
    client.force_login(by)
    page = client.get(f"/surveillance/{room.number}/").content.decode()
    for name in ("pv", "emargement", "salle", "kit"):
        assert f'href="/surveillance/{room.number}/{name}.pdf"' in page
