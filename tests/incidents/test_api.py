"""`/api/v1/`: which sessions an account reaches on a day, and that each link leads there."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from sessions_app.models import Session, SupervisorAccess
from tests import factories
from tests.browsers import logged_in

pytestmark = pytest.mark.django_db
PATH = "/api/v1/"


def todays(**fields) -> Session:
    return factories.session(date=localdate(), **fields)


def told(user, **query) -> dict:
    response = logged_in(user).get(PATH, query, headers={"accept": "application/json"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.json()


def numbers(user, **query) -> list[str]:
    return [each["number"] for each in told(user, **query)["sessions"]]


def test_what_a_supervisor_is_told():
    room = todays()
    by = factories.supervisor(room)
    todays()  # of others
    answer = told(by)
    (only,) = answer["sessions"]
    assert (answer["schema"], answer["schema_version"]) == ("pix-surveillance/sessions", 1)
    assert answer["date"] == localdate().isoformat()
    assert only["number"] == room.number
    assert only["starts_at"] == room.scheduled_start.isoformat()
    assert {name: only[name] for name in ("room", "site", "state", "version")} == {
        "room": room.room, "site": room.site, "state": room.state, "version": room.version,
    }  # fmt: skip
    assert room.access_code not in str(answer)
    assert room.supervisor_code not in str(answer)


def test_every_link_opens():
    room = todays()
    by = factories.supervisor(room)
    (only,) = told(by)["sessions"]
    opened = {key: logged_in(by).get(path).status_code for key, path in only["links"].items()}
    assert opened == dict.fromkeys(("board", "live", "session", "kit", "attendance", "report"), 200)


def test_who_reaches_what():
    here, there = todays(), todays()
    by, head = factories.supervisor(here), factories.head(there.center)
    assert numbers(by) == [here.number]
    assert numbers(head) == [there.number]
    assert set(numbers(factories.user(admin=True))) == {here.number, there.number}


def test_the_day_that_is_asked_for():
    tomorrow = localdate() + timedelta(days=1)
    room = factories.session(date=tomorrow)
    by = factories.supervisor(room)
    assert numbers(by) == []
    assert numbers(by, date=tomorrow.isoformat()) == [room.number]


@pytest.mark.parametrize("asked", ["", "demain", "2026-13-01", "2026-02-30", "26/11/2026", "\x00"])
def test_what_is_no_date(asked):
    by = factories.supervisor(todays())
    response = logged_in(by).get(PATH, {"date": asked}, headers={"accept": "application/json"})
    assert response.status_code == 400
    assert "AAAA-MM-JJ" in response.json()["message"]


def test_nobody_is_refused_by_a_program_and_sent_to_the_login_by_a_page(client):
    assert client.get(PATH, headers={"accept": "application/json"}).status_code == 403
    response = client.get(PATH, headers={"accept": "text/html"})
    assert response["Location"] == reverse("account_login") + "?next=/api/v1/"


def test_as_many_queries_for_many(django_assert_num_queries):
    by = factories.supervisor(todays())
    browser = logged_in(by)
    browser.get(PATH)
    for wanted in (1, 4):
        while len(numbers(by)) < wanted:
            SupervisorAccess.objects.create(session=todays(), user=by)
        with django_assert_num_queries(3):
            browser.get(PATH)
