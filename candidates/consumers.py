"""The candidate's socket: presence, and the stage of the test as the supervisor moves it."""

import asyncio

from sessions_app.consumers import REFUSED, LiveConsumer
from sessions_app.live import Socket, hub, in_database

from . import access, presence
from .access import Seat
from .stages import Stage, stage_of


class CandidateConsumer(LiveConsumer):
    """`/ws/candidat/`: frames `hello` and `seat`; the browser sends nothing.

    A seat frame is a whole state: `{type, v, epoch, now, stage, ends_at, paused_at}`.
    """

    seat: Seat
    is_here = False

    async def connect(self):
        seat = access.seat_of_scope(self.scope)
        candidate = await in_database(access.find, seat)
        if candidate is None:
            await self.close(REFUSED)
            return
        self.seat = seat
        self.socket = Socket(candidate.pk, self._changed)
        self._task: asyncio.Task | None = None
        self._changed_again = False
        await self.open(candidate.session_id, self.socket)
        self.socket.push({"type": "hello", "now": hub.now().isoformat()})
        await self._tell()

    async def receive(self, text_data=None, bytes_data=None):
        """A seat frame is a whole state: there is nothing to resume from."""
        await self._tell()

    async def disconnect(self, code):
        await super().disconnect(code)
        if self.is_here:
            presence.gone(self.seat.candidate_id, self.socket)

    def _changed(self) -> None:
        """Changes that come while one is being read are told together."""
        self._changed_again = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell_changes())

    async def _tell_changes(self) -> None:
        while self._changed_again:
            self._changed_again = False
            await self._tell()

    async def _tell(self) -> None:
        candidate = await in_database(access.find, self.seat)
        if candidate is None:
            await self.close(REFUSED)
            return
        stage = stage_of(candidate, self.seat.token)
        holds = stage != Stage.ELSEWHERE
        if holds and not self.is_here:
            self.is_here = True
            await presence.arrived(candidate.pk, self.seat, self.socket)
            candidate = await in_database(access.find, self.seat)
            stage = stage_of(candidate, self.seat.token)
        elif not holds and self.is_here:
            self.is_here = False
            presence.gone(candidate.pk, self.socket)
        self.socket.push(_frame(candidate, stage))


def _frame(candidate, stage: Stage) -> dict:
    session = candidate.session
    return {
        "type": "seat",
        "epoch": str(session.epoch),
        "v": session.version,
        "now": hub.now().isoformat(),
        "stage": stage,
        "ends_at": candidate.ends_at.isoformat() if candidate.ends_at else None,
        "paused_at": session.paused_at.isoformat() if session.paused_at else None,
    }
