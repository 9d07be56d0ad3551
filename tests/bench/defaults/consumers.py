"""The two sockets, as the Channels documentation writes them: a group for each session."""

import asyncio
import json

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import timezone

from candidates import access as seats
from candidates.frames import seat_frame
from candidates.stages import stage_of
from sessions_app import access, board
from sessions_app.refusals import Refusal

from . import answers

REFUSED = 4403
HEARTBEAT_SECONDS = 10


async def in_thread(function, *arguments):
    """With Channels' own default, one thread for everybody, each commit would wait for the last."""
    return await database_sync_to_async(function, thread_sensitive=False)(*arguments)


def group_of(session_id: int) -> str:
    return f"session-{session_id}"


class JsonConsumer(AsyncJsonWebsocketConsumer):
    async def hello(self, session) -> None:
        present = {"epoch": str(session.epoch), "v": session.version}
        await self.send_json({"type": "hello", **present, "now": timezone.now().isoformat()})

    @classmethod
    async def encode_json(cls, content) -> str:
        return json.dumps(content, ensure_ascii=False)


class CandidateConsumer(JsonConsumer):
    """Reads `{"type": "answer", "question": 7, "answer": ["b"]}`, one after the other."""

    async def connect(self):
        self.seat = seats.seat_of_scope(self.scope)
        candidate = await in_thread(seats.find, self.seat)
        if candidate is None:
            await self.close(REFUSED)
            return
        await self.accept()
        await self.hello(candidate.session)
        await self.send_json(seat_frame(candidate, stage_of(candidate, self.seat.token)))

    async def receive_json(self, content, **kwargs):
        number = content["question"]
        try:
            saved = await in_thread(answers.save, self.seat, number, content["answer"])
        except (Refusal, ValueError, LookupError) as error:
            status = getattr(error, "status", 422)
            refused = {"type": "refused", "question": number, "status": status}
            await self.send_json({**refused, "message": str(error)})
            return
        await self.send_json(saved.seat_frame)
        if saved.rows_frame:
            text = await self.encode_json(saved.rows_frame)  # once for all the group
            message = {"type": "room.changed", "v": saved.rows_frame["v"], "text": text}
            await self.channel_layer.group_send(group_of(saved.session_id), message)


class SupervisionConsumer(JsonConsumer):
    """The whole board first, then each change of the session; `resume` gets what was missed."""

    session = None
    beat = None

    async def connect(self):
        number = self.scope["url_route"]["kwargs"]["number"]
        try:
            self.session = await in_thread(access.supervised_session, self.scope["user"], number)
        except Refusal:
            await self.close(REFUSED)
            return
        await self.accept()
        await self.channel_layer.group_add(group_of(self.session.pk), self.channel_name)
        await self.hello(self.session)
        whole = await in_thread(board.whole, self.session.pk)
        self.version = whole["v"]
        await self.send_json(whole)
        self.beat = asyncio.create_task(self._beat())

    async def disconnect(self, code):
        if self.beat:
            self.beat.cancel()
        if self.session:
            await self.channel_layer.group_discard(group_of(self.session.pk), self.channel_name)

    async def receive_json(self, content, **kwargs):
        shown = (str(content["epoch"]), int(content["v"]))
        await self.send_json(await in_thread(board.missed, self.session.pk, *shown))

    async def room_changed(self, message):
        self.version = max(self.version, message["v"])
        await self.send(message["text"])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            present = {"epoch": str(self.session.epoch), "v": self.version}
            await self.send_json({"type": "hb", **present, "now": timezone.now().isoformat()})
