"""Centres, sessions, accounts and journal in the admin: who sees and changes what."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localdate

from incidents import remark_services
from incidents import services as incident_services
from incidents.models import IncidentReport
from sessions_app import clock, roles, security_log
from sessions_app.event_names import NAMES
from sessions_app.memberships import Invitation, Role
from sessions_app.models import Center, Session, SessionEvent, SupervisorAccess, User
from tests import factories
from tests.admin_page import save, text, url

SESSION = "sessions_app_session"
READ_ONLY = [
    "sessions_app_sessionevent",
    "sessions_app_securityevent",
    "candidates_timegrant",
    "candidates_timer",
    "incidents_alert",
    "incidents_incident",
    "incidents_incidentreport",
    "incidents_remark",
    "sessions_app_membership",
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser(client):
    user = factories.user(admin=True)
    client.force_login(user)
    return user


@pytest.fixture
def staff(client):
    """A member of staff of one centre, logged in."""
    user = factories.head(factories.center(name="Mon centre"))
    client.force_login(user)
    return user


def lived(room: Session, name: str) -> None:
    """A session in which everything that the admin shows has happened once."""
    from candidates import services
    from candidates.access import Seat

    user = factories.supervisor(room)
    person = factories.running(room, user, birth_name=name)
    services.add_time(person, user=user, minutes=5, reason=f"{name} a besoin de temps")
    seat = Seat(person.pk, person.seat)
    incident_services.raise_alert(person, seat, subject="image", text=f"{name} ne voit rien")
    incident_services.accept_alert(factories.fresh(person), user=user, category="E11")
    remark_services.save_remark(room, user=user, text=f"{name} était là")
    signed = {"signed_name": name, "signed_by": user, "signed_at": clock.now()}
    IncidentReport.objects.create(session=room, **signed)
    security_log.note("entered", user=user, session=room)
    roles.give(room.center, user, Role.SUPERVISOR)
    invited = {"email": f"{name}@example.org".lower(), "sent_at": clock.now()}
    Invitation.objects.create(center=room.center, **invited)


def test_every_page_opens(client, superuser):
    lived(factories.session(), "Durand")
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert client.get(url(name), {"q": "Durand"}).status_code == 200, name
        row = model._default_manager.first()
        assert client.get(url(name, "change", row.pk)).status_code == 200, name
        expected = 403 if name in READ_ONLY else 200
        assert client.get(url(name, "add")).status_code == expected, name


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_services_write_is_only_shown(client, superuser, model):
    lived(factories.session(), "Durand")
    (kind,) = (k for k in admin.site._registry if url(model) == url(_name(k)))
    row = kind._default_manager.first()
    assert client.get(url(model, "add")).status_code == 403
    assert client.post(url(model, "change", row.pk), {}).status_code == 403
    assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    client.post(url(model), action)
    assert kind._default_manager.filter(pk=row.pk).exists()


def _name(kind) -> str:
    return f"{kind._meta.app_label}_{kind._meta.model_name}"


def test_staff_see_nothing_of_another_centre(client, staff):
    lived(factories.session(center=Center.objects.get(), room="Chez nous"), "Visible")
    theirs = factories.session(
        center=factories.center(name="Autre centre"), room="Ailleurs", site="Lycée caché"
    )
    lived(theirs, "Cachette")
    secrets = ("CACHETTE", "Cachette", "Ailleurs", "Autre centre", "Lycée caché")
    for model in admin.site._registry:
        name = _name(model)
        if not admin.site._registry[model].has_module_permission(_request(staff)):
            assert client.get(url(name)).status_code == 403, name
            continue
        page = text(client.get(url(name)))
        assert not [secret for secret in secrets if secret in page], name
        for row in model._default_manager.all():
            is_mine = _center(row) == Center.objects.get(name="Mon centre")
            status = client.get(url(name, "change", row.pk)).status_code
            assert (status == 200) == is_mine, (name, row)
            history = client.get(url(name, "history", row.pk)).status_code
            assert (history == 200) == is_mine, (name, row)
    assert theirs.number not in text(client.get(url(SESSION), {"q": theirs.number}))


def _request(user):
    return type("Request", (), {"user": user})()


def _center(row) -> Center:
    if isinstance(row, Center):
        return row
    if hasattr(row, "candidate") and row.candidate:
        row = row.candidate
    return getattr(row, "session", row).center


def test_staff_find_no_session_of_another_centre_in_the_choices(client, staff):
    theirs = factories.session(room="Ailleurs")
    mine = factories.session(center=Center.objects.get(name="Mon centre"), room="Chez nous")
    query = {"app_label": "candidates", "model_name": "candidate", "field_name": "session"}
    found = client.get(reverse("admin:autocomplete"), query).json()["results"]
    assert [choice["id"] for choice in found] == [str(mine.pk)]
    page = text(client.get(url(SESSION, "add")))
    assert theirs.center.name not in page
    answer = save(client, url(SESSION, "change", mine.pk), "session_form", room="Salle 3")
    assert answer.status_code == 302
    save(client, url(SESSION, "change", mine.pk), "session_form", center=theirs.center_id)
    mine.refresh_from_db()
    assert (mine.room, mine.center.name) == ("Salle 3", "Mon centre")


def test_staff_cannot_reach_accounts_nor_change_centres(client, staff):
    mine = Center.objects.get()
    assert client.get(url("sessions_app_user")).status_code == 403
    assert client.get(url("sessions_app_user", "add")).status_code == 403
    assert client.get(url("sessions_app_center", "add")).status_code == 403
    assert client.post(url("sessions_app_center", "change", mine.pk), {}).status_code == 403
    assert client.get(url("sessions_app_supervisoraccess", "add")).status_code == 403
    page = client.get(url("sessions_app_center", "change", mine.pk))
    assert staff.email not in page.content.decode().partition("<main")[2]
    query = {"app_label": "sessions_app", "model_name": "supervisoraccess", "field_name": "user"}
    assert client.get(reverse("admin:autocomplete"), query).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_session_list_costs_the_same_for_any_number(client, superuser, rows):
    for _ in range(rows):
        factories.candidate(factories.session())
    with CaptureQueriesContext(connection) as captured:
        page = client.get(url(SESSION))
    assert page.status_code == 200
    assert len(captured) == 11


def test_the_application_chooses_number_and_codes(client, superuser):
    center = factories.center()
    form = client.get(url(SESSION, "add")).content.decode()
    assert "supervisor_code" not in form
    data = {"center": center.pk, "site": "Collège", "room": "CDI", "date": "15/06/2027"}
    data |= {"start_time": "09:00", "number": "111111", "supervisor_code": "MIEN"}
    answer = save(client, url(SESSION, "add"), "session_form", **data)
    assert answer.status_code == 302
    session = Session.objects.get()
    assert (len(session.number), len(session.access_code), len(session.supervisor_code)) == (
        6,
        6,
        8,
    )
    assert (session.number, session.supervisor_code) != ("111111", "MIEN")
    page = text(client.get(url(SESSION, "change", session.pk)))
    assert session.spaced_number.replace("\xa0", " ") in page
    save(client, url(SESSION, "change", session.pk), "session_form", number="111111", state="open")
    assert Session.objects.get().state == Session.State.PLANNED


def test_a_change_writes_its_own_fields_and_tells_the_open_room(client, superuser):
    room = factories.session()
    Session.objects.filter(pk=room.pk).update(version=7)
    save(client, url(SESSION, "change", room.pk), "session_form", room="Salle 3")
    room.refresh_from_db()
    event = SessionEvent.objects.get()
    assert (room.room, room.version) == ("Salle 3", 8)
    assert (event.type, event.user, event.data) == (
        "session_changed",
        superuser,
        {"fields": ["room"]},
    )


def test_nothing_changed_is_nothing_told(client, superuser):
    room = factories.session()
    assert save(client, url(SESSION, "change", room.pk), "session_form").status_code == 302
    assert not SessionEvent.objects.exists()


def test_once_started_the_duration_stays(client, superuser):
    room = factories.session()
    factories.running(room, factories.supervisor(room))
    save(client, url(SESSION, "change", room.pk), "session_form", duration_minutes="10")
    room.refresh_from_db()
    assert room.duration_minutes == 105


def test_a_finalised_session_is_only_shown(client, superuser):
    room = factories.session()
    factories.candidate(room)
    Session.objects.filter(pk=room.pk).update(state=Session.State.FINALIZED)
    page = client.get(url(SESSION, "change", room.pk))
    assert page.status_code == 200
    assert "_save" not in page.content.decode()
    assert client.post(url(SESSION, "change", room.pk), {}).status_code == 403
    assert client.post(url(SESSION, "delete", room.pk), {"post": "yes"}).status_code == 403


def test_a_session_that_has_lived_cannot_be_deleted(client, superuser):
    planned, room = factories.session(), factories.session()
    factories.waiting(room)
    refused = client.post(url(SESSION, "delete", room.pk), {"post": "yes"})
    assert refused.status_code == 200
    assert "le journal de la session, qui est conservé" in text(refused)
    assert client.post(url(SESSION, "delete", planned.pk), {"post": "yes"}).status_code == 302
    assert Session.objects.get() == room


def test_renewing_the_supervisor_code_keeps_who_is_in(client, superuser):
    room, final = factories.session(), factories.session()
    Session.objects.filter(pk=final.pk).update(state=Session.State.FINALIZED)
    user = factories.supervisor(room)
    data = {"action": "renew_supervisor_code", "_selected_action": [room.pk, final.pk]}
    page = text(client.post(url(SESSION), data, follow=True))
    codes = dict(Session.objects.values_list("pk", "supervisor_code"))
    assert codes[room.pk] != room.supervisor_code
    assert codes[final.pk] == final.supervisor_code
    assert "a un nouveau code surveillant" in page
    assert "est finalisée" in page
    client.force_login(user)
    assert client.get(reverse("board", args=[room.number])).status_code == 200
    assert SessionEvent.objects.get().type == "supervisor_code_renewed"


def test_the_room_is_one_click_away(client, staff):
    """Administrators of the centre open it without its code."""
    room = factories.session(center=Center.objects.get())
    page = client.get(url(SESSION, "change", room.pk)).content.decode()
    assert f'href="{reverse("board", args=[room.number])}">Ouvrir la salle' in page


def test_an_access_is_withdrawn_and_given_back(client, superuser):
    room = factories.session()
    user = factories.supervisor(room)
    access = SupervisorAccess.objects.get()
    address = url("sessions_app_supervisoraccess")
    client.post(address, {"action": "withdraw", "_selected_action": access.pk})
    access.refresh_from_db()
    assert access.revoked_at is not None
    client.post(address, {"action": "give_back", "_selected_action": access.pk})
    access.refresh_from_db()
    assert (access.revoked_at, access.user) == (None, user)
    types = SessionEvent.objects.values_list("type", flat=True)
    assert list(types) == ["access_withdrawn", "access_given"]


def new_account(client, **changes):
    data = {"email": "Marie.Roux@Example.org", "name": "Marie Roux"}
    data |= {"password1": "quatre mots bien choisis", "password2": "quatre mots bien choisis"}
    return save(client, url("sessions_app_user", "add"), "user_form", **data, **changes)


def test_a_new_account_logs_in_at_once(client, superuser):
    center = factories.center()
    assert new_account(client, centers=[center.pk]).status_code == 302
    user = User.objects.get(email="marie.roux@example.org")
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == (user.email, True, True)
    assert list(center.members.all()) == [user]
    client.logout()
    login = {"login": "Marie.Roux@example.org", "password": "quatre mots bien choisis"}
    answer = client.post(reverse("account_login"), login)
    assert (answer.status_code, answer.url) == (302, reverse("entry"))
    assert client.get(reverse("admin:index")).status_code == 200


def test_one_address_one_account(client, superuser):
    factories.user("marie.roux@example.org")
    answer = new_account(client)
    assert answer.status_code == 200
    assert "Un compte existe déjà avec cette adresse." in text(answer)


def test_a_changed_address_is_the_one_that_logs_in(client, superuser):
    user = factories.user("avant@example.org")
    address = url("sessions_app_user", "change", user.pk)
    assert save(client, address, "user_form", email="apres@example.org").status_code == 302
    known = EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary")
    assert list(known) == [("apres@example.org", True, True)]
    user.refresh_from_db()
    assert user.check_password(factories.PASSWORD)


def test_only_staff_enter_the_admin(client):
    assert client.get(reverse("admin:index")).status_code == 302
    client.force_login(factories.user())
    assert client.get(reverse("admin:index"), follow=True).status_code == 403
    assert IncidentReport.objects.count() == 0


def test_every_event_has_a_name_on_screen(client, superuser):
    call = re.compile(r'\b(?:record|move|note)\(\s*(?:session|locked)[^"()]*"([a-z_]+)"')
    root = Path(__file__).parents[2]
    apps = ("sessions_app", "candidates", "incidents")
    files = [path for app in apps for path in root.glob(f"{app}/*.py")]
    recorded = {name for path in files for name in call.findall(path.read_text())}
    assert "test_started" in recorded
    assert recorded - NAMES.keys() == set()
    lived(factories.session(), "Durand")
    page = text(client.get(url("sessions_app_sessionevent"), {"kind": "time_added"}))
    assert "temps ajouté DURAND" in page
    assert "départ autorisé DURAND" not in page


def test_sessions_are_found_by_when_they_are(client, superuser):
    for days, room in ((-1, "Hier"), (0, "Ce jour"), (1, "Demain")):
        factories.session(room=room, date=localdate() + timedelta(days))
    for when, room in (("past", "Hier"), ("today", "Ce jour"), ("soon", "Demain")):
        page = text(client.get(url(SESSION), {"when": when}))
        assert [name for name in ("Hier", "Ce jour", "Demain") if name in page] == [room]
