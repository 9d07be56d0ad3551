"""The lean board of the fault tests holds what the page holds, and follows the same frames."""

import pytest
from django.test import Client

from candidates import services
from sessions_app import board
from tests import factories
from tests.faults.browser import Browser
from tests.faults.screens import LiveScreen, Screen, Shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(room, by):
    """What the room's board shows on a reload."""
    client = Client()
    client.force_login(by)

    def load() -> Shown:
        return Shown.of(client.get(f"/surveillance/{room.number}/").content.decode())

    return load


@pytest.fixture
def screen(page):
    screen = Screen.__new__(Screen)
    LiveScreen.__init__(screen, Browser(["http://127.0.0.1:1"]), "/")
    screen.shown, screen.went_back = page(), 0
    return screen


@pytest.fixture
def people(room, by):
    return [factories.waiting(room), factories.running(room, by), factories.finished(room, by)]


def frame(room, screen) -> dict:
    return board.missed(room.pk, screen.shown.epoch, screen.shown.version)


def test_a_page_is_read_whole(people, page):
    shown = page()
    assert set(shown.rows) == {str(each.pk) for each in people}
    assert shown.counters["finished"] == 1
    assert all(people[n].birth_name.upper() in shown.rows[str(people[n].pk)] for n in range(3))


def test_page_and_frames_equal_a_reload(room, by, people, page, screen):
    services.authorize_start(people[0], user=by)
    services.add_time(people[1], user=by, minutes=7)
    assert screen.shown.difference(page())
    assert screen.apply(frame(room, screen))
    assert screen.shown.difference(page()) == ""
    services.pause_room(room, user=by)
    assert screen.apply(frame(room, screen))
    assert screen.shown.paused
    assert screen.shown.difference(page()) == ""


def test_a_gap_asks_to_resume_and_changes_nothing(room, by, people, page, screen):
    before = page()
    services.authorize_start(people[0], user=by)
    screen.shown.version -= 1
    late = board.missed(room.pk, before.epoch, before.version)
    assert not screen.apply(late)
    screen.shown.version += 1
    assert screen.shown.difference(before) == ""
    assert screen.apply(late)
    assert screen.apply(late), "a frame that comes twice is passed over"
    assert screen.shown.difference(page()) == ""


def test_a_heartbeat_ahead_or_of_another_epoch_asks_to_resume(people, screen):
    shown = screen.shown
    beat = {"type": "hb", "epoch": shown.epoch, "v": shown.version}
    assert screen.apply(beat)
    assert not screen.apply(beat | {"v": shown.version + 1})
    assert not screen.apply(beat | {"epoch": "another"})
