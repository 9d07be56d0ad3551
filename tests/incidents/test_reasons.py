"""Why an alert may be accepted: only for what the question contains, whoever asks and how."""

import dataclasses
import uuid
from itertools import product

import pytest
from bs4 import BeautifulSoup

from candidates import rehearsal, services
from candidates.models import TimeGrant
from incidents import categories, waiting
from incidents import services as incidents
from incidents.models import Alert, Incident
from sessions_app import clock
from sessions_app.refusals import Conflict, Invalid
from tests import factories
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
NOT_A_REASON = "Ce motif ne convient pas à cette question. Choisissez-en un autre."
ALWAYS = {"E4", "E5", "E9", "E11", "E12"}
# What a question contains → the reasons that this adds to those of every question.
ADDED = {
    "nothing": ((), None, set()),
    "an image": (("image",), None, {"E1"}),
    "a simulator": (("embed",), None, {"E2"}),
    "a file": (("file",), None, {"E3"}),
    "a page not to be left": (("focus",), None, {"E10"}),
    "a time": ((), 60, {"E8"}),
    "all of it": (("image", "embed", "file", "focus"), 60, {"E1", "E2", "E3", "E8", "E10"}),
}
CASES = list(product(ADDED, categories.Category.values))


@pytest.fixture
def raised(room, by, monkeypatch):
    """`raised("an image")`: a candidate with an open alert on a question that contains it."""

    def arrange(content: str):
        contains, seconds, _ = ADDED[content]
        made = dataclasses.replace(rehearsal.QUESTIONS[0], contains=contains, seconds=seconds)
        monkeypatch.setattr(rehearsal, "QUESTIONS", (made, *rehearsal.QUESTIONS[1:]))
        person = factories.running(room, by)
        incidents.raise_alert(person, factories.seat_of(person), subject="other")
        return factories.fresh(person)

    return arrange


def fits(content: str, category: str) -> bool:
    return category in ALWAYS | ADDED[content][2]


@pytest.mark.parametrize("category", sorted(categories.NEEDS_QUESTION))
def test_every_reason_fits_a_question_of_the_rehearsal(category):
    fits = [each.number for each in rehearsal.QUESTIONS if category in categories.fitting(each)]
    assert fits
    assert (len(fits) == rehearsal.COUNT) == (category in ALWAYS)


@pytest.mark.parametrize(("content", "category"), CASES)
def test_the_service(raised, by, content, category):
    person = raised(content)
    if fits(content, category):
        incidents.accept_alert(person, user=by, category=category)
        line = Incident.objects.get()
        assert (line.category, line.question, line.candidate_id) == (category, 1, person.pk)
        return
    before = everything()
    with pytest.raises(Invalid) as refusal:
        incidents.accept_alert(person, user=by, category=category, text="Un mot.")
    assert refusal.value.sentence == NOT_A_REASON
    assert changes(before, everything()) == set()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize(("content", "category"), CASES)
def test_the_page_and_the_plain_form(client, room, raised, by, content, category, accept):
    person = raised(content)
    client.force_login(by)
    address = f"/surveillance/{room.number}/candidats/{person.pk}/"
    sheet = client.get(address, headers={"accept": accept})
    form = BeautifulSoup(sheet.content, "html.parser").select_one("form[action$='accept-alert/']")
    offered = [option["value"] for option in form.select("option")]
    assert (category in offered) == fits(content, category)
    body = {"idempotency_key": uuid.uuid4().hex, "category": category, "text": "Un mot."}
    answer = client.post(f"{address}accept-alert/", body, headers={"accept": accept})
    done = 303 if accept == "text/html" else 200
    assert answer.status_code == (done if fits(content, category) else 422)
    if not fits(content, category):
        is_page = accept == "text/html"
        assert NOT_A_REASON in (answer.content.decode() if is_page else answer.json()["message"])
        assert Alert.objects.get().closed_at is None


# The time that the wait has cost


@pytest.fixture
def waiting_person(raised):
    return raised("nothing")


@pytest.mark.parametrize("action", ["accept-alert", "reject-alert"])
def test_the_wait_is_measured_offered_and_given_back_in_one_action(
    client, room, by, waiting_person, db_clock, action
):
    db_clock.forward(minutes=3, seconds=20)
    client.force_login(by)
    address = f"/surveillance/{room.number}/candidats/{waiting_person.pk}/"
    sheet = BeautifulSoup(client.get(address).content, "html.parser")
    form = sheet.select_one(f"form[action$='{action}/']")
    assert form.select_one("[name=minutes]")["value"] == "4"
    body = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    answer = client.post(f"{address}{action}/", body | {"category": "E11"})
    assert answer.status_code == 200
    after = factories.fresh(waiting_person)
    assert (after.ends_at - waiting_person.ends_at).total_seconds() == 240
    grant = TimeGrant.objects.get()
    assert (grant.minutes, grant.author) == (4, by)
    event = room.events.last()
    assert event.data["minutes"] == 4
    assert 200 <= event.data["waited_seconds"] <= 201


@pytest.mark.parametrize(("minutes", "status"), [("0", 200), ("7", 200), ("-1", 422), ("x", 422)])
def test_what_is_given_back_can_be_changed(client, room, by, waiting_person, minutes, status):
    client.force_login(by)
    address = f"/surveillance/{room.number}/candidats/{waiting_person.pk}/reject-alert/"
    body = {"idempotency_key": uuid.uuid4().hex, "minutes": minutes}
    assert client.post(address, body).status_code == status
    given = sum(TimeGrant.objects.values_list("seconds", flat=True))
    assert given == (int(minutes) * 60 if status == 200 else 0)


def test_a_pause_of_the_room_is_not_given_back_twice(room, by, waiting_person, db_clock):
    db_clock.forward(minutes=2)
    services.pause_room(room, user=by)
    db_clock.forward(minutes=10)
    alert = Alert.objects.get()
    waiting_person = factories.fresh(waiting_person)
    assert waiting.waited_minutes(alert, waiting_person.session, clock.now()) == 3
    services.resume_room(room, user=by)
    db_clock.forward(minutes=1)
    session = factories.fresh(waiting_person).session
    assert waiting.waited_minutes(alert, session, clock.now()) == 4


# Answered meanwhile


def test_an_alert_on_a_question_that_was_answered_meanwhile_is_refused(room, by):
    from candidates import answering

    person = factories.running(room, by)
    answering.answer(person, factories.seat_of(person), 1, "a")
    before = everything()
    for question in (1, 3):
        with pytest.raises(Conflict, match="déjà enregistrée"):
            incidents.raise_alert(
                factories.fresh(person),
                factories.seat_of(person),
                subject="image",
                question=question,
            )
    assert changes(before, everything()) == set()


def test_the_form_of_the_candidate_tells_which_question_it_speaks_of(client, room, by):
    person = factories.running(room, by)
    from django.http import HttpResponse

    from candidates import access

    response = HttpResponse()
    access.give_seat(response, factories.seat_of(person))
    client.cookies["seat"] = response.cookies["seat"].value
    page = BeautifulSoup(
        client.get("/candidat/test/", headers={"accept": "text/html"}).content, "html.parser"
    )
    form = page.select_one("form[action$='signaler/']")
    assert form.select_one("[name=question]")["value"] == "1"
