"""What each category requires, alerts from raise to answer, and the words of the PV."""

import uuid

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from candidates import access, answering, seat_services, services
from candidates.access import Seat
from candidates.stages import Stage, stage_of
from incidents import categories
from incidents import services as incidents
from incidents.categories import Category
from incidents.models import Alert, Incident
from sessions_app.refusals import Conflict, Invalid
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db

# The official list, as the design gives it: what the person must write down.
NOTHING, TEXT, QUESTION = "nothing", "text", "question"
REQUIRED = {
    "C1": TEXT,
    "C2": TEXT,
    "C4": TEXT,
    "C6": NOTHING,
    "C7": TEXT,
    "C8": TEXT,
    "E1": QUESTION,
    "E2": QUESTION,
    "E3": QUESTION,
    "E4": QUESTION,
    "E5": QUESTION,
    "E8": QUESTION,
    "E9": QUESTION,
    "E10": QUESTION,
    "E11": QUESTION,
    "E12": QUESTION,
}
SENTENCES = {
    TEXT: "Décrivez en une phrase ce qui s’est passé.",
    QUESTION: "Indiquez le numéro de la question (de 1 à 500).",
}
WORDS = "Le clavier ne répond plus."
MET = {NOTHING: {}, TEXT: {"text": WORDS}, QUESTION: {"question": 7}}
STRICT = [(category, required) for category, required in REQUIRED.items() if required != NOTHING]


@pytest.fixture
def person(room, by):
    return factories.running(room, by)


def here(person) -> Seat:
    return factories.seat_of(person)


def stage(person) -> Stage:
    return stage_of(factories.fresh(person), here(person).token)


def post(client, by, person, action: str, **body):
    client.force_login(by)
    path = f"/surveillance/{person.session.number}/candidats/{person.pk}/{action}/"
    return client.post(path, {"idempotency_key": uuid.uuid4().hex, **body})


# The table of categories


def test_the_list_is_the_official_one():
    assert set(Category.values) == set(REQUIRED)


@pytest.mark.parametrize(("category", "required"), REQUIRED.items())
def test_what_each_category_requires(category, required):
    has = {"question": None, "text": ""} | MET[required]
    assert categories.missing(category, has["question"], has["text"]) is None
    assert categories.missing(category, None, "") == SENTENCES.get(required)
    assert categories.missing(category, None, " \t\n") == SENTENCES.get(required)


@pytest.mark.parametrize("category", REQUIRED)
@pytest.mark.parametrize(("question", "is_right"), [(0, 0), (1, 1), (500, 1), (501, 0), (-1, 0)])
def test_question_numbers_go_from_1_to_500_whatever_the_category(category, question, is_right):
    sentence = categories.missing(category, question, WORDS)
    assert sentence == (None if is_right else "Le numéro de question va de 1 à 500.")


@pytest.mark.parametrize("category", ["", "C3", "E6", "c1", "X"])
def test_an_unknown_category(category):
    assert categories.missing(category, 1, WORDS) == "Choisissez une catégorie d’incident."


# Noting an incident, by the service and by the form


@pytest.mark.parametrize(("category", "required"), STRICT)
def test_an_incomplete_incident_is_refused(client, person, by, category, required):
    before = everything()
    with pytest.raises(Invalid) as refusal:
        incidents.note_incident(person, user=by, category=category)
    assert refusal.value.sentence == SENTENCES[required]
    assert changes(before, everything()) == set()


@pytest.mark.parametrize(("category", "required"), STRICT)
def test_an_incomplete_form_is_refused(client, person, by, category, required):
    incidents_before = Incident.objects.count()
    response = post(client, by, person, "note-incident", category=category)
    assert (response.status_code, response.json()) == (422, {"message": SENTENCES[required]})
    assert Incident.objects.count() == incidents_before


@pytest.mark.parametrize(("category", "required"), REQUIRED.items())
def test_a_complete_incident_is_a_line_of_the_pv(client, person, by, category, required):
    incidents.note_incident(person, user=by, category=category, **MET[required])
    assert (
        post(client, by, person, "note-incident", category=category, **MET[required]).status_code
        == 200
    )
    for line in Incident.objects.all():
        assert (line.category, line.question) == (category, MET[required].get("question"))
        assert (line.author, line.candidate_id) == (by, person.pk)
        assert line.text == MET[required].get("text", "")
    assert Incident.objects.count() == 2


@pytest.mark.parametrize("make", [
    lambda room, by: factories.candidate(room),
    lambda room, by: factories.waiting(room),
    factories.running,
    factories.finished,
], ids=["enrolled", "waiting", "running", "finished"])  # fmt: skip
def test_an_incident_can_be_noted_at_any_moment(room, by, make):
    incidents.note_incident(make(room, by), user=by, category="C6")
    assert Incident.objects.get().occurred_at == room.events.last().at


@pytest.mark.parametrize(("category", "required"), REQUIRED.items())
def test_an_incident_of_the_room_names_nobody_and_no_question(room, by, category, required):
    if required == QUESTION:
        with pytest.raises(Invalid, match="Indiquez le numéro de la question"):
            incidents.note_room_incident(room, user=by, category=category, text=WORDS)
        return
    incidents.note_room_incident(room, user=by, category=category, text=WORDS)
    line, event = Incident.objects.get(), room.events.get()
    assert (line.candidate, line.question, line.text) == (None, None, WORDS)
    assert (event.type, event.candidate, event.user) == ("incident_noted", None, by)


def test_a_long_description_is_kept_whole_and_a_longer_one_refused(person, by):
    incidents.note_incident(person, user=by, category="C7", text="é" * 2_000)
    assert Incident.objects.get().text == "é" * 2_000
    with pytest.raises(Invalid, match="Le texte est trop long"):
        incidents.note_incident(person, user=by, category="C7", text="é" * 2_001)


# Alerts


@pytest.fixture
def alert(person):
    incidents.raise_alert(person, here(person), subject="image", text="Rien ne s’affiche.")
    return person.alerts.get()


def test_an_alert_waits_for_the_supervisor_and_shows_on_the_board(room, person, alert):
    row = factories.fresh(person)
    assert (row.flags, row.alert_question) == (["alert"], 1)
    assert row.needs == [("alert", alert.raised_at)]
    assert (row.likely_action, row.likely_label) == ("accept-alert", "Voir le problème")
    assert stage(person) == Stage.ALERT
    with pytest.raises(Conflict, match="Le problème signalé doit d’abord être traité"):
        answering.answer(row, here(person), 1, "a")


def test_one_open_alert_only(person, alert):
    before = everything()
    with pytest.raises(Conflict, match="Le problème signalé doit d’abord être traité"):
        incidents.raise_alert(person, here(person), subject="other")
    assert changes(before, everything()) == set()


def test_accepting_makes_the_incident_with_the_number_and_lets_go_on(room, person, alert, by):
    incidents.accept_alert(person, user=by, category="E11")
    alert.refresh_from_db()
    line = alert.incident
    assert (alert.outcome, alert.closed_by) == ("accepted", by)
    assert (line.category, line.question, line.text) == ("E11", 1, "Rien ne s’affiche.")
    assert (line.occurred_at, line.author) == (alert.raised_at, by)
    assert stage(person) == Stage.QUESTION
    assert room.events.last().data["incident"] == line.pk


def test_the_words_of_the_supervisor_stand_before_those_of_the_candidate(person, alert, by):
    incidents.accept_alert(person, user=by, category="E11", text="Page blanche.")
    assert Incident.objects.get().text == "Page blanche."


def test_the_word_of_a_refusal_reaches_the_candidate_at_that_question_only(person, alert, by):
    incidents.reject_alert(person, user=by, text="<b>Plus bas</b> & à droite.")
    given = HttpResponse()
    access.give_seat(given, here(person))
    browser = Client()
    browser.cookies = given.cookies
    told = "Réponse de votre surveillant"

    def page() -> str:
        return browser.get(reverse("test"), headers={"accept": "text/html"}).content.decode()

    assert told in page()
    assert "&lt;b&gt;Plus bas&lt;/b&gt; &amp; à droite." in page()
    answering.answer(factories.fresh(person), here(person), 1, "a")
    assert told not in page()


def test_rejecting_lets_go_on_without_an_incident(person, alert, by):
    incidents.reject_alert(person, user=by, text="L’image est facultative.")
    alert.refresh_from_db()
    assert (alert.outcome, alert.reply) == ("rejected", "L’image est facultative.")
    assert Incident.objects.count() == 0
    assert stage(person) == Stage.QUESTION
    incidents.raise_alert(factories.fresh(person), here(person), subject="other")


@pytest.mark.parametrize("answer", [
    lambda person, by: incidents.accept_alert(person, user=by, category="E11"),
    lambda person, by: incidents.reject_alert(person, user=by),
], ids=["accept", "reject"])  # fmt: skip
def test_an_alert_is_answered_once(person, alert, by, answer):
    incidents.reject_alert(person, user=by)
    before = everything()
    with pytest.raises(Conflict, match="Aucun problème n’est signalé"):
        answer(person, by)
    assert changes(before, everything()) == set()


@pytest.mark.parametrize("category", ["", "C3", "Z"])
def test_accepting_without_a_category_leaves_the_alert_open(client, person, alert, by, category):
    before = everything()
    with pytest.raises(Invalid, match="Choisissez une catégorie d’incident"):
        incidents.accept_alert(person, user=by, category=category)
    assert changes(before, everything()) == set()
    assert post(client, by, person, "accept-alert", category=category).status_code == 422
    assert Alert.objects.get().closed_at is None


@pytest.mark.parametrize("end", ["candidate", "supervisor"])
def test_the_end_of_the_test_closes_the_alert(person, alert, by, end):
    if end == "candidate":
        seat_services.finish(factories.fresh(person), here(person))
    else:
        services.end_test(person, user=by)
    alert.refresh_from_db()
    person = factories.fresh(person)
    assert (alert.outcome, alert.closed_at) == ("dropped", person.ended_at)
    assert (person.flags, person.needs) == ([], [])


def test_the_computer_without_the_seat_reports_nothing(person):
    before = everything()
    with pytest.raises(Conflict, match="autre poste"):
        incidents.raise_alert(person, Seat(person.pk, "another-computer"), subject="image")
    assert changes(before, everything()) == set()


def test_an_alert_is_about_the_question_shown(person):
    answering.answer(person, here(person), 1, "a")
    answering.answer(factories.fresh(person), here(person), 2, "")
    incidents.raise_alert(factories.fresh(person), here(person), subject="file")
    assert person.alerts.get().question == 3


def test_the_sheet_offers_only_the_reasons_that_fit(client, room, person, alert, by):
    client.force_login(by)
    page = client.get(f"/surveillance/{room.number}/candidats/{person.pk}/")
    form = BeautifulSoup(page.content, "html.parser").select_one("form[action$='accept-alert/']")
    offered = [option["value"] for option in form.select("option[value^=E]")]
    assert offered == ["E11", "E4", "E5", "E9", "E12"]


def test_the_pv_page_shows_every_line_in_the_hour_of_the_centre(client, by):
    room = factories.session(center=factories.center(time_zone="Indian/Reunion"))
    person = factories.running(room, by, birth_name="Hoarau", first_name="Maël")
    client.force_login(factories.supervisor(room))
    incidents.note_incident(person, user=by, category="E1", question=12)
    incidents.note_room_incident(room, user=by, category="C7", text="Le réseau est lent.")
    page = BeautifulSoup(client.get(f"/surveillance/{room.number}/pv/").content, "html.parser")
    hours = [f"{line.occurred_at.astimezone(room.zone):%H:%M}" for line in room.incidents.all()]
    lines = [line.get_text(" ", strip=True) for line in page.select("[data-entry]")]
    for line, hour, words in zip(
        lines,
        hours,
        [("HOARAU Maël", "E1 ", "question 12"), ("Toute la salle", "Le réseau est lent.")],
        strict=True,
    ):
        assert all(each in line for each in (hour, *words))
