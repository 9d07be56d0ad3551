"""The supervisors of the load generator."""

import json
import re
from collections.abc import Iterable, Iterator
from time import perf_counter

from . import wire
from .sockets import HEAD, Crowd, Socket
from .tally import QUESTIONS

ROWS = re.compile(rb'"type": ?"rows"').search
BOARD = re.compile(rb'"type": ?"board"').search
SPAN = re.compile(rb'"from": ?(\d+), ?"v": ?(\d+)').search
BOARD_ROWS = re.compile(r'data-candidate="(\d+)"[^>]*?data-question="(\d+)"').findall
# In the JSON text of a frame.
CANDIDATE, QUESTION, END = rb"data-candidate=\"", rb"data-question=\"", b"\\"
EPOCH_WITHIN = 100  # bytes from the beginning of a frame
ASK_AGAIN_SECONDS = 5.0  # as static/js/connection.js


class RoomView:
    """What the supervisors of one room share: the last frame, read once for both."""

    def __init__(self, number: str, candidates: dict[str, int]) -> None:
        """`candidates`: primary key → which one of all candidates."""
        self.number = number
        self.cells = {pk.encode(): each * QUESTIONS - 1 for pk, each in candidates.items()}
        self.payload, self.since, self.version = b"", -1, -1
        self.questions: list[tuple[bytes, int]] = []

    def read(self, payload: bytes) -> None:
        """`since`, `version` and `questions` of a frame `rows`."""
        if payload != self.payload:
            span = SPAN(payload)
            self.payload, self.since, self.version = payload, int(span[1]), int(span[2])
            self.questions = list(_questions(payload))


def _questions(payload: bytes) -> Iterator[tuple[bytes, int]]:
    """Candidates and where they are, in the text as it comes: to decode it all is ten times slower
    than the rest of our work on a frame."""
    at = payload.find(CANDIDATE)
    while at >= 0:
        begin = at + len(CANDIDATE)
        end = payload.find(END, begin)
        first = payload.index(QUESTION, end) + len(QUESTION)
        last = payload.find(END, first)
        yield payload[begin:end], int(payload[first:last])
        at = payload.find(CANDIDATE, last)


class Supervisor(Socket):
    """Follows the rules of the page, as tests/protocol/tab.py writes them down."""

    def __init__(self, crowd: Crowd, place: int, room: RoomView, cookie: str) -> None:
        path, cookie = f"/ws/surveillance/{room.number}/", f"sessionid={cookie}"
        super().__init__(crowd, place, path, cookie)
        self.opening = crowd.address, path, crowd.url, cookie
        self.room, self.seen = room, crowd.tally.seen[place]
        self.epoch, self.version = b"", -1  # what is shown
        self.named = -1  # the latest version that the server has named
        self.has_board = False  # through this connection
        self.asked_at = 0.0
        self.at: dict[bytes, int] = dict.fromkeys(room.cells, 1)

    def connect(self) -> None:
        """As the page, it tells what it shows already."""
        self.has_board = False
        if self.epoch:
            shown = f"?epoch={self.epoch.decode()}&v={self.version}"
            address, path, origin, cookie = self.opening
            self.request = wire.request(*address, path + shown, origin, cookie)
        super().connect()

    def heard(self, payload: bytes) -> None:
        if ROWS(payload, 0, HEAD):
            self.tally.frames += 1
            self._apply(payload)
        else:
            self._take(json.loads(payload))
        if self.version < self.named:
            self.catch_up()
        elif self.has_board:
            self._be_exact()

    def catch_up(self) -> None:
        """Asks for what was missed, if anything; again when nothing came, never in a storm."""
        now = perf_counter()
        if self.version < self.named and now >= self.asked_at + ASK_AGAIN_SECONDS:
            self.asked_at = now
            told = {"type": "resume", "epoch": self.epoch.decode(), "v": self.version}
            self.wire.send(json.dumps(told).encode())

    def _take(self, frame: dict) -> None:
        """`hello` and `hb` name a version, `board` brings it."""
        kind, epoch, version = frame["type"], frame.get("epoch", "").encode(), frame.get("v", -1)
        if kind == "hello":
            self.asked_at = perf_counter()  # what is missing follows by itself
            self.has_board = (epoch, version) == (self.epoch, self.version)
        if epoch == self.epoch or not self.epoch:
            self.named = max(self.named, version)
        if kind == "board":
            if version > self.version or epoch != self.epoch:
                self.epoch, self.version, self.named = epoch, version, max(version, self.named)
                self._show((pk.encode(), int(at)) for pk, at in BOARD_ROWS(frame["html"]))
            self.has_board = True

    def _apply(self, payload: bytes) -> None:
        room = self.room
        room.read(payload)
        if payload.find(self.epoch, 0, EPOCH_WITHIN) < 0 or room.version <= self.version:
            return
        self.named = max(self.named, room.version)
        if room.since > self.version:
            self.tally.gaps += self.has_board  # before it, it is on its way
            return
        self.version, self.has_board = room.version, True
        if not self._show(room.questions):
            self.tally.idle_frames += 1

    def _show(self, questions: Iterable[tuple[bytes, int]]) -> bool:
        """Whether anybody has moved."""
        now, moved = perf_counter(), False
        for pk, question in questions:
            was = self.at[pk]
            if question > was:
                moved, first = True, self.room.cells[pk]
                for cell in range(first + was, first + question):
                    self.seen[cell] = now
                self.at[pk] = question
        return moved
