"""Every list of the admin costs the same for 1 and for 3 rows, and a session of 2,000 candidates.

The lists are those of the site's registry: a new one is here at once.
"""

import time
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.models import Candidate
from candidates.states import State
from incidents.models import Alert, Incident, IncidentReport, Remark
from sessions_app import clock, security_log
from sessions_app.memberships import Invitation
from sessions_app.models import Session
from tests import factories
from tests.admin_page import url

pytestmark = pytest.mark.django_db
LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
MOST_SECONDS = 2.0  # of CPU for the page of a session of 2,000 candidates; it takes a tenth


def lived(number: int) -> None:
    """One more row in every list, in a centre, with people and an hour of its own."""
    now = clock.now() + timedelta(minutes=number)
    room = factories.session(center=factories.center(name=f"Lycée {number}"))
    by = factories.supervisor(room, name=f"Mme {number}")
    factories.head(room.center)
    person = factories.running(room, by)
    person.time_grants.create(seconds=60, author=by, granted_at=now)
    Alert.objects.create(candidate=person, question=1, subject="image", raised_at=now)
    Incident.objects.create(
        session=room, candidate=person, category="C6", author=by, occurred_at=now, noted_at=now
    )
    Remark.objects.create(session=room, author=by, text="Calme.", changed_at=now)
    signed = {"signed_name": "Mme Roy", "signed_role": "Surveillante", "signed_by": by}
    IncidentReport.objects.create(session=room, signed_at=now, **signed)
    Invitation.objects.create(center=room.center, email=f"a{number}@example.org", sent_at=now)
    security_log.note("entered", user=by, session=room)


def cost(client, address: str) -> int:
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_a_list_costs_the_same_for_one_and_for_three_rows(client, model):
    lived(0)
    address = url(f"{model._meta.app_label}_{model._meta.model_name}")
    client.force_login(factories.user(admin=True))
    one, rows = cost(client, address), model._default_manager.count()
    lived(1)
    lived(2)
    assert model._default_manager.count() >= rows + 2, "Let `lived` make a row of this list."
    assert cost(client, address) == one


def crowd(size: int) -> Session:
    room = factories.session()
    people = [
        Candidate(session=room, birth_name=f"Durand {at:04}", first_name="Élise",
                  birthdate=room.date, state=State.NOT_STARTED)
        for at in range(size)
    ]  # fmt: skip
    for each in people:
        each.set_keys()
    Candidate.objects.bulk_create(people, batch_size=500)
    return room


def test_a_session_of_two_thousand_candidates_opens_as_fast_as_a_small_one(client):
    client.force_login(factories.user(admin=True))
    page = "sessions_app_session"
    one, three, large = crowd(1), crowd(3), crowd(2000)
    few = cost(client, url(page, "change", one.pk))
    assert cost(client, url(page, "change", three.pk)) == few
    assert cost(client, url(page, "change", large.pk) + "?candidates=20") == few
    started = time.process_time()
    many = cost(client, url(page, "change", large.pk))
    spent = time.process_time() - started
    print(f"a session of 2,000 candidates: {many} queries, {spent:.2f} s of CPU")
    assert many == few
    assert spent < MOST_SECONDS
