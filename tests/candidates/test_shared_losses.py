"""A loss of the room's network: one event and one card, each with their own absence."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from types import SimpleNamespace

import pytest
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from candidates import absences, presence, seat_services, services, timing
from candidates.absences import Departure
from candidates.access import Seat
from candidates.models import Candidate, Timer
from candidates.states import Fact, State
from sessions_app import board, clock, live
from tests import factories
from tests.live_page import LivePage

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = presence.NODE, "another-process"
DUE = timing.BLIP.total_seconds()


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch):
    """A process of its own, whose writer is the test."""
    for name in ("_here", "_lost", "_polls"):
        monkeypatch.setattr(presence, name, {})
    monkeypatch.setattr(presence, "_writer", SimpleNamespace(done=lambda: False))


class StoppedClock:
    """The database's clock, moved by the test only."""

    def __init__(self):
        self.start = datetime.now(UTC)
        self.instant = self.start

    def now(self) -> datetime:
        return self.instant

    def go_to(self, seconds: float) -> None:
        self.instant = self.start + timedelta(seconds=seconds)

    def seconds(self, instant: datetime) -> float:
        return (instant - self.start).total_seconds()


@pytest.fixture
def stopped(monkeypatch):
    stopped = StoppedClock()
    monkeypatch.setattr(clock, "now", stopped.now)
    monkeypatch.setattr(live.hub, "now", stopped.now)
    return stopped


@pytest.fixture
def people(room):
    """Twenty in the test, and their sockets here."""
    rows = [in_the_middle(room, number) for number in range(20)]
    Candidate.objects.bulk_create(rows)
    Candidate.objects.update(seat=Concat(Value("seat-"), Cast("pk", CharField())))
    started = {"started_at": clock.now(), "ends_at": clock.now() + timedelta(minutes=105)}
    times = {"duration_minutes": 105, "extra_time_percent": 0, **started}
    Timer.objects.bulk_create(Timer(candidate=row, **times) for row in rows)
    return [sits(row) for row in rows]


def in_the_middle(room, number: int) -> Candidate:
    person = Candidate(
        session=room,
        birth_name=f"Durand {number:02}",
        first_name="Élise",
        birthdate=date(2010, 4, 23),
        state=State.IN_PROGRESS,
        question=1,
        question_opened_at=clock.now(),
    )
    person.set_keys()
    return person


def sits(person, node: str = HERE):
    Candidate.objects.filter(pk=person.pk).update(node=node)
    if node == HERE:
        presence._hold(factories.seat_of(person), "socket")
    return factories.fresh(person)


def look(now: datetime) -> list[int]:
    """What the writer does each second; returns the candidates written."""
    written = []
    for departures in presence._due(now):
        absences.declare_away(departures[0].session_id, departures)
        for each in departures:
            del presence._lost[each.candidate_id]
            written.append(each.candidate_id)
    return written


def live_through(stopped, losses: dict, until: float) -> dict[int, float]:
    """Sockets close at their second; returns the second at which each is first shown away."""
    shown: dict[int, float] = {}
    for tenth in range(int(until * 10) + 1):
        stopped.go_to(tenth / 10)
        for person, at in losses.items():
            if at == tenth / 10:
                presence.gone(person, "socket")
        if written := look(stopped.now()):
            away = Candidate.objects.filter(away_since__isnull=False).values_list("pk", flat=True)
            assert set(written) <= set(away)
            shown = dict.fromkeys(away, tenth / 10) | shown
    return shown


def spread(people, seconds: float) -> dict:
    """The first at 0, the last at `seconds`."""
    step = seconds / (len(people) - 1)
    return {person: round(number * step, 1) for number, person in enumerate(people)}


def types(room) -> list[str]:
    kinds = ("went_away", "connections_lost")
    events = room.events.filter(type__in=kinds).order_by("version")
    return list(events.values_list("type", flat=True))


def told_together(room) -> list[list[int]]:
    events = room.events.filter(type="connections_lost").order_by("version")
    return [event.data["candidates"] for event in events]


@pytest.mark.parametrize("seconds", [0, 3, 6, 12])
@pytest.mark.parametrize("count", [1, 4, 5, 20])
def test_losses_are_told_one_by_one_or_together(room, people, stopped, count, seconds):
    taken = people[:count]
    losses = spread(taken, seconds) if count > 1 else {taken[0]: 0}
    shown = live_through(stopped, losses, seconds + 18)
    assert sorted(shown) == sorted(person.pk for person in taken)
    is_wave = count == 20 or (count == 5 and seconds <= 6)
    for person, at in losses.items():
        row = factories.fresh(person)
        assert stopped.seconds(row.away_since) == pytest.approx(at), "each their own instant"
        assert row.is_lost_together is is_wave
        latest = DUE + timing.WAVE.total_seconds() + 0.1 if is_wave else DUE + 0.1
        assert DUE <= shown[person.pk] - at <= latest
    if not is_wave:
        assert types(room) == ["went_away"] * count
    elif seconds <= 6:
        assert types(room) == ["connections_lost"]
        assert told_together(room) == [sorted(person.pk for person in taken)]
    else:  # longer than a wave: the later ones join it
        assert set(types(room)) == {"connections_lost"}
        assert sorted(chain(*told_together(room))) == sorted(person.pk for person in taken)
        assert len(types(room)) == 2


def test_the_event_says_since_when_and_moves_nobody_s_sight(room, people, stopped):
    before = {person.pk: person.row_version for person in people}
    live_through(stopped, dict.fromkeys(people, 2), 14)
    event = room.events.last()
    assert event.type == "connections_lost"
    assert (event.candidate_id, event.actor, event.user_id) == (None, "system", None)
    assert event.data["since"] == (stopped.start + timedelta(seconds=2)).isoformat()
    assert {pk: row.row_version for pk, row in Candidate.objects.in_bulk().items()} == before


def test_who_comes_back_in_time_is_no_part_of_it(room, people, stopped):
    for person in people:
        presence.gone(person, "socket")
    stopped.go_to(9)
    for person in people[6:]:
        presence._hold(factories.seat_of(person), "again")
    stopped.go_to(10)
    look(stopped.now())
    assert told_together(room) == [sorted(person.pk for person in people[:6])]


def test_those_who_finished_or_arrived_elsewhere_do_not_make_a_wave(room, people, stopped):
    taken = people[:6]
    for person in taken:
        presence.gone(person, "socket")
    seat_services.finish(taken[0], factories.seat_of(taken[0]))
    sits(taken[1], ELSEWHERE)
    stopped.go_to(10)
    look(stopped.now())
    assert types(room) == ["went_away"] * 4
    assert not any(factories.fresh(person).is_lost_together for person in taken)


def test_rooms_are_counted_apart(room, people, stopped):
    other = factories.session()
    theirs = [sits(factories.running(other, factories.supervisor(other))) for _ in range(4)]
    live_through(stopped, dict.fromkeys([*people[:4], *theirs], 0), 11)
    assert types(room) == types(other) == ["went_away"] * 4


# Several processes hold the room


def lose(people, node: str, at: datetime) -> None:
    """One process tells its part."""
    parts = [Departure(person.pk, person.session_id, at, node) for person in people]
    absences.declare_away(people[0].session_id, parts)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (3, 3, [6]),  # small parts: the second finds the first one's and takes them in
        (4, 1, [5]),
        (2, 2, []),
        (12, 2, [12, 2]),  # a small part joins a wave already told
        (12, 8, [12, 8]),
        (3, 12, [15]),
    ],
)
def test_two_processes_tell_their_parts_of_one_wave(room, people, stopped, first, second, told):
    taken = people[: first + second]
    for person in taken[first:]:
        sits(person, ELSEWHERE)
    stopped.go_to(12)
    lose(taken[:first], HERE, stopped.start)
    stopped.go_to(14)
    lose(taken[first:], ELSEWHERE, stopped.start + timedelta(seconds=3))
    assert [len(ids) for ids in told_together(room)] == told
    together = [factories.fresh(person).is_lost_together for person in taken]
    assert together == [bool(told)] * len(taken)
    assert len(set(chain(*told_together(room)))) == sum(told)


def test_an_older_absence_is_not_taken_in(room, people, stopped):
    lose(people[:1], HERE, stopped.start)
    stopped.go_to(40)
    lose(people[1:10], HERE, stopped.start + timedelta(seconds=25))
    assert types(room) == ["went_away", "connections_lost"]
    assert [factories.fresh(person).is_lost_together for person in people[:2]] == [False, True]


def test_a_later_absence_alone_is_told_alone(room, people, stopped):
    lose(people[:6], HERE, stopped.start)
    person = people[0]
    absences.come_back(factories.fresh(person), factories.seat_of(person))
    stopped.go_to(30)
    lose([person], HERE, stopped.now())
    assert types(room) == ["connections_lost", "went_away"]
    assert not factories.fresh(person).is_lost_together


# The board


class Screens:
    """A page kept by frames only, compared with a page loaded now."""

    def __init__(self, client, room, by):
        self.client, self.room = client, room
        client.force_login(by)
        self.page = self.load()
        self.said: list[str] = []

    def load(self) -> LivePage:
        path = f"/surveillance/{self.room.number}/"
        return LivePage(self.client.get(path, headers={"accept": "text/html"}).content.decode())

    def follow(self) -> dict:
        frame = board.change(self.room.pk, self.page.epoch, self.page.version).frame
        keys = {"type", "epoch", "v", "html", "from", "rows", "counters"}
        self.page.apply({key: value for key, value in frame.items() if key in keys})
        assert self.page.shown() == self.load().shown()
        self.said = frame.get("say", [])
        return frame

    def card(self) -> str:
        card = self.page.board.select_one("#lost-together")
        return " ".join(card.get_text(" ").replace("\xa0", " ").split()) if card else ""

    def counter(self, name: str) -> int:
        return int(self.page.board.select_one(f"[data-counter={name}]").string)


@pytest.fixture
def screens(client, room, by, people):
    return Screens(client, room, by)


def returns(person, seat=None) -> None:
    presence.connected(person.pk, seat or factories.seat_of(person))


def test_one_card_for_all_of_them(screens, people, stopped):
    assert (screens.card(), screens.counter("needs_me")) == ("", 0)
    stopped.go_to(10)
    lose(people, HERE, stopped.start)
    screens.follow()
    assert "Réseau : 20 candidats déconnectés ensemble" in screens.card()
    assert (screens.counter("needs_me"), screens.counter("seen")) == (1, 0)
    assert screens.counter("expected") == 20
    assert screens.said == ["20 candidats sont déconnectés : le réseau de la salle semble coupé."]
    rows = screens.page.board.select("#room li[data-candidate]")
    assert [row["data-flags"] for row in rows] == ["away"] * 20
    assert not screens.page.board.select("#needs-me > li")


def test_the_row_says_that_its_candidate_is_away(screens, people, stopped):
    lose(people, HERE, stopped.start)
    screens.follow()
    assert "déconnecté" in screens.page.row(people[0]).select_one(".badge.away").get_text()


def test_the_card_counts_down_and_names_the_last(screens, people, stopped):
    stopped.go_to(10)
    lose(people, HERE, stopped.start)
    screens.follow()
    stopped.go_to(30)
    for person in people[:16]:
        returns(person)
    screens.follow()
    assert "Réseau : 4 candidats déconnectés ensemble" in screens.card()
    assert people[-1].display_name not in screens.card()
    for left in (3, 2):
        returns(people[19 - left])
        screens.follow()
        assert f"Réseau : encore {left} candidats déconnectés" in screens.card()
        assert people[-1].display_name in screens.card()
        assert screens.counter("seen") == 20 - left
    returns(people[18])
    screens.follow()
    assert "encore 1 candidat déconnecté " in screens.card()
    returns(people[19])
    screens.follow()
    assert (screens.card(), screens.counter("needs_me")) == ("", 0)
    services.add_time(factories.fresh(people[3]), user=screens.room.accesses.get().user, minutes=5)
    assert screens.follow()["type"] == "rows"


def test_after_the_grace_each_asks_for_themselves(screens, people, stopped):
    lose(people, HERE, stopped.start)
    screens.follow()
    stopped.go_to(screens.room.grace_seconds + 1)
    returns(people[0])
    screens.follow()
    row = screens.page.row(people[0])
    assert row["data-flags"] == Fact.ASKS_RESUME.value
    assert row.has_attr("data-needs-me")
    assert "19 candidats" in screens.card()
    assert screens.counter("needs_me") == 2
    assert screens.said == [f"{people[0].display_name} demande à reprendre."]


@pytest.mark.parametrize("move", [
    lambda person, by: services.end_test(person, user=by),
    lambda person, by: seat_services.join(person, Seat(person.pk, "another-computer")),
    lambda person, by: services.authorize_resume(person, user=by),
    lambda person, by: services.add_time(person, user=by, minutes=5),
    lambda person, by: services.pause_room(person.session, user=by),
])  # fmt: skip
def test_any_move_meanwhile_leaves_every_screen_equal(screens, people, by, stopped, move):
    lose(people, HERE, stopped.start)
    screens.follow()
    move(factories.fresh(people[0]), by)
    screens.follow()
    for person in people[1:]:
        returns(person)
    screens.follow()


def test_who_waits_for_the_start_is_counted_too(client, room, by, stopped):
    people = [sits(factories.waiting(room)) for _ in range(6)]
    screens = Screens(client, room, by)
    assert screens.counter("needs_me") == 6
    lose(people, HERE, stopped.start)
    screens.follow()
    assert "Réseau : 6 candidats" in screens.card()
    assert screens.counter("needs_me") == 1
    seat_services.join(factories.fresh(people[0]), factories.seat_of(people[0]))
    screens.follow()
    assert "Réseau : 5 candidats" in screens.card()
    assert screens.counter("needs_me") == 2


def test_the_action_suspends_the_room_then_acts_for_them(screens, people, by, stopped):
    lose(people, HERE, stopped.start)
    screens.follow()
    action = screens.page.board.select_one("#lost-together form")["action"]
    assert action == f"/surveillance/{screens.room.number}/salle/"
    services.pause_room(screens.room, user=by)
    screens.follow()
    form = screens.page.board.select_one("#lost-together form")
    assert form["action"] == f"/surveillance/{screens.room.number}/groupe/"
    chosen = [int(field["value"]) for field in form.select("input[name=candidate]")]
    assert sorted(chosen) == sorted(person.pk for person in people)
