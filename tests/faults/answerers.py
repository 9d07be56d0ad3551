"""Candidates who answer over their sockets as fast as they are told that they are saved.

One whose socket dies comes back through whichever process is there, and sends again what was not
acknowledged, with the same value or another.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from websockets.exceptions import ConnectionClosed

from candidates import rehearsal
from candidates.models import Candidate
from candidates.rehearsal import Kind, Question
from candidates.states import Action, Actor, Fact, State, refusal

from .candidates import PACE, _end
from .full_rooms import seated
from .history import Findings
from .screens import SeatScreen

PATIENCE = 60.0  # seconds for an answer to be acknowledged, pauses and ways back included
PAUSED_AGAIN = 0.1  # seconds before an answer that was refused is sent again
BUSY = 503
IN_A_PAUSE = refusal(State.IN_PROGRESS, frozenset({Fact.PAUSED}), Action.ANSWER, Actor.CANDIDATE)


@dataclass
class Sending:
    """`at`: by the clock of the machine, which is also the database's. `value`: as stored."""

    at: datetime
    value: str
    refused: bool = False


@dataclass
class Given:
    """One answer of a candidate; `version`: of the room, as acknowledged, or None.

    `killed`, `moved`: how often it was under way when the process, or the connection, was cut.
    """

    candidate_id: int
    question: int
    sendings: list[Sending] = field(default_factory=list)
    version: int | None = None
    killed: int = 0
    moved: int = 0


class Answers:
    """What all candidates were told together. They give as many as `permits` lets go.

    `seconds`: what the last one took to be acknowledged.
    """

    def __init__(self) -> None:
        self.given: list[Given] = []
        self.findings = Findings()
        self.refused: Counter[int] = Counter()
        self.acknowledged = 0
        self.seconds = 0.0
        self.permits = asyncio.Semaphore(0)
        self.is_over = False
        self._reached = asyncio.Event()
        self._aim: tuple[int, Callable[[str], bool] | None] = (0, None)

    async def until(self, acknowledged: int, act: Callable[[str], bool] | None = None) -> None:
        """Until so many are, or for as long as anybody waits.

        `act` is told at once through which address the last one was, before anything else is
        read (others of the same group are still being told), and says whether that was it.
        """
        self._reached.clear()
        self._aim = acknowledged, act
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._reached.wait()

    def count(self, address: str) -> None:
        self.acknowledged += 1
        acknowledged, act = self._aim
        if self._reached.is_set() or self.acknowledged < acknowledged:
            return
        if act is None or act(address):
            self._reached.set()


class Answerer:
    """A candidate in the middle of the test. Made outside the loop."""

    def __init__(self, addresses: list[str], candidate: Candidate, answers: Answers, at: int):
        self.candidate, self.answers = candidate, answers
        self.chance = Random(candidate.pk)
        self.screen = SeatScreen(seated(addresses, candidate, at=at), pace=PACE, seed=candidate.pk)
        self.screen.on_frame = self._heard
        self.under_way: Given | None = None
        self._news: asyncio.Queue[dict] = asyncio.Queue()
        self._seated_on = self._sent_on = self._version = 0  # sockets by number, a version
        self._is_moving = False

    @property
    def address(self) -> str:
        return self.screen.browser.address

    @property
    def waits(self) -> bool:
        """An answer is on its way by the socket that is open, and nothing was told of it yet."""
        is_sent = self.under_way is not None and bool(self.under_way.sendings)
        return is_sent and self.screen.is_live and self._sent_on == self.screen.opened

    def move(self) -> None:
        """The cable is pulled; back through another process, while this one may still write."""
        self._is_moving = True
        self.screen.drop()

    async def take_the_test(self) -> None:
        """Until all is answered, nothing more may be given, or they were told something untrue."""
        await self.screen.__aenter__()
        try:
            for question in rehearsal.QUESTIONS:
                await self.answers.permits.acquire()
                if self.answers.is_over or not await self._answer(question):
                    break
        finally:
            await _end(self.screen)

    async def _answer(self, question: Question) -> bool:
        """Whether it was acknowledged, and the next one may be given."""
        self.under_way = given = Given(self.candidate.pk, question.number)
        self.answers.given.append(given)
        try:
            async with asyncio.timeout(PATIENCE):
                while given.version is None and not await self._give(given, question):
                    pass
        except TimeoutError:
            self._wrong(f"question {question.number} is never acknowledged")
        self.under_way = None
        return given.version is not None

    async def _give(self, given: Given, question: Question) -> bool:
        """Sends it once; whether it is of no use to send it again."""
        is_sent = await self._send(given, question)
        frame = await self._reply(given.question)
        if frame["type"] == "refused":
            return await self._refused(given, frame["status"], frame["message"])
        if "answered" in frame:
            given.version = frame["v"]
            self.answers.seconds = (datetime.now(UTC) - given.sendings[-1].at).total_seconds()
        elif is_sent:
            given.moved += self._is_moving
            given.killed += not self._is_moving
        self._is_moving = False
        return False

    async def _send(self, given: Given, question: Question) -> bool:
        """Whether there was a socket to send it by."""
        if self.screen.socket is None or self._seated_on != self.screen.opened:
            return False
        before = given.sendings[-1].value if given.sendings else None
        values = _values(question, before, self.chance)
        body = {"type": "answer", "question": given.question, "answer": values}
        sending = Sending(datetime.now(UTC), rehearsal.clean_answer(question, values))
        self._sent_on = self.screen.opened
        try:
            await self.screen.socket.send(json.dumps(body))
        except ConnectionClosed:
            return False  # known before anything was sent
        given.sendings.append(sending)
        return True

    async def _reply(self, question: int) -> dict:
        """What this question is told; the first seat frame of a new socket says: nothing."""
        while True:
            frame = await self._news.get()
            if frame["type"] == "refused" and frame["question"] == question:
                return frame
            if frame.get("answered", 0) > question:
                self._wrong(f"question {frame['answered']} acknowledged before it was sent")
            if frame.get("answered") == question or frame.get("socket", 0) > self._sent_on:
                return frame

    async def _refused(self, given: Given, status: int, message: str) -> bool:
        self.answers.refused[status] += 1
        given.sendings[-1].refused = status != BUSY  # which leaves open what was done
        if status != BUSY and message != IN_A_PAUSE:
            self._wrong(f"question {given.question} is refused: {status} {message}")
            return True
        await asyncio.sleep(PAUSED_AGAIN)
        return False

    def _heard(self, frame: dict) -> None:
        if "answered" in frame:
            if frame["v"] < self._version:
                self._wrong(f"version {frame['v']} acknowledged after {self._version}")
            self._version = frame["v"]
            self.answers.count(self.address)
        elif frame["type"] == "seat" and self._seated_on != self.screen.opened:
            self._seated_on = self.screen.opened
            frame = frame | {"socket": self._seated_on}
        elif frame["type"] != "refused":
            return
        self._news.put_nowait(frame)

    def _wrong(self, sentence: str) -> None:
        self.answers.findings.note("wrong", 1, f"candidate {self.candidate.pk}: {sentence}")


def _values(question: Question, before: str | None, chance: Random) -> list[str]:
    """Of a form, picked at random; again, half of the time the same as `before`."""
    if before is not None and chance.random() < 0.5:
        return before.split(",") if question.kind == Kind.CHOICES else [before]
    if question.kind == Kind.SHORT:
        return [f"{chance.randrange(10**6)}"]
    options = sorted(question.values)
    count = chance.randint(1, len(options)) if question.kind == Kind.CHOICES else 1
    return chance.sample(options, count)
