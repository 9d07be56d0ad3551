"""One person leaves: all is shown, nothing of who they were stays, the others keep theirs."""

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse

from candidates import answering, services
from candidates.end_reasons import LACK_OF_TIME
from candidates.identity import fold
from candidates.models import Candidate, TimeGrant
from incidents import closing, entry_services, erasure, person_page, remark_services
from incidents import services as incidents
from incidents.mentions import ERASED, Mentions
from incidents.models import Incident, IncidentReport
from incidents.person_export import WITHHELD, person_data
from sessions_app import clock, journal_chain, purge
from sessions_app.data_register import REGISTER
from sessions_app.models import Erasure, SecurityEvent, Session, SessionEvent
from sessions_app.person_register import OF_CANDIDATE, WORDS
from sessions_app.refusals import Conflict
from tests import factories
from tests.pdf import Pdf
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
BIRTHDATE = date(2009, 8, 17)
NEEDLES = ("quintavalle", "zephyrine", "qz778899", "2009-08-17", "17/08/2009", "17 aout 2009")
PAGE = {"accept": "text/html"}


class Life:
    """A finalised session in which a good deal was written about `person`, and about `other`."""

    def __init__(self):
        self.room = room = factories.session(pause_reason="")
        self.by = by = factories.supervisor(room, name="Mme Lefèvre")
        self.head = factories.head(room.center)
        self.person = factories.running(
            room,
            by,
            birth_name="Quintavalle",
            first_name="Zéphyrine",
            birthdate=BIRTHDATE,
            external_id="QZ778899",
            extra_time_percent=33,
        )
        self.other = factories.running(room, by, birth_name="Bertin", first_name="Noé")
        for each, name in ((self.person, "Zephyrine QUINTAVALLE"), (self.other, "Noé Bertin")):
            self._write_about(each, name)
        incidents.note_room_incident(
            room, user=by, category="C7", text="Panne autour de quintavalle zéphyrine et de Bertin."
        )
        words = "Zéphyrine (née le 17/08/2009, QZ778899) et Noé se sont bien tenus."
        remark_services.save_remark(room, user=by, text=words, seen=0)
        services.pause_room(room, user=by, reason="Malaise de Quintavalle")
        services.resume_room(room, user=by)
        for each in (self.person, self.other):
            services.end_test(factories.fresh(each), user=by, reason=f"Malaise, {each.birth_name}")
            services.explain_end(factories.fresh(each), user=by, reason=LACK_OF_TIME)
        self._is_corrected_in_the_admin()
        closing.finalize(room, user=by, name="Mme Lefèvre", role="Surveillante")
        self.person, self.other = factories.fresh(self.person), factories.fresh(self.other)

    def _write_about(self, person, name):
        seat, by = factories.seat_of(person), self.by
        answering.answer(factories.fresh(person), seat, 1, "a")
        services.add_time(factories.fresh(person), user=by, minutes=5, reason=f"Vue, {name}")
        told = {"subject": "image", "text": f"Image de {name}"}
        incidents.raise_alert(factories.fresh(person), seat, **told)
        incidents.reject_alert(factories.fresh(person), user=by, text=f"Non, {name}")
        incidents.note_incident(
            factories.fresh(person), user=by, category="C8", text=f"{name} saigne du nez."
        )
        note = entry_services.service_of("correct-identity")
        note(factories.fresh(person), user=by, text=f"Nom exact : {name}.")

    def _is_corrected_in_the_admin(self):
        kinds = {"app_label": "candidates", "model": "candidate"}
        of_candidate = apps.get_model("contenttypes.ContentType").objects.get(**kinds)
        of_session = apps.get_model("contenttypes.ContentType").objects.get(
            app_label="sessions_app", model="session"
        )
        for each in (self.person, self.other):
            told = [{"changed": {"name": "candidat", "object": str(each), "fields": ["Prénom"]}}]
            note = {"user": self.head, "action_flag": 2, "change_message": json.dumps(told)}
            LogEntry.objects.create(
                content_type=of_candidate, object_id=each.pk, object_repr=str(each), **note
            )
            LogEntry.objects.create(
                content_type=of_session, object_id=self.room.pk, object_repr="100 042", **note
            )

    def erase(self):
        erasure.erase(self.person, user=self.head, ground="parents")


@pytest.fixture
def life():
    return Life()


def whole_database() -> dict[str, str]:
    """Each table as one text, as it is stored; of a PDF, its words."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 (names of tables)
            found[table] = "\n".join(_text(cell) for row in cursor.fetchall() for cell in row)
    return found


def holding(needles, found: dict[str, str]) -> dict[str, list[str]]:
    """Table → which of these stand there; those with none are left out."""
    told = {table: [each for each in needles if each in text] for table, text in found.items()}
    return {table: each for table, each in told.items() if each}


def _text(cell) -> str:
    if isinstance(cell, bytes | memoryview):
        return fold(Pdf(bytes(cell)).letters) if bytes(cell) else ""
    text = json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else str(cell)
    if "\\u" in text:
        text = text.encode("ascii", "backslashreplace").decode("unicode_escape", "replace")
    return fold(text)


# What is known


def test_the_export_holds_every_value_of_the_register(life):
    tables = person_data(life.person)["tables"]
    assert set(tables) == set(OF_CANDIDATE)
    for label, path in OF_CANDIDATE.items():
        columns = {name for line in REGISTER[label] for name in line.fields.split()}
        rows = apps.get_model(label)._default_manager.filter(**{path: life.person.pk})
        assert len(tables[label]) == rows.count()
        for told in tables[label]:
            assert set(told) == columns
    empty = {label for label, rows in tables.items() if not rows}
    assert empty == {"sessions_app.Erasure"}


def test_the_export_tells_the_values(life):
    data = person_data(life.person)
    (row,) = data["tables"]["candidates.Candidate"]
    assert (row["birth_name"], row["birthdate"]) == ("Quintavalle", "2009-08-17")
    assert (row["external_id"], row["extra_time_percent"]) == ("QZ778899", "33.00")
    assert (row["seat"], row["waiting_seat"]) == (WITHHELD, "")
    (grant,) = data["tables"]["candidates.TimeGrant"]
    assert grant["reason"] == "Vue, Zephyrine QUINTAVALLE"
    assert grant["author"] == f"compte n° {life.by.pk}"
    assert data["report"][0]["pdf_sha256"]
    mentioned = {(each["table"], each["column"]) for each in data["mentioned"]}
    assert mentioned == {
        ("incidents.Incident", "text"),
        ("incidents.Remark", "text"),
        ("sessions_app.SessionEvent", "data"),  # the room was paused for them
    }
    whole = json.dumps(data, ensure_ascii=False)
    assert "Bertin" not in whole
    assert "Lefèvre" not in whole
    assert factories.seat_of(life.person).token not in whole


def test_every_table_of_a_candidate_is_exported_and_purged():
    found = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.local_fields
        if field.related_model is Candidate
    }
    assert found | {"candidates.Candidate"} == set(OF_CANDIDATE) == set(person_page.TITLES)
    assert set(OF_CANDIDATE) <= {label for label, _, _ in purge.OF_LIVE + purge.OF_LIST}


# Columns of a session's tables that nobody types words about a candidate into.
NOT_TYPED = {
    "sessions_app.Session": "number site room supervisors access_code supervisor_code state",
    "sessions_app.Command": "key fingerprint",
    "sessions_app.SessionEvent": "type actor data",  # its words: `journal.replace_words`
    "sessions_app.Erasure": "ground bridges",
    "candidates.Candidate": "birth_name first_name external_id sort_key identity_key state ended_by"
    " seat waiting_seat node",  # replaced as what they are
    "candidates.Answer": "value",  # goes
    "incidents.Alert": "subject outcome",
    "incidents.Incident": "category",
    "incidents.IncidentReport": "signed_name signed_role journal_digest pdf_sha256",
    "sessions_app.FormerReport": "signed_name signed_role journal_digest pdf_sha256",
}


@pytest.mark.parametrize("label", sorted({label for label, _, _ in purge.OF_LIVE + purge.OF_LIST}
    | {"sessions_app.Session", "incidents.IncidentReport"}))  # fmt: skip
def test_every_column_of_text_is_known_to_the_erasure(label):
    kinds = (models.CharField, models.TextField, models.JSONField)
    fields = apps.get_model(label)._meta.local_fields
    texts = {field.name for field in fields if isinstance(field, kinds)}
    known = {*WORDS.get(label, ("", []))[1], *NOT_TYPED.get(label, "").split()}
    assert texts == known, (
        "Say in person_register.WORDS that people type into it, or here that they do not."
    )


# What goes and what stays


def test_nothing_of_who_they_were_stays(life):
    before = holding(NEEDLES, whole_database())
    assert {"candidates_candidate", "incidents_incident", "incidents_remark"} < set(before)
    assert {"sessions_app_sessionevent", "candidates_timegrant", "incidents_alert"} < set(before)
    assert {"django_admin_log", "incidents_incidentreport"} < set(before)
    life.erase()
    # The signed PV, as it was signed, until its retention ends.
    assert set(holding(NEEDLES, whole_database())) == {"incidents_incidentreport"}
    kept = set(holding(["bertin", "noe"], whole_database()))
    assert kept >= set(before)


def test_the_retention_takes_the_rest(life):
    life.erase()
    day = life.room.date + timedelta(days=300)
    IncidentReport.objects.update(signed_at=f"{day - timedelta(days=400)}T10:00:00Z")
    Session.objects.update(date=day - timedelta(days=700))
    for _ in purge.steps(datetime.combine(day, datetime.min.time(), UTC)):
        pass
    assert holding([*NEEDLES, "bertin"], whole_database()).keys() <= {"django_admin_log"}
    assert not Erasure.objects.exists()


def test_the_others_keep_theirs(life):
    mine = {("Candidate", life.person.pk), ("Session", life.room.pk)}
    before = everything()
    life.erase()
    after = everything()
    for key, row in before.items():
        if key in mine or row.get("candidate_id") == life.person.pk:
            continue
        told = json.dumps(row, default=str, ensure_ascii=False)
        if "uintavalle" not in told and "éphyrine" not in told:
            assert after[key] == row
    text = Incident.objects.get(category="C7").text
    assert text == f"Panne autour de {ERASED} et de Bertin."
    remark = life.room.pv_remarks.get().text
    assert remark == f"{ERASED} (née le {ERASED}, {ERASED}) et Noé se sont bien tenus."
    theirs = life.room.incidents.filter(candidate=life.other).values_list("text", flat=True)
    assert "Noé Bertin saigne du nez." in theirs


def test_the_facts_of_the_test_stay(life):
    at = life.person.timer.started_at, life.person.ended_at
    kinds = list(life.person.events.values_list("type", flat=True))
    life.erase()
    fresh = factories.fresh(life.person)
    assert (fresh.timer.started_at, fresh.ended_at) == at
    assert list(fresh.events.values_list("type", flat=True)) == [*kinds, "candidate_erased"]
    assert fresh.display_name == f"PERSONNE EFFACÉE n°\u00a0{fresh.pk}"
    assert not fresh.answers.exists()
    assert (fresh.extra_time_percent, fresh.timer.extra_time_percent) == (0, 0)


def test_the_seal_holds_and_still_tells_what_is_touched(life):
    report = IncidentReport.objects.get()
    life.erase()
    assert closing.is_intact(report)
    out = StringIO()
    call_command("check_journals", session=life.room.number, stdout=out)
    assert "Anomalies\u00a0: 0." in out.getvalue()
    sealed = journal_chain.digest(life.room)
    own = life.room.events.filter(candidate=life.person)
    for touched in (own.get(type="time_added"), life.room.events.get(type="room_paused"),
                    life.room.events.get(version=1)):  # fmt: skip
        link = journal_chain._written
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                journal_chain,
                "_written",
                lambda event, pk=touched.pk, link=link: (
                    link(event) + ("!" if event.pk == pk else "")
                ),
            )
            assert journal_chain.digest(life.room) != sealed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_chain, "_bridges", lambda session: {})
        assert journal_chain.digest(life.room) != sealed


def test_a_reopening_loses_their_name_and_its_seal_still_holds(life):
    closing.reopen(life.room, user=life.head, reason="La date de Quintavalle était fausse.")
    closing.finalize(life.room, user=life.by, name="Mme Lefèvre", role="Surveillante")
    life.erase()
    former = life.room.former_reports.get()
    assert former.reason == f"La date de {ERASED} était fausse."
    assert closing.was_intact(former)
    assert closing.is_intact(IncidentReport.objects.get())
    signed = {"incidents_incidentreport", "sessions_app_formerreport"}
    assert set(holding(NEEDLES, whole_database())) == signed  # their PDF
    with pytest.raises(DatabaseError), transaction.atomic():
        life.room.former_reports.update(reason="Rien.")


def test_two_people_of_one_text_leave_one_after_the_other(life):
    life.erase()
    erasure.erase(life.other, user=life.head, ground="person")
    assert closing.is_intact(IncidentReport.objects.get())
    assert set(holding([*NEEDLES, "bertin"], whole_database())) == {"incidents_incidentreport"}


def test_it_is_told_without_names(life):
    life.erase()
    event = life.room.events.get(type="candidate_erased")
    assert (event.user, event.data) == (life.head, {"ground": "parents"})
    line = SecurityEvent.objects.get(kind="person_erased")
    assert (line.user_ref, line.session_number) == (life.head.pk, life.room.number)
    assert line.data == {"candidate": life.person.pk, "ground": "parents"}


def test_only_what_is_over_is_erased_and_once(life, by):
    running = factories.running(by.accesses.get().session, by)
    with pytest.raises(Conflict, match="pas finalisée"):
        erasure.erase(running, user=life.head, ground="person")
    life.erase()
    with pytest.raises(Conflict, match="déjà effacée"):
        life.erase()


def test_a_session_that_nobody_finalised_is_over_a_week_later(by):
    room = by.accesses.get().session
    person = factories.running(room, by)
    Session.objects.filter(pk=room.pk).update(date=clock.now().date() - timedelta(days=8))
    erasure.erase(factories.fresh(person), user=by, ground="mistake")
    assert factories.fresh(person).birth_name == erasure.NAME


def test_a_failure_in_the_middle_leaves_everything(life, monkeypatch):
    monkeypatch.setattr(erasure, "_forget_identity", lambda candidate: 1 / 0)
    before = everything()
    with pytest.raises(ZeroDivisionError):
        life.erase()
    assert everything() == before


# What the database lets go of


GROWING = {
    SessionEvent: ("data", {}, {"a": 1}),
    Incident: ("text", "", "a"),
    TimeGrant: ("reason", "", "a"),
}


def opened(life, **columns) -> Erasure:
    told = {"session": life.room, "candidate": life.person, "user": life.head, "ground": "person"}
    return Erasure.objects.create(**told, at="2027-01-12T10:00Z", **columns)


@pytest.mark.parametrize("model", GROWING)
def test_words_are_replaced_while_an_erasure_is_open_only(life, model):
    column, value, after = GROWING[model]
    rows = model.objects.filter(candidate=life.person)

    def replaced(**columns) -> bool:
        try:
            with transaction.atomic():
                rows.update(**columns)
        except DatabaseError:
            return False
        return True

    assert not replaced(**{column: value})
    erasure_row = opened(life)
    assert not replaced(candidate=life.other)
    assert replaced(**{column: value})
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.first().__class__.objects.filter(pk=rows.first().pk).delete()
    Erasure.objects.filter(pk=erasure_row.pk).update(bridges={})
    assert not replaced(**{column: after})


def test_an_erasure_of_another_session_opens_nothing_here(life, by):
    opened(life)
    person = factories.running(by.accesses.get().session, by)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        person.events.update(data={})


@pytest.mark.parametrize("columns", [
    {"bridges": {"1": []}}, {"ground": "officer"}, {"at": "2020-01-01T00:00Z"}, {"bridges": None},
], ids=str)  # fmt: skip
def test_a_closed_erasure_is_not_rewritten(life, columns):
    row = opened(life, bridges={})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Erasure.objects.filter(pk=row.pk).update(**columns)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.delete()


# Finding a person in words


OTHERS = ["Mme Petit", "Durand", "Léa"]


@pytest.mark.parametrize(("names", "text", "expected"), [
    (("Lopez", "Ana"), "LOPEZ Ana, Ana López et lopez.", f"{ERASED}, {ERASED} et {ERASED}."),
    (("D’Aubigné", "Jean-Paul"), "d'aubigne puis Jean Paul", f"{ERASED} puis {ERASED}"),
    (("Durand", "Zoé"), "Durand crie, Zoé Durand aussi", f"Durand crie, {ERASED} aussi"),
    (("Petit", "Léa"), "Le petit de Léa", "Le petit de Léa"),
    (("Petit", "Léa"), "Léa Petit", ERASED),
    (("Lopez", "Ana"), "Analyse de Lopezia", "Analyse de Lopezia"),
    (("Y", "Li"), "Il y va, Y Li", f"Il y va, {ERASED}"),
    (("Lopez", "Ana"), "né le 2/5/2010, 2 mai 2010", f"né le {ERASED}, {ERASED}"),
    (("Lopez", "Ana"), "dossier A-17.", f"dossier {ERASED}."),
])  # fmt: skip
def test_a_person_is_found_however_they_are_written(names, text, expected):
    person = Mentions(*names, date(2010, 5, 2), "A-17", OTHERS)
    assert person.clean(text) == expected
    assert person.are_in([{"told": text}]) is (text != expected)


# The pages of the admin


def url(person, name="candidates_candidate_person"):
    return reverse(f"admin:{name}", args=[person.pk])


def test_an_administrator_of_the_centre_reads_takes_out_and_erases(life, client):
    client.force_login(life.head)
    page = client.get(url(life.person)).content.decode()
    assert "Zéphyrine" in page
    assert "saigne du nez" in page
    taken = client.get(url(life.person, "candidates_candidate_person_json"))
    assert taken.json()["tables"]["candidates.Candidate"][0]["birth_name"] == "Quintavalle"
    assert "Quintavalle" not in taken["Content-Disposition"]
    for body, status in (
        ({"ground": "person", "password": "faux"}, 422),
        ({"ground": "", "password": factories.PASSWORD}, 422),
        ({"ground": "person", "password": factories.PASSWORD}, 302),
        ({"ground": "person", "password": factories.PASSWORD}, 409),
    ):
        assert client.post(url(life.person), body, headers=PAGE).status_code == status
        is_erased = factories.fresh(life.person).birth_name == erasure.NAME
        assert is_erased is (status in {302, 409})
    told = SecurityEvent.objects.filter(session_number=life.room.number)
    kinds = list(told.order_by("pk").values_list("kind", "data__what"))
    assert ("person_exported", "page") in kinds
    assert ("person_exported", "json") in kinds
    assert ("person_erased", None) in kinds


def test_nobody_else_does(life, client):
    strangers = [factories.head(factories.center()), life.by, factories.user()]
    before = everything()
    for person in strangers:
        client.force_login(person)
        for name in ("candidates_candidate_person", "candidates_candidate_person_json"):
            response = client.get(url(life.person, name), headers=PAGE)
            assert response.status_code in {302, 404}
            assert "Quintavalle" not in response.content.decode()
        body = {"ground": "person", "password": factories.PASSWORD}
        assert client.post(url(life.person), body, headers=PAGE).status_code in {302, 404}
    assert changes(before, everything()) == {"User.last_login"}
