"""A building that comes back is let in together, each by the rules of one who comes alone."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.sessions.models import Session as Login
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app import access, access_together, logins
from sessions_app.models import Session
from sessions_app.refusals import Refusal
from tests import factories
from tests.sessions_app.test_open_doors import (
    REASONS,
    change_the_password,
    delete_the_account,
    disable,
    let_the_login_expire,
    log_out,
    login_of,
)

pytestmark = pytest.mark.django_db


def changed(login: str, **held) -> None:
    store = logins.SessionStore(login)
    store.update(held)
    store.save()


def of_nobody(user, login):
    store = logins.SessionStore(login)
    del store[SESSION_KEY]
    store.save()


def of_another(user, login):
    changed(login, **{SESSION_KEY: str(factories.user().pk)})


def in_a_way_that_is_gone(user, login):
    changed(login, **{BACKEND_SESSION_KEY: "some.other.Backend"})


def without_its_hash(user, login):
    changed(login, **{HASH_SESSION_KEY: ""})


def spoilt(user, login):
    Login.objects.filter(session_key=login).update(session_data="nonsense")


def nothing(user, login):
    pass


STATES = [log_out, let_the_login_expire, disable, change_the_password, delete_the_account]
STATES += [of_nobody, of_another, in_a_way_that_is_gone, without_its_hash, spoilt, nothing]


@pytest.mark.parametrize("happens", STATES)
def test_whose_login_it_is_is_told_as_django_tells_it(room, by, happens):
    other = factories.supervisor(room)
    mine, theirs = login_of(by), login_of(other)
    happens(by, mine)
    told = logins.accounts([mine, theirs, "unknown", ""])
    request = SimpleNamespace(session=logins.SessionStore(mine))
    user = get_user(request)
    assert told.get(mine) == (user if user.is_authenticated else None)
    assert told[theirs] == other
    assert told.keys() <= {mine, theirs}


def test_a_login_begun_under_a_former_key_is_good(by, settings):
    login = login_of(by)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert logins.accounts([login]) == {login: by}
    settings.SECRET_KEY_FALLBACKS = []
    assert logins.accounts([login]) == {}


def alone(login: str, number: str) -> Session | None:
    user = logins.accounts([login]).get(login)
    try:
        return access.supervised_session(user, number) if user else None
    except Refusal:
        return None


def rooms() -> list[Session]:
    """One that goes on, one too early, one too late, and one of another centre."""
    today, center = timezone.localdate(), factories.center()
    days = [today, today + timedelta(days=3), today - timedelta(days=30)]
    return [*(factories.session(center=center, date=day) for day in days), factories.session()]


def test_each_is_let_in_where_they_would_be_alone():
    known = rooms()
    people = [factories.supervisor(each) for each in known]
    people += [factories.user(), factories.user(admin=True), factories.head(known[0].center)]
    numbers = [*(each.number for each in known), "999999"]
    asked = [(login_of(user), number) for user in people for number in numbers]
    asked += [("unknown", numbers[0]), ("", numbers[0])]
    expected = [alone(*each) for each in asked]
    assert 0 < expected.count(None) < len(expected)
    told = access_together.let_in(asked)
    assert [each and each[0] for each in told] == expected
    for (login, _), let_in in zip(asked, told, strict=True):
        if let_in:
            session, ticket = let_in
            assert (ticket.session_id, ticket.login) == (session.pk, login)
            assert ticket.password == logins.accounts([login])[login].password


@pytest.mark.parametrize(("change", "reason"), REASONS)
def test_what_closes_a_socket_lets_none_in(room, by, change, reason):
    login, other = login_of(by), factories.supervisor(room)
    asked = [(login, room.number), (login_of(other), room.number)]
    assert all(access_together.let_in(asked))
    change(by, login)
    told = access_together.let_in(asked)
    assert bool(told[0]) == (reason is None)
    assert [bool(each) for each in told[1:]] == [alone(*asked[1]) is not None]


def test_many_cost_as_many_queries_as_one():
    asked = []
    for _ in range(3):
        room = factories.session()
        asked += [(login_of(factories.supervisor(room)), room.number) for _ in range(2)]
    counts = []
    for some in (asked[:1], asked):
        with CaptureQueriesContext(connection) as queries:
            assert all(access_together.let_in(some))
        counts.append(len(queries))
    assert counts == [4, 4]
