"""Statements that go to PostgreSQL together, as if each had gone alone."""

import time

import pytest
from django.db import IntegrityError, connection, transaction
from psycopg import OperationalError

from pix_surveillance.pooled_connection import PooledConnection
from sessions_app.models import Session
from sessions_app.one_trip import in_one_trip
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_each_sees_what_those_before_it_have_done(room):
    with transaction.atomic():
        locked, moved, read = in_one_trip(
            ("SELECT version FROM sessions_app_session WHERE id = %s FOR UPDATE", [room.pk]),
            ("UPDATE sessions_app_session SET version = version + 7 WHERE id = %s", [room.pk]),
            ("SELECT version FROM sessions_app_session WHERE id = %s", [room.pk]),
        )
    assert locked.fetchall() == [(room.version,)]
    assert moved.rowcount == 1
    assert read.fetchall() == [(room.version + 7,)]


def test_one_that_fails_undoes_all_and_leaves_a_connection_that_works(room):
    other = factories.session()
    with pytest.raises(IntegrityError), transaction.atomic():
        in_one_trip(
            ("UPDATE sessions_app_session SET version = 99 WHERE id = %s", [room.pk]),
            ("UPDATE sessions_app_session SET number = %s WHERE id = %s", [other.number, room.pk]),
            ("UPDATE sessions_app_session SET version = 98 WHERE id = %s", [other.pk]),
        )
    versions = dict(Session.objects.values_list("pk", "version"))
    assert versions == {room.pk: room.version, other.pk: other.version}
    assert connection.is_usable()


def test_what_comes_again_is_planned_no_more_and_gives_the_same(room):
    reading = "SELECT version + %s FROM sessions_app_session WHERE id = %s"
    for more in range(5):
        with transaction.atomic():
            (read,) = in_one_trip((reading, [more, room.pk]))
        assert read.fetchall() == [(room.version + more,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s", [
            "SELECT version + %"
        ])  # fmt: skip
        assert cursor.fetchone() == (1,)


def asked_until_it_is_over(held) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        held.execute("")


def test_a_server_that_has_hung_up_is_noticed_before_the_next_question(room):
    """Of a connection of the pool; the empty query is how the pool asks."""
    options = connection.get_connection_params() | {"autocommit": True}
    with PooledConnection.connect(**options) as held:
        held.execute("")
        (mine,) = held.execute("SELECT pg_backend_pid()").fetchone()
        held.execute("")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [mine])
        with pytest.raises(OperationalError):
            asked_until_it_is_over(held)
