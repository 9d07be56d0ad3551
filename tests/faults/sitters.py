"""Candidates in front of their computers, and what must hold each time one comes back."""

import asyncio
from collections import Counter
from time import monotonic

from candidates.models import Candidate

from .candidates import Computer
from .history import Findings
from .people import SupervisorBrowser
from .seats import Rows, Seen

ACCEPTED, REFUSED = {200, 302, 303}, {403, 409}
CATCHES_UP = 8.0  # seconds for the page to show what the database holds
EXACT = 1.0  # seconds


class Sums:
    """What all sitters count together."""

    def __init__(self, rows: Rows):
        self.rows = rows
        self.findings = Findings()
        self.losses: Counter[str] = Counter()
        self.returns: Counter[str] = Counter()
        self.refused = self.checks = self.told_late = 0
        self.worst_error = 0.0


class Sitter:
    """One candidate with one computer or two; `computers[0]` is the one they use now.

    `addresses` of the site as their network has them, `safe`: which of them last.
    """

    def __init__(
        self,
        candidate: Candidate,
        supervisor: SupervisorBrowser,
        sums: Sums,
        addresses: list[str],
        safe: tuple[int, ...],
    ):
        self.candidate, self.supervisor, self.sums = candidate, supervisor, sums
        self.addresses, self.safe = addresses, safe
        self.computers: list[Computer] = []

    @property
    def computer(self) -> Computer:
        return self.computers[0]

    def wrong(self, sentence: str) -> None:
        self.sums.findings.note("wrong", 1, f"candidate {self.candidate.pk}: {sentence}")

    async def see(self) -> Seen:
        return await self.sums.rows.see(self.candidate.pk)

    async def another_computer(self, at: int) -> Computer:
        """Joins on one more computer, which shows its page from then on."""
        computer = Computer(self.addresses, self.candidate, at=at)
        self.computers.append(computer)
        if not await computer.join():
            self.wrong("may not join")
        await computer.connect()
        return computer

    async def begin(self, at: int) -> None:
        """From the join form to the first question."""
        computer = await self.another_computer(at)
        await self.supervisor.act(self.candidate.pk, "authorize-start")
        computer.browser.close()
        answer = await computer.browser.start()
        if answer.status not in ACCEPTED:
            self.wrong(f"may not start: {answer.status}")
        await computer.screen.reaches("question", CATCHES_UP)

    async def authorize(self, minutes: int) -> bool:
        """By the supervisor's button, whatever they saw. Whether it was given."""
        body = {"minutes": minutes}
        done = await self.supervisor.act(self.candidate.pk, "authorize-resume", **body)
        return done.outcome == "acknowledged"

    async def answer_lost(self, seconds: float) -> None:
        """An answer that is cut off `seconds` after it was sent; whether it was saved is open."""
        question = (await self.see()).candidate.question
        request = asyncio.create_task(self.computer.answer(question))
        await asyncio.sleep(seconds)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)

    async def check(self, *, may_ask: bool = True) -> Seen:
        """Every computer of the candidate tries to answer: exactly the right one may.

        `may_ask`: the candidate may be one whom the supervisor must let in first.
        """
        self.sums.checks += 1
        before = await self.see()
        stages = [await each.stage() for each in self.computers]
        statuses = await asyncio.gather(
            *(each.answer(before.candidate.question) for each in self.computers)
        )
        after = await self._once_told(statuses)
        pairs = list(zip(self.computers, statuses, stages, strict=True))
        accepted = [each for each, status, _ in pairs if status in ACCEPTED]
        told = f"{stages} {statuses}, lost {after.is_lost}"
        self.sums.findings.note("doubled", len(accepted) > 1, f"{self.candidate.pk}: {told}")
        self.sums.refused += sum(status in REFUSED for status in statuses)
        if any(status not in ACCEPTED | REFUSED for status in statuses):
            self.wrong(f"answered with {statuses}")
        question, answers, events = before.written
        expected = (question + 1, answers + 1, events + 1) if accepted else before.written
        if after.written != expected:
            self.wrong(f"{before.written} became {after.written} by {statuses}")
        if after.is_lost and accepted and not before.is_lost:
            # The absence was not written yet when they came back: see the journal, in `seats`.
            self.sums.told_late += 1
            return after
        if after.is_lost:
            shown = [await each.stage() for each in self.computers]
            if accepted or not may_ask or "question" in shown:
                self.wrong(f"not let in yet: {told}, then {shown}")
            return after
        holders = [each for each in self.computers if each.token == after.candidate.seat]
        if (
            accepted != holders
            or [each for each, _, stage in pairs if stage == "question"] != holders
        ):
            self.wrong(f"who holds the seat must go on, and nobody else: {told}")
        for each in filter(lambda each: each.is_live, accepted):
            await self.check_time(each)
        return after

    async def _once_told(self, statuses: list[int | None]) -> Seen:
        """The row; when all were refused, what refuses them may not be written yet."""
        give_up = monotonic() + CATCHES_UP
        seen = await self.see()
        while not seen.is_lost and ACCEPTED.isdisjoint(statuses) and monotonic() < give_up:
            await asyncio.sleep(0.2)
            seen = await self.see()
        return seen

    async def check_time(self, computer: Computer) -> None:
        """The remaining time that the page counts down is the database's own, to a second."""
        give_up = monotonic() + CATCHES_UP
        while True:
            seen = await self.see()
            if computer.ends_at == seen.candidate.ends_at or monotonic() > give_up:
                break
            await asyncio.sleep(0.1)
        shown = computer.remaining(seen.at)
        error = abs(shown - seen.remaining)
        self.sums.worst_error = max(self.sums.worst_error, error)
        if error > EXACT:
            self.wrong(f"shows {shown:.2f} s left instead of {seen.remaining:.2f}")

    async def settle(self, minutes: int) -> None:
        """Whoever waits is let in by the supervisor; the computer with the seat is kept."""
        seen = await self.see()
        if seen.is_lost or seen.candidate.asks_resume_at:
            if not await self.authorize(minutes):
                self.wrong("the resume cannot be authorised")
            seen = await self.check(may_ask=False)
        for each in list(self.computers):
            if each.token != seen.candidate.seat:
                self.computers.remove(each)
                await each.close()
        if len(self.computers) != 1:
            self.wrong("nobody holds the seat")

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self.computers))
