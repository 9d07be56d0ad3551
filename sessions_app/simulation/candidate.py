"""One simulated candidate: joins, waits, answers, loses the connection, reports a problem."""

import asyncio
from datetime import UTC, datetime
from random import Random
from time import perf_counter

from . import people
from .browser import PAGE, PART, Browser
from .pages import Page, Unexpected
from .people import Person
from .plans import Plan
from .sockets import LiveSocket
from .summary import Summary

JOIN, TEST, SOCKET = "/candidat/", "/candidat/test/", "/ws/candidat/"
PERSON_WAITS = {"waiting", "alert", "resume", "paused"}
OVER = {"finished", "elsewhere"}
PATIENCE_SECONDS = 5  # then the answer is sent as a form


class SimulatedCandidate:
    """Does what `plan` says; `clicks` holds when a supervisor clicked for a candidate id."""

    def __init__(
        self, browser: Browser, person: Person, plan: Plan, clicks: dict[int, float], chance: Random
    ):
        self.browser, self.person, self.plan = browser, person, plan
        self.clicks, self.chance = clicks, chance
        self.summary: Summary = browser.summary
        self.page: Page
        self.told_stage: str | None = None
        self.news = asyncio.Event()
        self.acknowledged: asyncio.Future[dict] | None = None
        self.telling: asyncio.Task | None = None  # that something has been seen
        self.answered = 0
        self.has_alerted = self.has_lost = self.has_sent_end = False

    async def live(self, number: str, access_code: str) -> None:
        """From the arrival to the end of the test; cancelled when the simulation is over."""
        if not self.plan.comes:
            self.summary.count("never_came")
            return
        await asyncio.sleep(self.plan.arrives_after)
        if not await self._join(number, access_code):
            self.summary.count("refused")
            return
        self.summary.count("joined")
        async with LiveSocket(self.browser, SOCKET, self._hear) as self.socket:
            while self.page.stage not in OVER:
                await self._act()
        if self.page.stage == "finished":
            self.summary.count("finished" if self.has_sent_end else "ended_by_supervisor")

    async def _join(self, number: str, access_code: str) -> bool:
        form = (await self.browser.page(JOIN)).form_asking("access_code")
        values = people.typed(self.person, number, access_code, self.chance)
        response = await self.browser.post(form.action or JOIN, form.filled(**values), PAGE)
        self.page = Page(response.text)
        return response.status_code == 200 and self.page.stage is not None

    async def _act(self) -> None:
        """One step from the stage that the page shows."""
        stage = self.page.stage
        if stage in PERSON_WAITS:
            await self._wait_to_be_moved()
        elif stage == "ready":
            await self._start()
        elif stage == "question":
            await self._question()
        elif stage == "review":
            await self._finish()
        else:
            raise Unexpected(f"stage {stage}")

    async def _wait_to_be_moved(self) -> None:
        before = self.page.stage
        await self._news(None)
        await self._read()
        if before == "resume" and self.page.stage not in OVER | {"resume"}:
            self.summary.count("resumed")

    async def _start(self) -> None:
        if await self._news(self.plan.seconds_a_question * self.chance.uniform(0.1, 0.5)):
            await self._read()
        elif await self._send(self.page.only_form().action, self.page.only_form().filled()):
            self.summary.count("started")

    async def _question(self) -> None:
        if await self._news(self._thinks()):
            await self._read()
        elif self.plan.loses_at == self.answered and not self.has_lost:
            await self._lose_connection()
        elif self.plan.alerts_at == self.answered and not self.has_alerted:
            await self._report_a_problem()
        else:
            await self._answer()

    def _thinks(self) -> float | None:
        """Seconds on this question; None for who does not move until somebody comes."""
        if self.plan.overruns_at == self.answered:
            return None
        return self.plan.seconds_a_question * self.chance.uniform(0.5, 1.5)

    async def _lose_connection(self) -> None:
        self.has_lost = True
        self.summary.count("disconnected")
        await self.socket.lose(self.plan.absent_for)

    async def _report_a_problem(self) -> None:
        self.has_alerted = True
        form = self.page.form_asking("subject")
        subject = self.chance.choice(form.choices["subject"])
        if await self._send(form.action, form.filled(subject=subject)):
            self.summary.count("alerts")

    async def _answer(self) -> None:
        """As the page does: by the open socket, or else as the form it is."""
        form = self.page.form_asking("answer")
        value = self.chance.choice(form.choices.get("answer", ["je ne sais pas"]))
        by_socket = await self._answer_by_socket(int(form.values["question"]), value)
        if by_socket or await self._send(form.action, form.filled(answer=value)):
            self.answered += 1
            self.summary.count("answered")

    async def _answer_by_socket(self, number: int, value: str) -> bool:
        self.news.clear()
        self.acknowledged = asyncio.get_running_loop().create_future()
        message = {"type": "answer", "question": number, "answer": [value]}
        if not await self.socket.send(message):
            return False
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                frame = await self.acknowledged
        except TimeoutError:
            return False
        if frame.get("answered") != number:
            return False
        self.page = Page(frame["html"])
        self.page.stage = frame["stage"]
        return True

    async def _finish(self) -> None:
        if await self._news(self.plan.seconds_a_question * self.chance.uniform(0.1, 0.5)):
            await self._read()
            return
        self.has_sent_end = await self._send(
            self.page.only_form().action, self.page.only_form().filled()
        )

    async def _send(self, action: str, values: dict[str, str]) -> bool:
        """Send a form and show what comes; False when things have changed meanwhile."""
        self.news.clear()
        response = await self.browser.post(action, values, PART)
        if response.status_code == 200:
            self.page = Page(response.text)
            return True
        if response.status_code != 409:
            self.summary.count("errors")
        await asyncio.sleep(1)
        await self._read()
        return False

    async def _read(self) -> None:
        self.news.clear()
        response = await self.browser.get(TEST, PART)
        if response.status_code != 200:
            raise Unexpected(f"status {response.status_code} for the test page")
        self.page = Page(response.text)

    async def _news(self, seconds: float | None) -> bool:
        """True as soon as a frame newer than the page tells another stage, within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.news.wait()
                    self.news.clear()
                    if self.told_stage != self.page.stage:
                        return True
        except TimeoutError:
            return False

    def _hear(self, frame: dict) -> None:
        is_reply = "answered" in frame or frame["type"] == "refused"
        if is_reply and self.acknowledged and not self.acknowledged.done():
            self.acknowledged.set_result(frame)
        if frame["type"] != "seat":
            return
        age = datetime.now(UTC) - datetime.fromisoformat(frame["now"])
        self.summary.push_ms.append(max(0.0, age.total_seconds() * 1000))
        if frame["stage"] != self.told_stage:
            clicked = self.clicks.pop(self.person.candidate_id, None)
            if clicked is not None:
                self.summary.click_ms.append((perf_counter() - clicked) * 1000)
        self.told_stage = frame["stage"]
        self.news.set()
        if unseen := frame.get("unseen"):
            seen = self.socket.send({"type": "seen", "v": unseen})
            self.telling = asyncio.get_running_loop().create_task(seen)
