"""A room that lives by the product's own services, one commit and one announcement a change."""

import itertools
from collections.abc import Iterator

from django.db import connection

from candidates import answering, rehearsal
from candidates.access import Seat
from candidates.models import Answer, Candidate
from incidents.services import raise_alert, reject_alert
from sessions_app.models import Session, User

from .people import Room

# One candidate in so many also reports a problem, and goes to À traiter and back.
PROBLEM_EACH = 20


class RoomLife:
    """Changes one after the other: everybody answers by turns, some report a problem."""

    def __init__(self, room: Room):
        self.room, self.user = room, User.objects.get(pk=room.supervisors[0].pk)
        self._answers, self._changes = self._everybody(), self._mixed()

    def answer(self, count: int = 1) -> None:
        for _ in range(count):
            _answer(next(self._answers))

    def change(self, count: int = 1) -> None:
        for _ in range(count):
            next(self._changes)

    def version(self) -> int:
        return Session.objects.values_list("version", flat=True).get(pk=self.room.pk)

    def _everybody(self) -> Iterator[Candidate]:
        for number in itertools.count():
            turn, at = divmod(number, len(self.room.candidates))
            if at == 0 and turn and turn % rehearsal.COUNT == 0:
                self._begin_again()
            yield _fresh(self.room.candidates[at].pk)

    def _mixed(self) -> Iterator[None]:
        for number in itertools.count(1):
            candidate = next(self._answers)
            if number % PROBLEM_EACH == 0:
                raise_alert(candidate, _seat(candidate), subject="image")
                yield
                reject_alert(candidate, user=self.user)
                yield
            _answer(candidate)
            yield

    def _begin_again(self) -> None:
        """Everybody at the first question, without a word to anybody: the rows go on from there."""
        candidates = [each.pk for each in self.room.candidates]
        Answer.objects.filter(candidate__in=candidates).delete()
        Candidate.objects.filter(pk__in=candidates).update(question=1)
        connection.close()


def _fresh(pk: int) -> Candidate:
    return Candidate.objects.with_facts().select_related("session__center").get(pk=pk)


def _seat(candidate: Candidate) -> Seat:
    return Seat(candidate.pk, candidate.seat)


def _answer(candidate: Candidate) -> None:
    answering.answer(candidate, _seat(candidate), candidate.question, "")
