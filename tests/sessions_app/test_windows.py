"""From when until when a supervisor reaches a session: every door, at the minute."""

from datetime import timedelta

import pytest
import time_machine

from incidents import closing
from sessions_app import access, windows
from sessions_app.models import SupervisorAccess
from sessions_app.refusals import Forbidden
from tests import factories
from tests.admin_page import text

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(params=["Europe/Paris", "Pacific/Tahiti", "Indian/Reunion"])
def room(request):
    return factories.session(center=factories.center(time_zone=request.param))


def midnight(room):
    return windows._end_of_day(room)


def test_it_opens_an_hour_before(room):
    opens = room.scheduled_start - HOUR
    assert windows.refusal(room, opens) == ""
    sentence = windows.refusal(room, opens - MINUTE)
    assert "07:30" in sentence
    assert f"{room.date:%d/%m/%Y}" in sentence


def test_never_finalised_it_closes_a_week_after_its_day(room):
    closes = midnight(room) + 7 * DAY
    assert windows.refusal(room, closes - MINUTE) == ""
    assert windows.refusal(room, closes) == windows.TOO_LATE


@pytest.mark.parametrize("wait", [timedelta(hours=-4), 20 * DAY], ids=["early", "late"])
def test_finalised_it_closes_a_week_after_the_signature(room, wait):
    by = factories.supervisor(room)
    factories.finished(room, by)
    closing.finalize(room, user=by, name="Mme Lefèvre", role="Surveillante")
    signed_at = midnight(room) + wait
    room.refresh_from_db()
    type(room.incident_report).objects.update(signed_at=signed_at)
    room.refresh_from_db()
    assert windows.refusal(room, signed_at + 7 * DAY - MINUTE) == ""
    assert windows.refusal(room, signed_at + 7 * DAY) == windows.TOO_LATE


def test_reopened_it_is_reached_for_a_week_more(room):
    by = factories.supervisor(room)
    factories.finished(room, by)
    closing.finalize(room, user=by, name="Mme Lefèvre", role="Surveillante")
    closing.reopen(room, user=by, reason="Oubli")
    room.refresh_from_db()
    reopened_at = room.former_reports.get().reopened_at
    last = max(reopened_at, midnight(room)) + 7 * DAY
    assert windows.refusal(room, last - MINUTE) == ""
    assert windows.refusal(room, last) == windows.TOO_LATE


OUTSIDE = [lambda room: room.scheduled_start - 2 * HOUR, lambda room: midnight(room) + 8 * DAY]
DOORS = ("", "live/", "pv/", "pv.pdf", "journal/", "cloture/", "emargement.pdf")


@pytest.mark.parametrize("when", OUTSIDE, ids=["too early", "too late"])
def test_every_door_is_closed_to_supervisors_and_open_to_administrators(client, when):
    room = factories.session()
    by, head = factories.supervisor(room), factories.head(room.center)
    factories.waiting(room)
    with time_machine.travel(when(room), tick=True):
        client.force_login(by)
        for door in DOORS:
            answer = client.get(f"/surveillance/{room.number}/{door}", headers=PAGE)
            assert answer.status_code == 403, door
        pause = f"/surveillance/{room.number}/pause-room/"
        assert client.post(pause, {"idempotency_key": "k" * 8}).status_code == 403
        with pytest.raises(Forbidden):
            access.check_still_supervises(by, room)
        access.check_still_supervises(head, room)
        client.force_login(head)
        for door in DOORS:
            answer = client.get(f"/surveillance/{room.number}/{door}", headers=PAGE)
            assert answer.status_code == 200, door


@pytest.mark.parametrize("when", OUTSIDE, ids=["too early", "too late"])
def test_only_the_right_code_is_told_why(client, when):
    room = factories.session()
    with time_machine.travel(when(room), tick=True):
        client.force_login(factories.user())
        right = {"session_number": room.number, "supervisor_code": room.supervisor_code}
        answer = client.post("/surveillance/", right, headers=PAGE)
        assert answer.status_code == 403
        shown = text(answer)
        assert "Cette session ne s’ouvre pas avant" in shown or "sept jours ont passé" in shown
        for wrong in (
            right | {"supervisor_code": "WRONG234"},
            right | {"session_number": "999999"},
        ):
            answer = client.post("/surveillance/", wrong, headers=PAGE)
            assert (answer.status_code, str(access.WRONG_CODES) in text(answer)) == (422, True)
            assert str(windows.TOO_LATE) not in text(answer)
    assert not SupervisorAccess.objects.exists()
