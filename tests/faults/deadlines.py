"""Deadlines of many kinds, and what must come of each: one event, on time. Sync, no loop."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from candidates import services
from candidates.models import Candidate, Timer
from candidates.states import State
from sessions_app.models import SessionEvent

from . import rooms
from .history import Findings, check_versions

TEST_MINUTES = 60  # longer than both marks
# What happens at each deadline, by kind.
EVENTS = {
    "end": "test_ended",
    "overtime": "overtime_reached",
    "mark 15": "end_is_near",
    "mark 5": "end_is_near",
    "lapse": "authorization_lapsed",
}
WARNING = "lapse_is_near"
# From the end hour back to the deadline, and the mark told before.
MARKS = {"mark 15": (15, None), "mark 5": (5, 15), "end": (0, 5), "overtime": (0, 5)}


@dataclass
class Deadline:
    """One thing that must happen to one candidate at `due`, by the database's clock."""

    candidate: Candidate
    kind: str
    due: datetime | None = None
    happened: datetime | None = None

    @property
    def ends_at(self) -> datetime:
        return self.due + timedelta(minutes=MARKS[self.kind][0])

    def set(self, due: datetime) -> None:
        """Moves the real timer, or authorisation, so that it falls at `due`."""
        self.due = due
        candidates = Candidate.objects.filter(pk=self.candidate.pk)
        if self.kind == "lapse":
            candidates.update(authorized_until=due)
            return
        candidates.update(warned_minutes=MARKS[self.kind][1])
        Timer.objects.filter(candidate=self.candidate).update(
            started_at=self.ends_at - timedelta(minutes=TEST_MINUTES),
            duration_minutes=TEST_MINUTES,
            ends_at=self.ends_at,
        )


def of_a_room_pair(each: int) -> list[Deadline]:
    """`each` deadlines of each kind: in a room that ends its tests itself, and in one that
    leaves it to the supervisor. Not set yet."""
    ending = rooms.room(supervisors=0, running=each, auto_end=True)
    telling = rooms.room(supervisors=0, running=3 * each, waiting=each)
    for person in telling.waiting:
        services.authorize_start(person, user=telling.preparer)
    made = [Deadline(person, "end") for person in ending.running]
    kinds = ("overtime", "mark 15", "mark 5")
    made += [Deadline(person, kinds[at % 3]) for at, person in enumerate(telling.running)]
    return made + [Deadline(person, "lapse") for person in telling.waiting]


def judge(deadlines: list[Deadline], since: datetime) -> Findings:
    """Each effect once, of the right type, none early, and the rows as the events say.

    Writes into each deadline when it `happened`.
    """
    findings = Findings()
    ids = [each.candidate.pk for each in deadlines]
    events = defaultdict(list)
    for event in SessionEvent.objects.filter(candidate__in=ids, at__gte=since):
        events[event.candidate_id].append(event)
    now = Candidate.objects.with_facts().select_related("timer").in_bulk(ids)
    for each in deadlines:
        told = events[each.candidate.pk]
        right = [event for event in told if event.type == EVENTS[each.kind]]
        name = f"{each.kind} of candidate {each.candidate.pk}"
        findings.note("lost", not right, f"{name}: no event")
        findings.note("doubled", max(0, len(right) - 1), name)
        others = [event.type for event in told if event not in right]
        if each.kind == "lapse" and WARNING in others:
            others.remove(WARNING)  # once, as it may be in time for it
        findings.note("wrong", len(others), f"{name}: {others}")
        if right:
            each.happened = right[0].at
            early = (each.due - each.happened).total_seconds()
            findings.note("wrong", early > 0, f"{name}: {early:.6f} s early")
            disagrees = _disagreement(each, right[0], now[each.candidate.pk])
            findings.note("wrong", bool(disagrees), f"{name}: {disagrees}")
    check_versions(list({each.candidate.session_id for each in deadlines}), findings)
    return findings


def _disagreement(each: Deadline, event: SessionEvent, now: Candidate) -> str:
    """What of the row is not as the event says; empty when all is."""
    if each.kind == "lapse":
        return "" if now.authorized_until is None else "still authorised"
    timer = now.timer
    if event.actor != SessionEvent.Actor.SYSTEM:
        return f"by the {event.actor}"
    if timer.ends_at != each.ends_at:
        return "the end hour has moved"
    row = now.state, now.ended_by, now.ended_at, timer.ended_at, now.overtime_at
    if each.kind == "end":
        expected = State.FINISHED, Candidate.EndedBy.SYSTEM, event.at, event.at, None
    else:
        overtime = timer.ends_at if each.kind == "overtime" else None
        expected = State.IN_PROGRESS, "", None, None, overtime
    if row != expected:
        return f"{row} instead of {expected}"
    if each.kind in {"mark 15", "mark 5"}:
        mark = MARKS[each.kind][0]
        if (now.warned_minutes, event.data) != (mark, {"minutes": mark}):
            return f"told {event.data}, noted {now.warned_minutes}"
    return ""


def here() -> datetime:
    """This machine's clock, which is the database's own: both run here."""
    return datetime.now(UTC)
