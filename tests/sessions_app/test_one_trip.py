"""Statements that go to PostgreSQL together, as if each had gone alone."""

import pytest
from django.db import IntegrityError, connection, transaction

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
