"""A supervisor's socket stays open while what let it in still holds, and no longer."""

import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session as Login
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from incidents import closing
from sessions_app import watch, windows
from sessions_app.models import Session, SupervisorAccess, User
from tests import factories
from tests.servers import server

LOGIN, ACCESS = ("login", 4401), ("access", 4403)
SOON = 12  # seconds
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


def login_of(user) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.cookies["sessionid"].value


def log_out(user, login):
    Login.objects.filter(session_key=login).delete()


def let_the_login_expire(user, login):
    Login.objects.filter(session_key=login).update(expire_date=timezone.now() - MINUTE)


def disable(user, login):
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_the_password(user, login):
    user.set_password("un-autre-mot-de-passe")
    user.save(update_fields=["password"])


def delete_the_account(user, login):
    user.delete()


def withdraw_the_access(user, login):
    SupervisorAccess.objects.filter(user=user).update(revoked_at=timezone.now())


def withdraw_from_another_room(user, login):
    SupervisorAccess.objects.create(
        session=factories.session(), user=user, revoked_at=timezone.now()
    )


def let_the_time_of_the_session_pass(user, login):
    Session.objects.filter(accesses__user=user).update(date=timezone.localdate() - 2 * WEEK)


def change_the_name(user, login):
    User.objects.filter(pk=user.pk).update(name="Claire Petit")


REASONS = [
    (log_out, LOGIN),
    (let_the_login_expire, LOGIN),
    (disable, LOGIN),
    (change_the_password, LOGIN),
    (delete_the_account, LOGIN),
    (withdraw_the_access, ACCESS),
    (let_the_time_of_the_session_pass, ACCESS),
    (withdraw_from_another_room, None),
    (change_the_name, None),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "reason"), REASONS)
def test_what_closes_a_socket(room, by, change, reason):
    login = login_of(by)
    ticket = watch.Ticket(room.pk, by.pk, login, by.password)
    assert watch.look([room.pk], [ticket]).closes(ticket) is None
    change(by, login)
    assert watch.look([room.pk], [ticket]).closes(ticket) == (reason[0] if reason else None)


@pytest.mark.django_db
def test_an_administrator_needs_no_access(room):
    admin = factories.user(admin=True)
    ticket = watch.Ticket(room.pk, admin.pk, login_of(admin), admin.password)
    assert watch.look([room.pk], [ticket]).closes(ticket) is None
    User.objects.filter(pk=admin.pk).update(is_superuser=False)
    assert watch.look([room.pk], [ticket]).closes(ticket) == "access"


def leave_it(room, by):
    return windows._end_of_day(room) + WEEK


def sign_its_report(room, by):
    factories.finished(room, by)
    closing.finalize(room, user=by, name="Mme Lefèvre", role="Surveillante")
    return room.incident_report.signed_at + WEEK


def reopen_it(room, by):
    sign_its_report(room, by)
    room.refresh_from_db()
    closing.reopen(room, user=by, reason="Oubli")
    return room.former_reports.get().reopened_at + WEEK


def put_it_off(room, by):
    room.date += timedelta(days=30)
    room.save(update_fields=["date"])
    return timezone.now()


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Tahiti"])
@pytest.mark.parametrize("change", [leave_it, sign_its_report, reopen_it, put_it_off])
def test_a_session_whose_time_is_over_closes_to_supervisors(change, zone):
    """To the minute, as the doors of the pages do; its administrators stay."""
    center = factories.center(time_zone=zone)
    room = factories.session(center=center, date=timezone.localdate() - timedelta(days=5))
    by, head = factories.supervisor(room), factories.head(center)
    tickets = [watch.Ticket(room.pk, one.pk, login_of(one), one.password) for one in (by, head)]
    Login.objects.update(expire_date=timezone.now() + 5 * WEEK)
    assert [watch.look([room.pk], tickets).closes(each) for each in tickets] == [None, None]
    closes = change(room, by)
    for instant, reason in ((closes - MINUTE, None), (closes + MINUTE, "access")):
        if change is put_it_off and reason is None:
            continue  # it had time left
        with time_machine.travel(instant):
            seen = watch.look([room.pk], tickets)
            assert [seen.closes(each) for each in tickets] == [reason, None]
            room = type(room).objects.select_related("center").get(pk=room.pk)
            assert bool(windows.refusal(room)) == bool(reason)


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_one_query_for_all_rooms(count):
    tickets = []
    for _ in range(count):
        room = factories.session()
        by = factories.supervisor(room)
        tickets.append(watch.Ticket(room.pk, by.pk, login_of(by), by.password))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        seen = watch.look([ticket.session_id for ticket in tickets], tickets)
    assert len(queries) == 1
    assert [seen.closes(ticket) for ticket in tickets] == [None] * count
    assert len(seen.versions) == count


def frames_until_closed(socket) -> list[dict]:
    frames = []
    try:
        while True:
            frames.append(json.loads(socket.recv(timeout=SOON)))
    except ConnectionClosed:
        return frames


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("change", "reason"), [REASONS[0], REASONS[3], REASONS[5], REASONS[6]])
def test_the_browser_is_told_within_seconds(room, change, reason):
    by, colleague = factories.supervisor(room), factories.head(room.center)
    login = login_of(by)
    with server() as url:
        address = f"{url.replace('http', 'ws')}/ws/surveillance/{room.number}/"

        def opened(login):
            headers = {"Cookie": f"sessionid={login}"}
            return connect(address, origin=url, additional_headers=headers)

        with opened(login) as socket, opened(login_of(colleague)) as other:
            assert json.loads(socket.recv(timeout=5))["type"] == "hello"
            change(by, login)
            started = time.monotonic()
            frames = frames_until_closed(socket)
            assert time.monotonic() - started < SOON
            assert frames[-1] == {"type": "bye", "code": reason[0]}
            assert socket.close_code == reason[1]
            # Whoever keeps their right notices nothing.
            assert json.loads(other.recv(timeout=5))["type"] == "hello"
            other.ping().wait(timeout=5)
