"""What a frame says aloud: whole sentences, each with the type of its event."""

import pytest

from candidates import services
from incidents import services as incidents
from sessions_app import board
from sessions_app.models import Session
from tests import factories

pytestmark = pytest.mark.django_db


def test_each_sentence_has_its_kind(room, by):
    running = factories.running(room, by)
    before = Session.objects.get(pk=room.pk)
    waiting = factories.waiting(room)
    services.add_time(running, user=by, minutes=5)  # seen, not said
    incidents.raise_alert(running, factories.seat_of(running), subject="image")
    frame = board.change(room.pk, str(before.epoch), before.version).frame
    assert frame["say"] == [
        f"{waiting.display_name} demande à commencer.",
        f"{running.display_name} signale un problème.",
    ]
    assert frame["kinds"] == ["joined", "alert_raised"]


def test_a_frame_without_sentences_has_no_kinds(room, by):
    running = factories.running(room, by)
    before = Session.objects.get(pk=room.pk)
    services.add_time(running, user=by, minutes=5)
    frame = board.change(room.pk, str(before.epoch), before.version).frame
    assert frame["say"] == []
    assert "kinds" not in frame
