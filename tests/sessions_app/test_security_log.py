"""The security log: what is noted, with what, and that nobody rewrites it."""

from datetime import timedelta

import pytest
from allauth.mfa import signals as factors
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, OperationalError, connection, transaction
from django.dispatch import Signal
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sessions_app import clock, preparation, purge, security_log, security_signals
from sessions_app.event_names import SECURITY_NAMES
from sessions_app.models import SecurityEvent, Session, SupervisorAccess
from sessions_app.security_doors import DOORS
from tests import factories
from tests.browsers import logged_in
from tests.sessions_app.scenes import PATTERNS, Scene
from tests.sessions_app.test_access_matrix import DOCUMENTS

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}
WRONG = {"login": "personne@example.org", "password": "faux"}


def lines(**fields) -> list[tuple]:
    rows = SecurityEvent.objects.filter(**fields).order_by("pk")
    return list(rows.values_list("kind", "user_ref", "session_number", "data"))


def log_in(browser, person, password=factories.PASSWORD):
    return browser.post(reverse("account_login"), {"login": person.email, "password": password})


# What is noted


def test_entries_granted_and_refused(room):
    person = factories.user()
    browser, path = logged_in(person), reverse("entry")
    code = {"session_number": room.number, "supervisor_code": "FAUX-FAUX"}
    browser.post(path, code, headers=PAGE)
    browser.post(path, code)  # of a program
    browser.post(path, code | {"supervisor_code": room.supervisor_code}, headers=PAGE)
    browser.post(path, code | {"session_number": "Durand"}, headers=PAGE)
    assert lines() == [
        ("entry_refused", person.pk, room.number, {}),
        ("entry_refused", person.pk, room.number, {}),
        ("entered", person.pk, room.number, {}),
        ("entry_refused", person.pk, "", {}),
    ]


def test_candidates_refused_at_the_door(room):
    person = factories.candidate(room)
    body = {
        "session_number": room.number,
        "last_name": person.birth_name,
        "first_name": person.first_name,
        "birthdate": "23/04/2010",
        "access_code": "AAAAAA",
    }
    assert Client().post(reverse("join"), body, headers=PAGE).status_code == 422
    assert lines() == [("join_refused", None, room.number, {})]
    assert len(SecurityEvent.objects.get().origin) == 16


def test_a_thousand_refusals_are_some_lines(room, monkeypatch, rf, db_clock):
    monkeypatch.setattr(security_log, "MOST", 3)
    browser, path = logged_in(factories.user()), reverse("board", args=[room.number])
    for _ in range(5):
        browser.get(path, headers=PAGE)
    assert len(lines()) == 3
    logged_in(factories.user()).get(path, headers=PAGE)
    assert len(lines()) == 4
    db_clock.forward(minutes=11)
    browser.get(path, headers=PAGE)
    assert len(lines()) == 5


def test_logins_and_their_failures():
    person, browser = factories.user(), Client()
    log_in(browser, person, "faux")
    browser.post(reverse("account_login"), WRONG)
    log_in(browser, person)
    browser.post(reverse("account_logout"))
    assert lines() == [
        ("login_failed", None, "", {"account": person.pk}),
        ("login_failed", None, "", {}),
        ("logged_in", person.pk, "", {}),
        ("logged_out", person.pk, "", {}),
    ]


def test_a_password_changed():
    person = factories.user()
    new = {"password1": "un-autre-mot-de-passe", "password2": "un-autre-mot-de-passe"}
    browser = Client()
    log_in(browser, person)
    browser.post(reverse("account_change_password"), {"oldpassword": factories.PASSWORD, **new})
    assert ("password_changed", person.pk, "", {}) in lines()


SIGNALS = {**security_signals.KINDS, **security_signals.REFUSALS}
OF_FACTORS = [each for each in vars(factors).values() if isinstance(each, Signal)]


@pytest.mark.parametrize("signal", OF_FACTORS, ids=lambda signal: SIGNALS[signal])
def test_second_factors(rf, signal):
    request = rf.get("/")
    request.user = person = factories.user()
    signal.send(sender=type(person), request=request, user=person, authenticator=None)
    assert [(kind, user) for kind, user, *_ in lines()] == [(SIGNALS[signal], person.pk)]


def test_every_signal_of_second_factors_is_heard():
    assert OF_FACTORS
    assert set(OF_FACTORS) <= set(SIGNALS)


def test_factors_removed_by_an_administrator():
    admin, person = factories.user(admin=True), factories.user()
    Authenticator.objects.create(user=person, type="totp", data={})
    body = {"action": "forget_second_factors", "_selected_action": [person.pk]}
    logged_in(admin).post(reverse("admin:sessions_app_user_changelist"), body)
    assert lines() == [("factor_removed", admin.pk, "", {"accounts": [person.pk]})]


@pytest.mark.parametrize("state", Session.State.values[:2])
def test_accesses_and_codes(state):
    room = factories.session()
    Session.objects.filter(pk=room.pk).update(state=state)
    admin, person = factories.user(admin=True), factories.user()
    access = SupervisorAccess(session=room, user=person)
    preparation.give_access(access, user=admin)
    preparation.withdraw_access(access, user=admin)
    preparation.withdraw_access(access, user=admin)  # withdrawn already: nothing happens
    preparation.renew_supervisor_code(room, user=admin)
    preparation.renew_access_code(room, user=admin)
    about = {"access": access.pk}
    assert lines() == [
        ("access_given", admin.pk, room.number, about),
        ("access_withdrawn", admin.pk, room.number, about),
        ("supervisor_code_renewed", admin.pk, room.number, {}),
        ("access_code_renewed", admin.pk, room.number, {}),
    ]


def test_rights_changed_in_the_admin(room):
    admin, person = factories.user(admin=True), factories.user()
    path = reverse("admin:sessions_app_user_change", args=[person.pk])
    body = {"email": person.email, "name": "", "is_active": "on", "is_staff": "on"}
    assert logged_in(admin).post(path, body | {"centers": [room.center_id]}).status_code == 302
    told = {"model": "sessions_app.User", "key": person.pk}
    assert lines() == [("rights_changed", admin.pk, "", told)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_taken_out_and_each_refused(name):
    scene = Scene(name)
    assert scene.browser("supervisor").get(scene.path()).status_code == 200
    what, number = {"what": name}, scene.room.number
    assert lines() == [("document_taken", scene.supervisor.pk, number, what)]
    stranger = factories.user()
    assert logged_in(stranger).get(scene.path()).status_code == 404
    assert lines()[1:] == [("access_refused", stranger.pk, number, what | {"status": 404})]


def test_a_form_forged_elsewhere(room, by):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(by)
    browser.post(reverse("pause-room", args=[room.number]), headers=PAGE)
    told = {"what": "pause-room", "status": 403}
    assert lines() == [("access_refused", by.pk, room.number, told)]


def test_a_purge_is_told_in_counts():
    purge.told(purge.Counter({"candidates.Answer": 3}))
    purge.told(purge.Counter())
    assert lines() == [("purged", None, "", {"candidates.Answer": 3})]


def test_a_database_that_is_only_read_still_gives_its_papers(room, by, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("read-only")

    monkeypatch.setattr(security_log, "note", refuse)
    assert logged_in(by).get(reverse("session-json", args=[room.number])).status_code == 200


def test_only_known_kinds_are_noted():
    with pytest.raises(ValueError, match="anything"):
        security_log.note("anything")
    assert {*SIGNALS.values()} <= set(SECURITY_NAMES)


# Nobody is named


def test_no_address_is_kept_as_such(room, by, settings):
    path = reverse("session-json", args=[room.number])
    for address in ("203.0.113.7", "203.0.113.7", "203.0.113.8"):
        logged_in(by).get(path, REMOTE_ADDR=address)
    first, second, third = (row.origin for row in SecurityEvent.objects.order_by("pk"))
    assert first == second != third
    assert "203.0" not in str(list(SecurityEvent.objects.values()))
    settings.SECRET_KEY = "another" * 8
    logged_in(by).get(path, REMOTE_ADDR="203.0.113.7")
    assert SecurityEvent.objects.first().origin != first


# Append-only


@pytest.fixture
def noted(by):
    """A line of today, one of 29 and one of 31 days ago."""
    found = []
    for days in (0, 29, 31):
        at = clock.now() - timedelta(days=days)
        row = SecurityEvent(at=at, kind="logged_in", user_ref=by.pk)
        row.save()
        found.append(row)
    return found


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "logged_out"},
        {"user_ref": None},
        {"session_number": "000000"},
        {"origin": "x"},
        {"data": {"a": 1}},
        {"at": "2020-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_no_line_is_rewritten(noted, columns):
    before = list(SecurityEvent.objects.values())
    for row in noted:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            SecurityEvent.objects.filter(pk=row.pk).update(**columns)
    assert list(SecurityEvent.objects.values()) == before


def test_a_line_is_deleted_after_a_month_only(noted):
    for row in noted[:2]:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            SecurityEvent.objects.filter(pk=row.pk).delete()
    noted[2].delete()
    assert SecurityEvent.objects.count() == 2


def test_the_purge_takes_what_has_passed_its_retention(noted, settings):
    settings.RETENTION_DAYS = settings.RETENTION_DAYS | {"SECURITY": 30}
    gone = dict(purge.steps(clock.now()))
    assert gone["sessions_app.SecurityEvent"] == 1
    assert SecurityEvent.objects.count() == 2


# Read in the admin, by who administers everything

LIST = "admin:sessions_app_securityevent_changelist"


def test_global_administrators_read_it_and_nobody_changes_it(room, by):
    security_log.note("entered", user=by, session=room)
    gone = factories.user()
    security_log.note("logged_in", user=gone)
    key = gone.pk
    gone.delete()
    row = SecurityEvent.objects.first()
    one, delete = (
        reverse(f"admin:sessions_app_securityevent_{name}", args=[row.pk])
        for name in ("change", "delete")
    )
    browser = logged_in(factories.user(admin=True))
    page = browser.get(reverse(LIST)).content.decode()
    assert by.email in page
    assert f"compte n° {key}" in page
    assert browser.get(one).status_code == 200
    assert browser.post(one, {"kind": "purged"}).status_code == 403
    assert browser.post(delete, {"post": "yes"}).status_code == 403
    assert browser.get(reverse("admin:sessions_app_securityevent_add")).status_code == 403
    head = logged_in(factories.head(room.center))
    assert [head.get(each).status_code for each in (reverse(LIST), one)] == [403, 403]


@pytest.mark.parametrize(("query", "count"), [
    ({}, 3), ({"kind": "entered"}, 1), ({"q": "100 042"}, 1), ({"q": "lui@example.org"}, 2),
    ({"q": "abcdef"}, 0),
])  # fmt: skip
def test_it_is_filtered_and_searched(query, count):
    person, room = factories.user("lui@example.org"), factories.session(number="100042")
    security_log.note("logged_in", user=person)
    security_log.note("entered", user=person, session=room)
    security_log.note("purged")
    page = logged_in(factories.user(admin=True)).get(reverse(LIST), query)
    assert page.context["cl"].result_count == count


def test_its_queries_are_constant(room):
    browser = logged_in(factories.user(admin=True))
    counts = []
    for _ in range(2):
        for person in (factories.user(), factories.user()):
            security_log.note("entered", user=person, session=room)
        with CaptureQueriesContext(connection) as told:
            browser.get(reverse(LIST))
        counts.append(len(told))
    assert counts[0] == counts[1]


def test_the_doors_are_addresses_of_the_site():
    assert {name for name, _ in DOORS} <= set(PATTERNS)
    assert set(DOORS.values()) <= set(SECURITY_NAMES)
