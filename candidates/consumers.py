"""The candidate's socket: presence, and the stage of the test as the supervisor moves it."""

import asyncio
import json
import logging
from contextlib import suppress
from functools import partial

from sessions_app import floods, languages
from sessions_app.consumers import REFUSED, LiveConsumer
from sessions_app.gathering import TOGETHER_SECONDS, Gathering
from sessions_app.refusals import DATABASE_OUTAGES, Refusal
from sessions_app.rooms import Socket

from . import access, acknowledgements, answering, presence
from .access import Seat
from .answering import Sent
from .frames import answered_frame, refused_frame, seat_frame
from .models import Candidate
from .sitters import Sitter
from .stages import Stage, stage_of

logger = logging.getLogger(__name__)
find = Gathering(access.find_all, pause=TOGETHER_SECONDS)


class CandidateConsumer(LiveConsumer):
    """`/ws/candidat/`: frames `hello`, `seat` and `refused`; see `frames`.

    The browser sends its answers, each acknowledged once it is committed.
    """

    seat: Seat | None
    candidate: Candidate
    is_here = False
    _task: asyncio.Task | None = None
    _changed_again = False
    _told = "", 0  # epoch and version of the last frame

    MOST = floods.OF_A_SEAT

    def browser_of(self, scope: dict) -> str:
        self.seat = access.seat_of_scope(scope)
        return self.seat.token if self.seat else ""

    async def let_in(self):
        candidate = await find(self.seat) if self.seat else None
        if candidate is None:
            await self.close(REFUSED)
            return
        language = languages.of_socket(self.scope)
        socket = Socket(candidate_id=candidate.pk, on_change=self._changed, language=language)
        await self.open(candidate.session, socket)
        # Read before the room was joined: what the room has already told was missed.
        is_fresh = candidate.session.version >= self.room.version
        await self._tell(candidate if is_fresh else None)

    async def receive(self, text_data=None, bytes_data=None):
        """`answer{question, answer}` saves one answer, of one value or several; `seen{v}`
        acknowledges what a supervisor did.

        Anything else asks where things stand: a seat frame is a whole state.
        """
        try:
            message = json.loads(text_data or "")
            take = self.MESSAGES[message["type"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            await self._tell()
        else:
            await take(self, message)

    async def _note_seen(self, message: dict) -> None:
        if seen := acknowledgements.read(self.seat, message.get("v")):
            with suppress(*DATABASE_OUTAGES):  # asked for again with the next frame
                await acknowledgements.note_soon(seen)

    async def _answer(self, message: dict) -> None:
        question = message.get("question")
        try:
            number, value = answering.checked(question, message.get("answer"))
        except Refusal as refusal:
            self._refuse(question, refusal.status, refusal.sentence)
        else:
            sent = Sent(self.room.session_id, self.seat, number, value)
            answering.answer_soon(sent, partial(self._tell_answered, question, number))

    def _tell_answered(self, question: object, number: int, outcome: Sitter | Exception) -> None:
        if isinstance(outcome, Sitter):
            self.socket.push(answered_frame(outcome, number, self.socket.language))
        elif isinstance(outcome, Refusal):
            self._refuse(question, outcome.status, outcome.sentence)
        else:
            if not isinstance(outcome, DATABASE_OUTAGES):
                logger.error("an answer was not saved", exc_info=outcome)
            self._refuse(question, 503, answering.HELD_UP)

    def _refuse(self, question: object, status: int, sentence: str) -> None:
        """In the language of the page, if the sentence is still to be translated."""
        language = self.socket.language
        self.socket.push(
            languages.within(language, lambda: refused_frame(question, status, str(sentence)))
        )

    MESSAGES = {"answer": _answer, "seen": _note_seen}

    async def disconnect(self, code):
        await super().disconnect(code)
        if self._task:
            self._task.cancel()  # it must not note an arrival after the departure
        self._go()

    def _changed(self) -> None:
        """Changes that come while one is being read are told together."""
        self._changed_again = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell_changes())

    async def _tell_changes(self) -> None:
        while self._changed_again:
            self._changed_again = False
            await self._tell()

    async def _tell(self, candidate: Candidate | None = None) -> None:
        """Send the stage, of `candidate` when it was read just now, and note the presence."""
        candidate = candidate or await find(self.seat)
        if candidate is None:
            await self.close(REFUSED)
            return
        if stage_of(candidate, self.seat.token) == Stage.ELSEWHERE:
            self._go()
        elif not self.is_here or presence.is_missed(candidate):
            self.candidate, self.is_here = candidate, True
            if await presence.arrived(candidate, self.seat, self.socket):
                candidate = await find(self.seat)
        frame = seat_frame(candidate, stage_of(candidate, self.seat.token))
        epoch, version = self._told
        # While the presence was being noted, a change may have been told.
        if epoch != frame["epoch"] or version <= frame["v"]:
            self._told = frame["epoch"], frame["v"]
            self.socket.push(frame)

    def _go(self) -> None:
        if self.is_here:
            self.is_here = False
            presence.gone(self.candidate, self.socket)
