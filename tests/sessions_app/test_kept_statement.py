"""A question that is made once: asked each time, with what is given each time."""

import pytest

from sessions_app.kept_statement import Given, KeptStatement
from sessions_app.many_keys import among, as_keys
from sessions_app.models import Session
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_is_made_once_and_answered_anew():
    made = []

    def make():
        made.append(True)
        rooms = Session.objects.filter(pk__in=among(Given("rooms")))
        return rooms.order_by("pk").values_list("room").query

    found = KeptStatement(make)
    one, other = factories.session(room="A"), factories.session(room="B")
    assert found.rows(rooms=as_keys([one.pk])) == [("A",)]
    assert found.rows(rooms=as_keys([one.pk, other.pk])) == [("A",), ("B",)]
    Session.objects.filter(pk=one.pk).update(room="C")
    assert found.rows(rooms=as_keys([one.pk])) == [("C",)]
    assert found.rows(rooms=as_keys([])) == []
    assert len(made) == 1


def test_what_is_not_given_is_no_value():
    found = KeptStatement(lambda: Session.objects.filter(pk__in=among(Given("rooms"))).query)
    with pytest.raises(KeyError):
        found.rows()
