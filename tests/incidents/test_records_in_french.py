"""What is kept and printed is the same, to the byte, whichever language the supervisor reads."""

from datetime import date

import pytest
import time_machine
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from candidates import answering, end_reasons, rehearsal, services
from incidents import closing, entry_services, identity_correction, remark_services
from incidents import services as incidents
from incidents.draft import draft
from incidents.models import IncidentReport
from sessions_app import clock
from sessions_app.refusals import Conflict, Refusal
from tests import factories
from tests.snapshots import everything

pytestmark = pytest.mark.django_db
# The chain of the journal holds keys, which PostgreSQL never gives twice.
OF_KEYS = {"journal_digest"}
SHORT = next(each.number for each in rehearsal.QUESTIONS if each.kind == rehearsal.Kind.SHORT)


def live(room, by, person) -> None:
    """An hour of a room, with every sentence of ours that is kept."""

    def now():
        return factories.fresh(person)

    seat = factories.seat_of(person)
    services.add_time(now(), user=by, minutes=5, reason="Retard")
    for answered in (incidents.accept_alert, incidents.reject_alert):
        incidents.raise_alert(now(), seat, subject="page")
        chosen = {"category": "E11"} if answered == incidents.accept_alert else {}
        answered(now(), user=by, minutes=2, **chosen)
    incidents.note_room_incident(room, user=by, category="C7", text="Réseau lent.")
    for entry in ("late-arrival", "leave-room", "change-seat", "signature-missing"):
        entry_services.service_of(entry)(now(), user=by)
    entry_services.service_of("signature-given")(now(), user=by)
    corrected = {"first_name": "Paule", "birthdate": date(2010, 4, 24)}
    identity_correction.correct_identity(now(), user=by, **corrected)
    services.pause_room(room, user=by, reason="Alarme")
    services.resume_room(room, user=by)
    services.end_test(now(), user=by, reason=end_reasons.LACK_OF_TIME)
    remark_services.save_remark(room, user=by, text="Rien d’autre.")
    closing.finalize(room, user=by, name="Mme Lefèvre", role="Surveillante")


def texts_of(value) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts_of(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)]
    return [value] if isinstance(value, str) else []


def kept() -> list[tuple[str, str, str]]:
    """Every text of the product's tables: its table, its column, itself."""
    return sorted(
        (model, column, text)
        for (model, _), row in everything().items()
        for column, value in row.items()
        if column not in OF_KEYS
        for text in texts_of(value)
    )


@pytest.fixture
def lived(room, by, monkeypatch):
    """`lived("en")`: what is kept after the hour, and the PV on screen; then it is undone."""
    person = factories.running(room, by)
    instant = clock.now()
    monkeypatch.setattr(clock, "now", lambda: instant)

    def once(language: str) -> tuple:
        with transaction.atomic():
            with translation.override(language):
                live(room, by, person)
                room.refresh_from_db()
                report = draft(room)
            lines = [(entry.what, entry.text) for entry in (*report.entries, *report.fraud)]
            told = kept(), lines, bytes(IncidentReport.objects.get(session=room).pdf)
            transaction.set_rollback(True)
        room.refresh_from_db()
        return told

    return once


def test_what_is_kept_knows_no_language(lived):
    rows, lines, pdf = lived("fr")
    in_english = lived("en")
    assert in_english[0] == rows
    assert in_english[1] == lines
    assert in_english[2] == pdf
    told = {text for _, _, text in rows}
    assert {"Temps écoulé", "Attente après un signalement"} <= told
    assert "N’a pas signé la feuille d’émargement." in told
    assert "E11 · Page d’erreur de la plateforme" in {what for what, _ in lines}


PAPERS = ["emargement.pdf", "salle.pdf", "pv.pdf", "kit.pdf"]
PAPERS += [
    f"exports/{name}" for name in ("incidents.csv", "journal.csv", "journal.xlsx", "session.json")
]


@pytest.mark.parametrize("name", PAPERS)
def test_papers_and_exports_are_french(client, room, by, name, monkeypatch):
    person = factories.running(room, by)
    incidents.note_incident(person, user=by, category="C7", text="Souris.")
    client.force_login(by)
    instant = clock.now()
    monkeypatch.setattr(clock, "now", lambda: instant)
    read = {}
    for language in ("fr", "en"):
        login = client.session
        login["language"] = language
        login.save()
        # A workbook notes when it was made.
        with time_machine.travel(instant, tick=False), translation.override(language):
            response = client.get(f"/surveillance/{room.number}/{name}")
            assert response.status_code == 200
            read[language] = response.getvalue()
    assert read["en"] == read["fr"]


def test_a_refusal_is_said_in_the_language_of_who_reads_it(room, by):
    person = factories.finished(room, by)
    with pytest.raises(Conflict) as refused:
        services.end_test(person, user=by)
    for language, sentence in {
        "fr": "Le test est déjà terminé.",
        "en": "The test is already finished.",
    }.items():
        with translation.override(language):
            assert str(refused.value.sentence) == sentence


def test_a_reason_is_kept_in_french_and_read_in_english():
    with translation.override("en"):
        choices = render_to_string(
            "candidates/_end_reasons.html", {"end_reasons": end_reasons.OFFERED}
        )
        assert end_reasons.shown("Alarme") == "Alarme"
    assert 'value="Temps écoulé"' in choices
    assert "> Time elapsed<" in choices


@pytest.mark.parametrize(
    ("number", "values", "said"),
    [
        (99, ["a"], "This question does not exist."),
        (1, "a", "This answer cannot be read. Please reload the page."),
        (SHORT, ["long" * 100], "Your answer is longer than 200 characters: please shorten it."),
    ],
)
def test_an_answer_refused_by_a_socket_is_said_by_who_holds_it(number, values, said):
    """The consumer has no language of its own when it checks; its page has, when it is told."""
    with pytest.raises(Refusal) as refused:
        answering.checked(number, values)
    with translation.override("en"):
        assert str(refused.value.sentence) == said
