"""The end of a session: what must be settled, the signature, and that nothing moves afterwards."""

import re
import uuid
from hashlib import sha256
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from candidates import answering, presence, seat_services, services
from candidates.stages import Stage, stage_of
from incidents import checklist, closing, entry_services, remark_services
from incidents import services as incidents
from incidents.models import Alert, Incident, IncidentReport
from sessions_app import clock, journal_chain
from sessions_app.models import Session, SessionEvent
from sessions_app.refusals import Conflict, Invalid
from tests import factories
from tests.sessions_app.scenes import PATTERNS
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}
SIGNED = {"name": "Mme Lefèvre", "role": "Surveillante"}
BODY = {**SIGNED, "password": factories.PASSWORD}


@pytest.fixture
def done(room, by):
    """A room in which everything is settled."""
    return factories.finished(room, by)


def sign(room, by) -> None:
    closing.finalize(room, user=by, **SIGNED)


def kinds(room) -> list[str]:
    return [item.kind.value for item in checklist.still_open(room)]


def post(client, room, by, **body):
    client.force_login(by)
    body = {"idempotency_key": uuid.uuid4().hex} | body
    return client.post(f"/surveillance/{room.number}/finalize/", body)


# What is still open


def enrolled(room, by):
    factories.finished(room, by)
    return factories.candidate(room)


def running(room, by):
    return factories.running(room, by)


def alerting(room, by):
    person = factories.running(room, by)
    incidents.raise_alert(person, factories.seat_of(person), subject="page")
    return person


def unexplained(room, by):
    person = factories.running(room, by)
    services.end_test(person, user=by, reason="Autre")
    return person


def unsigned(room, by):
    person = factories.finished(room, by)
    entry_services.service_of("signature-missing")(person, user=by)
    return person


OPEN = {
    "not-started": enrolled,
    "running": running,
    "alerts": alerting,
    "unexplained": unexplained,
    "signatures": unsigned,
}
SETTLE = {
    "not-started": lambda c, by: entry_services.service_of("mark-absent")(c, user=by),
    "running": lambda c, by: services.end_test(c, user=by, reason="Temps écoulé"),
    "alerts": lambda c, by: services.end_test(c, user=by, reason="Problème technique"),
    "unexplained": lambda c, by: services.explain_end(c, user=by, reason="Départ anticipé"),
    "signatures": lambda c, by: entry_services.service_of("signature-given")(c, user=by),
}


@pytest.mark.parametrize(("kind", "arrange"), OPEN.items())
def test_what_is_open_is_named_with_its_button_until_it_is_settled(client, room, by, kind, arrange):
    person = arrange(room, by)
    client.force_login(by)
    assert kinds(room) == [kind]
    (item,) = checklist.still_open(room)
    assert [each.pk for each in item.candidates] == [person.pk]
    page = BeautifulSoup(client.get(f"/surveillance/{room.number}/cloture/").content, "html.parser")
    shown = page.select_one(f"[data-open={kind}]")
    assert person.display_name in shown.text
    assert shown.select_one("button, a.button")
    before = everything()
    if item.is_blocking:
        with pytest.raises(Conflict, match=re.escape(item.sentence)) as refusal:
            sign(room, by)
        assert refusal.value.details["open"] == [kind]
        assert page.select_one("[name=password]") is None
    assert changes(before, everything()) == set()
    SETTLE[kind](factories.fresh(person), by)
    assert kinds(room) == []
    sign(room, by)


@pytest.mark.parametrize("kind", ["not-started", "unexplained", "signatures"])
def test_the_button_of_the_page_settles_it_and_comes_back(client, room, by, kind):
    OPEN[kind](room, by)
    client.force_login(by)
    address = f"/surveillance/{room.number}/cloture/"
    page = BeautifulSoup(client.get(address).content, "html.parser")
    form = page.select_one(f"[data-open={kind}] form")
    body = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    button = form.select_one("button")
    if button.get("name"):
        body[button["name"]] = button["value"]
    answer = client.post(form["action"], body, headers=PAGE)
    assert (answer.status_code, answer["Location"]) == (303, address)
    assert kinds(room) == []


def test_all_who_never_came_are_noted_at_once(client, room, by, done):
    for _ in range(3):
        factories.candidate(room)
    client.force_login(by)
    page = BeautifulSoup(client.get(f"/surveillance/{room.number}/cloture/").content, "html.parser")
    form = page.select_one("form[action$='/mark-absent/']:not([action*='candidats'])")
    body = {"candidate": [each["value"] for each in form.select("[name=candidate]")]}
    body["idempotency_key"] = form.select_one("[name=idempotency_key]")["value"]
    assert client.post(form["action"], body, headers=PAGE).status_code == 303
    assert kinds(room) == []


def test_a_session_that_nobody_started_is_not_finalised(room, by):
    person = factories.waiting(room)
    for _ in range(2):
        with pytest.raises(Conflict, match="Personne n’a commencé"):
            sign(room, by)
        entry_services.service_of("mark-absent")(person, user=by)


def test_the_end_hour_is_a_reason(room, by, db_clock):
    Session.objects.filter(pk=room.pk).update(auto_end=True)
    factories.running(room, by)
    db_clock.forward(hours=3)
    from candidates import duties

    duties.end_at_time()
    assert kinds(room) == []


def test_the_checklist_costs_the_same_whatever_is_open(room, by, django_assert_num_queries):
    for more in (1, 5):
        for _ in range(more):
            for arrange in OPEN.values():
                arrange(room, by)
        with django_assert_num_queries(2):
            checklist.still_open(room)


# The signature


def test_who_signs_with_the_password_closes_the_session(client, room, by, done):
    answer = post(client, room, by, **BODY)
    assert (answer.status_code, answer.json()) == (200, {"done": [], "refused": []})
    report = IncidentReport.objects.get(session=room)
    assert (report.signed_name, report.signed_role, report.signed_by) == (*SIGNED.values(), by)
    last = room.events.last()
    assert (last.type, last.user, report.signed_at) == ("session_finalized", by, last.at)
    assert Session.objects.get(pk=room.pk).state == Session.State.FINALIZED


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password": "autre"}, "Le mot de passe est incorrect."),
        ({"password": ""}, "Ce champ est obligatoire."),
        ({"name": ""}, "Ce champ est obligatoire."),
        ({"role": " "}, "Ce champ est obligatoire."),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_without_name_role_or_password_nothing_is_signed(
    client, room, by, done, wrong, sentence, accept
):
    client.force_login(by)
    before = everything()
    body = {"idempotency_key": uuid.uuid4().hex, **BODY, **wrong}
    path = f"/surveillance/{room.number}/finalize/"
    answer = client.post(path, body, headers={"accept": accept})
    assert answer.status_code == 422
    told = answer.content.decode() if accept == "text/html" else answer.json()["message"]
    assert sentence in told
    assert changes(before, everything()) == set()
    assert "password" not in wrong or BODY["password"] not in answer.content.decode()


def test_the_service_wants_a_name_and_a_role(room, by, done):
    for name, role in ((" ", "Surveillante"), ("Mme Lefèvre", "")):
        with pytest.raises(Invalid):
            closing.finalize(room, user=by, name=name, role=role)


def test_the_password_is_neither_kept_nor_part_of_the_intention(client, room, by, done):
    key = uuid.uuid4().hex
    first = post(client, room, by, idempotency_key=key, **BODY)
    again = post(client, room, by, idempotency_key=key, **BODY)
    assert (first.status_code, again.status_code) == (200, 200)
    assert IncidentReport.objects.count() == 1
    from django.http import QueryDict

    from sessions_app.commands import fingerprint

    with_one = QueryDict(f"name=A&password={factories.PASSWORD}")
    assert fingerprint("/", with_one) == fingerprint("/", QueryDict("name=A"))


def test_passwords_are_not_tried_for_ever(client, room, by, done):
    from django.core.cache import cache

    cache.clear()
    statuses = [post(client, room, by, **BODY | {"password": "x"}).status_code for _ in range(14)]
    cache.clear()
    assert set(statuses) == {422, 429}
    assert statuses[-1] == 429


# Nothing moves any more


def test_every_action_of_a_supervisor_is_refused_afterwards(client, room, by, done):
    """Each address that is posted to, whatever it is called, with a body that would be right."""
    incidents.note_incident(done, user=by, category="C7", text="Souris.")
    late = factories.candidate(room)
    entry_services.service_of("mark-absent")(late, user=by)
    sign(room, by)
    client.force_login(by)
    named = {"number": room.number, "incident_id": Incident.objects.get().pk, "rank": 1}
    body = {
        **BODY,
        "category": "C7",
        "text": "Trop tard.",
        "remarks": "Trop tard.",
        "reason": "Temps écoulé",
        "minutes": "5",
        "hour": "00:00",
        "birth_name": "Tard",
        "first_name": "Trop",
        "birthdate": "01/02/2008",
    }
    asked = 0
    for pattern in PATTERNS.values():
        if not pattern.startswith("surveillance/<number"):
            continue
        for person in (done, late):
            words = {**named, "candidate_id": person.pk}
            path = "/" + re.sub(r"<\w+:(\w+)>", lambda m, w=words: str(w[m[1]]), pattern)
            key = {"idempotency_key": uuid.uuid4().hex, "candidate": person.pk}
            before = everything()
            answer = client.post(path, body | key)
            # Reopening is for the administrators of the centre, and has its own tests.
            refused = {403} if path.endswith("/rouvrir/") else {405, 409}
            assert answer.status_code in refused, path
            assert changes(before, everything()) == set(), path
            asked += answer.status_code == 409
    assert asked > 40


def test_every_service_is_refused_afterwards(room, by, done):
    late = factories.waiting(room)
    entry_services.service_of("mark-absent")(late, user=by)
    incidents.note_incident(done, user=by, category="C7", text="Souris.")
    line, seat = Incident.objects.get(), factories.seat_of(late)
    sign(room, by)
    before = everything()
    for attempt in (
        lambda: sign(room, by),
        lambda: services.authorize_start(late, user=by),
        lambda: services.pause_room(room, user=by),
        lambda: services.add_time(done, user=by, minutes=5),
        lambda: services.explain_end(done, user=by, reason="Temps écoulé"),
        lambda: incidents.note_room_incident(room, user=by, category="C6"),
        lambda: incidents.correct_incident(room, incident=line, user=by, category="C6"),
        lambda: incidents.withdraw_incident(room, incident=line, user=by),
        lambda: remark_services.save_remark(room, user=by, text="Trop tard."),
        lambda: seat_services.join(late, seat),
        lambda: seat_services.start(late, seat),
        lambda: answering.answer(done, factories.seat_of(done), 1, "a"),
        lambda: presence.come_back(late, seat),
    ):
        with pytest.raises(Conflict):
            attempt()
    presence.leave(late.pk, clock.now(), node="")
    assert changes(before, everything()) == set()


def test_who_waits_at_the_door_is_told(room, by, done):
    late = factories.waiting(room)
    entry_services.service_of("mark-absent")(late, user=by)
    sign(room, by)
    assert stage_of(factories.fresh(late), factories.seat_of(late).token) == Stage.CLOSED


def test_the_pages_are_still_read_and_offer_nothing(client, room, by, done):
    incidents.note_incident(done, user=by, category="C7", text="Souris.")
    remark_services.save_remark(room, user=by, text="Calme.")
    sign(room, by)
    client.force_login(by)
    page = BeautifulSoup(client.get(f"/surveillance/{room.number}/pv/").content, "html.parser")
    main = page.select_one("main")
    assert "Mme Lefèvre, Surveillante" in main.text
    assert "Calme." in main.text
    assert main.select("form[method=post], textarea") == []
    closed = BeautifulSoup(
        client.get(f"/surveillance/{room.number}/cloture/").content, "html.parser"
    )
    assert closed.select_one("main").select("form") == []
    assert IncidentReport.objects.get().journal_digest in closed.text


def test_nothing_is_edited_in_the_admin_afterwards(client, room, by, done):
    incidents.note_incident(done, user=by, category="C7", text="Souris.")
    sign(room, by)
    client.force_login(factories.user(admin=True))
    for model in (Session, type(done), Incident, IncidentReport, Alert, SessionEvent):
        row = model.objects.order_by("pk").last()
        if row is None:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        before = everything()
        for action in ("change", "delete"):
            address = reverse(f"{name}_{action}", args=[row.pk])
            assert client.post(address, {"post": "yes"}).status_code == 403, address
        assert changes(before, everything()) == set()
    assert admin.site.is_registered(IncidentReport)


# The seal


def test_the_digest_closes_the_journal(room, by, done):
    sign(room, by)
    report = IncidentReport.objects.get()
    assert re.fullmatch("[0-9a-f]{64}", report.journal_digest)
    assert closing.is_intact(report)
    assert report.journal_digest == journal_chain.digest(Session.objects.get(pk=room.pk))


TAMPERINGS = {
    "a person": "UPDATE sessions_app_sessionevent SET user_id = NULL WHERE version = 2",
    "an hour": "UPDATE sessions_app_sessionevent SET at = '2027-01-01 08:00:00' WHERE version = 2",
    "a type": "UPDATE sessions_app_sessionevent SET type = 'joined' WHERE version = 3",
    "a word": "UPDATE sessions_app_sessionevent SET data = '{\"a\": 1}' WHERE version = 1",
    "one less": "DELETE FROM sessions_app_sessionevent WHERE version = 2",
}


@pytest.mark.parametrize("sql", TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_journal_that_was_tampered_with_is_found(room, by, done, sql):
    sign(room, by)
    with connection.cursor() as cursor:
        _unguarded(cursor)
        cursor.execute(sql)
    assert not closing.is_intact(IncidentReport.objects.get())
    out, errors = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("check_journals", stdout=out, stderr=errors)
    assert errors.getvalue() == f"{room.number}\u00a0: le journal a été modifié.\n"


def _unguarded(cursor) -> None:
    """Who has the database itself can put its guards aside."""
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE sessions_app_sessionevent DISABLE TRIGGER USER")
        return
    for verb in ("update", "delete"):
        cursor.execute(f"DROP TRIGGER sessionevent_no_{verb}")


def test_what_is_as_it_was_is_said_to_be(room, by, done):
    sign(room, by)
    out = StringIO()
    call_command("check_journals", session=room.number, stdout=out)
    assert out.getvalue() == "Sessions vérifiées\u00a0: 1. Anomalies\u00a0: 0.\n"


def test_a_pdf_that_was_replaced_is_found(room, by, done):
    sign(room, by)
    IncidentReport.objects.update(pdf=b"%PDF another", pdf_sha256="0" * 64)
    errors = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_journals", stdout=StringIO(), stderr=errors)
    assert "le PDF du PV a été modifié" in errors.getvalue()


def test_what_was_signed_is_kept_and_served(client, room, by, done):
    """The bytes of the PV, never printed again, with their digest in the sealed journal."""
    sign(room, by)
    report = IncidentReport.objects.get(session=room)
    event = room.events.get(type="session_finalized")
    assert event.data["pdf_sha256"] == report.pdf_sha256 == sha256(bytes(report.pdf)).hexdigest()
    client.force_login(by)
    served = client.get(f"/surveillance/{room.number}/pv.pdf", headers=PAGE)
    assert served.content == bytes(report.pdf)
    assert closing.is_intact(report)
