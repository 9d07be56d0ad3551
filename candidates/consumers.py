"""The candidate's socket: presence, and the stage of the test as the supervisor moves it."""

import asyncio

from sessions_app.consumers import REFUSED, LiveConsumer
from sessions_app.gathering import Gathering
from sessions_app.rooms import Socket

from . import access, presence
from .access import Seat
from .frames import seat_frame
from .models import Candidate
from .stages import Stage, stage_of

find = Gathering(access.find_all)


class CandidateConsumer(LiveConsumer):
    """`/ws/candidat/`: frames `hello` and `seat`; the browser sends nothing.

    A seat frame is a whole state: `{type, v, epoch, now, stage, ends_at, paused_at}`.
    """

    seat: Seat
    candidate: Candidate
    is_here = False
    _task: asyncio.Task | None = None
    _changed_again = False

    async def connect(self):
        seat = access.seat_of_scope(self.scope)
        candidate = await find(seat) if seat else None
        if candidate is None:
            await self.close(REFUSED)
            return
        self.seat = seat
        socket = Socket(candidate_id=candidate.pk, on_change=self._changed)
        await self.open(candidate.session, socket)
        # Read before the room was joined: what the room has already told was missed.
        is_fresh = candidate.session.version >= self.room.version
        await self._tell(candidate if is_fresh else None)

    async def receive(self, text_data=None, bytes_data=None):
        """A seat frame is a whole state: there is nothing to resume from."""
        await self._tell()

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
        self.socket.push(seat_frame(candidate, stage_of(candidate, self.seat.token)))

    def _go(self) -> None:
        if self.is_here:
            self.is_here = False
            presence.gone(self.candidate, self.socket)
