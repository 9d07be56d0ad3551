"""Candidates as the database has them while they come and go, and what the journal says of it."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection

from candidates.models import Candidate
from sessions_app import clock
from sessions_app.models import SessionEvent

from .history import Findings

SAMPLE = 0.3  # seconds between two looks at who is away


@dataclass(frozen=True)
class Seen:
    """One candidate at one instant (`at`: of `monotonic`); `remaining` in seconds."""

    candidate: Candidate
    answers: int
    events: int  # of answers
    remaining: float
    at: float

    @property
    def is_lost(self) -> bool:
        return self.candidate.lost_since is not None

    @property
    def written(self) -> tuple:
        """What an answer changes."""
        return self.candidate.question, self.answers, self.events


class Rows:
    """One thread with one connection, for the ORM beside a running loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self.away: dict[int, set[datetime]] = defaultdict(set)

    async def ask(self, function: Callable, *arguments):
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    async def see(self, candidate_id: int) -> Seen:
        return await self.ask(_see, candidate_id)

    @asynccontextmanager
    async def watched(self, session_ids: list[int]):
        """Remembers each `away_since` that stands in a row for longer than a moment."""

        async def watch() -> None:
            while True:
                for pk, since in await self.ask(_away, session_ids):
                    self.away[pk].add(since)
                await asyncio.sleep(SAMPLE)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await self.ask(lambda: connection.close())
            self._thread.shutdown()


def _see(candidate_id: int) -> Seen:
    candidate = Candidate.objects.with_facts().get(pk=candidate_id)
    events = SessionEvent.objects.filter(candidate=candidate_id, type="answered").count()
    before = monotonic()
    now = clock.now()
    at = (before + monotonic()) / 2
    left = (candidate.ends_at - now).total_seconds() if candidate.ends_at else 0.0
    return Seen(candidate, candidate.answers.count(), events, left, at)


def _away(session_ids: list[int]) -> list[tuple[int, datetime]]:
    rows = Candidate.objects.filter(session__in=session_ids, away_since__isnull=False)
    return list(rows.values_list("pk", "away_since"))


class Trail:
    """One candidate's journal, read again by the rules alone: who may go on, and when.

    `absences`: seconds of each one after which they went on without asking.
    """

    def __init__(self, candidate_id: int, grace: timedelta, seen_away: set[datetime]):
        self.candidate_id, self.grace, self.seen_away = candidate_id, grace, seen_away
        self.away: datetime | None = None
        self.is_lost = False
        self.authorized_until: datetime | None = None
        self.absences: list[float] = []
        self.told: Counter[str] = Counter()

    def read(self, event: SessionEvent, findings: Findings) -> None:
        self.told[event.type] += 1
        follow = getattr(self, f"_{event.type}", None)
        if follow and (lie := follow(event)):
            findings.note("wrong", 1, f"candidate {self.candidate_id}: {lie}")

    def _went_away(self, event: SessionEvent) -> str:
        if self.away is not None:
            return "away twice"
        self.away = datetime.fromisoformat(event.data["since"])
        return ""

    def _connections_lost(self, event: SessionEvent) -> str:
        if self.away is None:  # otherwise told alone before, now with the others
            since = datetime.fromisoformat(event.data["since"])
            own = [each for each in self.seen_away if since <= each <= event.at]
            self.away = max(own, default=since)
        return ""

    def _came_back(self, event: SessionEvent) -> str:
        authorized, self.authorized_until = self._is_authorized(event.at), None
        away, self.away = self.away, None
        if authorized:
            self.is_lost = False
            return ""
        if event.data.get("other_computer"):
            return "another computer took the seat without authorisation"
        if away is None:
            return "back without having been away"
        if self.is_lost:
            return ""  # back, and still waiting to be let in
        self.absences.append((event.at - away).total_seconds())
        if event.at - away > self.grace:
            return f"resumed without authorisation after {event.at - away}"
        return ""

    def _resume_asked(self, event: SessionEvent) -> str:
        other = event.data.get("other_computer", False)
        away, self.away, self.authorized_until = self.away, None, None
        asks_needlessly = away and not (other or self.is_lost or event.at - away > self.grace)
        if away is not None or not other:
            self.is_lost = True
        return f"has to ask after {event.at - away} only" if asks_needlessly else ""

    def _resume_authorized(self, event: SessionEvent) -> str:
        self.is_lost = False
        if self.away is not None:
            self.authorized_until = event.at + timedelta(minutes=15)
        return ""

    def _answered(self, event: SessionEvent) -> str:
        too_long = self.away is not None and event.at - self.away > self.grace
        if (self.is_lost or too_long) and not self._is_authorized(event.at):
            return "answered without authorisation"
        return ""

    def _is_authorized(self, instant: datetime) -> bool:
        return self.authorized_until is not None and self.authorized_until > instant


def trails(
    session_ids: list[int], grace: timedelta, rows: Rows, findings: Findings
) -> dict[int, Trail]:
    """Every candidate's trail; what the rules forbid is noted. Sync, after the run."""
    people = Candidate.objects.filter(session__in=session_ids).values_list("pk", flat=True)
    found = {pk: Trail(pk, grace, rows.away[pk]) for pk in people}
    events = SessionEvent.objects.filter(session__in=session_ids)
    for event in events.order_by("session_id", "version"):
        concerned = event.data.get("candidates", [event.candidate_id])
        for pk in concerned if event.type == "connections_lost" else [event.candidate_id]:
            if pk in found:
                found[pk].read(event, findings)
    return found


def waves(session_id: int) -> list[SessionEvent]:
    """The losses of the room that were told as one, in order."""
    return list(SessionEvent.objects.filter(session=session_id, type="connections_lost"))
