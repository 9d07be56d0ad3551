"""The candidates of the load generator."""

import re
from time import perf_counter

from .sockets import HEAD, Crowd, Socket
from .tally import QUESTIONS

ANSWERED = re.compile(rb'"answered": ?(\d+)').search
SEAT = re.compile(rb'"type": ?"seat"').search
REFUSED = re.compile(rb'"type": ?"refused"').search


class Candidate(Socket):
    """Answers one question after the other: the next one when the last is acknowledged."""

    def __init__(self, crowd: Crowd, place: int, number: int, cookie: str) -> None:
        """`number`: which one of all candidates, from 0."""
        super().__init__(crowd, place, "/ws/candidat/", f"seat={cookie}")
        self.first = number * QUESTIONS - 1  # the cell of question n is `first + n`
        self.question = 1  # the next one to answer, or the one under way
        self.is_waiting = False
        self.scheduled = 0  # answers still to be sent, the one under way included

    @property
    def left(self) -> int:
        """Questions that nothing is scheduled for."""
        return QUESTIONS + 1 - self.question - self.scheduled

    def answer(self, due: float) -> int:
        """Sends the next answer, once those before it are acknowledged; returns its cell."""
        cell = self.first + self.question + self.scheduled
        self.scheduled += 1
        self.tally.due[cell] = due
        if not self.is_waiting:
            self._send(cell)
        return cell

    def _send(self, cell: int) -> None:
        self.is_waiting = True
        if not self.is_exact:
            return  # sent when the connection is there
        self.tally.sent[cell] = perf_counter()
        self.wire.send(self.crowd.payloads[self.question - 1])

    def heard(self, payload: bytes) -> None:
        if (found := ANSWERED(payload)) is not None:
            self._acknowledged(int(found[1]))
        elif SEAT(payload, 0, HEAD):
            self._seated()
        elif REFUSED(payload, 0, HEAD):
            self.tally.refused += 1

    def _acknowledged(self, question: int) -> None:
        cell = self.first + question
        if question != self.question or not self.is_waiting:
            self.tally.doubled += 1
            return
        self.tally.acked[cell] = perf_counter()
        self.question += 1
        self.scheduled -= 1
        self.is_waiting = False
        if self.scheduled:
            self._send(cell + 1)
        self.crowd.on_answer(self)

    def _seated(self) -> None:
        if self.is_exact:
            return
        self._be_exact()
        if self.is_waiting:  # it may have arrived before the cut, or not
            cell = self.first + self.question
            self.tally.resent += bool(self.tally.sent[cell])
            self._send(cell)
