"""A page costs the same number of queries whatever it lists: 1, 3, 30 or 300 rows."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.models import Candidate, TimeGrant, Timer
from candidates.states import State
from incidents.models import Alert, Incident
from sessions_app import board, clock
from sessions_app.models import Session, SessionEvent, SupervisorAccess
from tests import factories

pytestmark = pytest.mark.django_db
SIZES = (1, 3, 30, 300)
PAGE = {"accept": "text/html"}


def queries(call) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call()
    return len(captured)


class Crowd:
    """A room of `size` candidates in mixed states, each with its share of facts."""

    def __init__(self, size: int):
        self.room = factories.session()
        self.by = factories.supervisor(self.room)
        self.now = clock.now()
        candidates = [self.candidate(number) for number in range(size)]
        self.people = Candidate.objects.bulk_create(candidates)
        running = [each for each in self.people if each.state != State.NOT_STARTED]
        Timer.objects.bulk_create(self.timer(each) for each in running)
        Alert.objects.bulk_create(
            Alert(candidate=each, question=3, subject="image", raised_at=self.now)
            for each in self.people[::3]
            if each.state == State.IN_PROGRESS
        )
        TimeGrant.objects.bulk_create(self.grant(each) for each in self.people[::2])
        Incident.objects.bulk_create(self.incident(each) for each in self.people)
        self.write_events()

    def candidate(self, number: int) -> Candidate:
        # Someone in progress first: the smallest room already costs what a busy one does.
        state = [State.IN_PROGRESS, State.NOT_STARTED, State.FINISHED][number % 3]
        person = Candidate(
            session=self.room,
            birth_name=f"Durand {number:04}",
            first_name="Élise",
            birthdate=date(2010, 4, 23),
            extra_time_percent=33 if number % 4 == 0 else 0,
            state=state,
        )
        person.set_keys()
        facts = {
            State.IN_PROGRESS: {
                "question": 3,
                "question_opened_at": self.now,
                "away_since": self.now if number % 2 else None,
                "asks_resume_at": self.now if number % 5 == 0 else None,
                "overtime_at": self.now if number % 7 == 0 else None,
            },
            State.NOT_STARTED: {
                "asks_start_at": self.now if number % 2 else None,
                "authorized_until": self.now if number % 4 else None,
            },
            State.FINISHED: {"ended_at": self.now, "ended_by": "candidate"},
        }
        for name, value in facts[state].items():
            setattr(person, name, value)
        return person

    def timer(self, person) -> Timer:
        return Timer(
            candidate=person,
            started_at=self.now,
            duration_minutes=105,
            extra_time_percent=person.extra_time_percent,
            ends_at=self.now + timedelta(minutes=105),
        )

    def grant(self, person) -> TimeGrant:
        return TimeGrant(
            candidate=person, seconds=300, author=factories.user(), granted_at=self.now
        )

    def incident(self, person) -> Incident:
        return Incident(
            session=self.room,
            candidate=person,
            category="C6",
            occurred_at=self.now,
            noted_at=self.now,
            author=self.by,
        )

    def write_events(self) -> None:
        SessionEvent.objects.bulk_create(
            SessionEvent(
                session=self.room,
                version=version,
                type="joined",
                candidate=person,
                actor="candidate",
                at=self.now,
            )
            for version, person in enumerate(self.people, start=1)
        )
        self.room.version = len(self.people)
        self.room.save(update_fields=["version"])


@pytest.fixture
def count_page(client):
    def count(person, path: str) -> int:
        client.force_login(person)
        client.get(path, headers=PAGE)  # what is read once a process is not the page's
        return queries(lambda: check_page(client.get(path, headers=PAGE)))

    return count


def check_page(response) -> None:
    assert response.status_code == 200


def same(counts: list[int], most: int) -> None:
    assert len(set(counts)) == 1, f"queries for {SIZES} rows: {counts}"
    assert counts[0] <= most


def test_the_page_of_the_board(count_page):
    crowds = [Crowd(size) for size in SIZES]
    path = "/surveillance/{}/"
    # The login's session, the account, the room, and the board's two.
    same([count_page(each.by, path.format(each.room.number)) for each in crowds], most=5)


def test_the_frame_of_the_whole_board():
    crowds = [Crowd(size) for size in SIZES]
    same([queries(lambda each=each: board.whole(each.room.pk)) for each in crowds], most=2)


def test_the_frame_of_what_changed():
    crowds = [Crowd(size) for size in SIZES]
    changes = [board.change(each.room.pk, str(each.room.epoch), 0) for each in crowds]
    assert [len(change.frame["rows"]) for change in changes] == list(SIZES)
    same(
        [
            queries(lambda each=each: board.change(each.room.pk, str(each.room.epoch), 0))
            for each in crowds
        ],
        most=3,
    )


def test_the_frame_of_what_a_browser_missed():
    crowds = [Crowd(size) for size in SIZES]
    counts = [
        queries(lambda each=each: board.missed(each.room.pk, str(each.room.epoch), 0))
        for each in crowds
    ]
    same(counts, most=4)


def test_the_page_of_the_group(count_page):
    paths = []
    for crowd in map(Crowd, SIZES):
        named = "&".join(f"candidate={person.pk}" for person in crowd.people)
        paths.append((crowd.by, f"/surveillance/{crowd.room.number}/groupe/?{named}"))
    same([count_page(person, path) for person, path in paths], most=4)


def test_the_pv(count_page):
    crowds = [Crowd(size) for size in SIZES]
    path = "/surveillance/{}/pv/"
    # The login's session, the account, the room, the reader's own words, the draft's five.
    same([count_page(each.by, path.format(each.room.number)) for each in crowds], most=9)


@pytest.mark.parametrize("number", [0, 1, 2], ids=["in progress", "not started", "finished"])
def test_the_sheet_of_a_candidate_with_more_and_more_behind_it(count_page, number):
    crowd = Crowd(3)
    person = crowd.people[number]
    path = f"/surveillance/{crowd.room.number}/candidats/{person.pk}/"
    crowd.grant(person).save()
    counts = [count_page(crowd.by, path)]
    for more in (2, 27):
        TimeGrant.objects.bulk_create(crowd.grant(person) for _ in range(more))
        Incident.objects.bulk_create(crowd.incident(person) for _ in range(more))
        counts.append(count_page(crowd.by, path))
    # With an open alert: the clock and the pauses since, and what was noted of the day.
    same(counts, most=12)


def test_the_door_with_more_and_more_sessions_behind_it(count_page):
    person, counts = factories.user(), []
    for more in (1, 2, 17):
        for _ in range(more):
            SupervisorAccess.objects.create(session=factories.session(), user=person)
        counts.append(count_page(person, "/surveillance/"))
    same(counts, most=4)


def test_an_action_costs_the_same_in_a_full_room(client):
    counts = []
    for crowd in map(Crowd, SIZES):
        client.force_login(crowd.by)
        path = f"/surveillance/{crowd.room.number}/candidats/{crowd.people[0].pk}/add-time/"
        body = {"minutes": "5", "idempotency_key": f"key-of-{crowd.room.pk}-room"}
        counts.append(queries(lambda path=path, body=body: check_page(client.post(path, body))))
    same(counts, most=26)


def test_the_busy_room_is_as_mixed_as_it_says():
    """Otherwise the counts above would say nothing."""
    crowd = Crowd(300)
    flags = {flag for each in board.load(crowd.room.pk).rows for flag in each.flags}
    assert flags >= {"alert", "away", "asks-resume", "asks-start", "authorized", "overtime"}
    assert Session.objects.get(pk=crowd.room.pk).version == 300
    assert all(board.load(crowd.room.pk).counters.values())
