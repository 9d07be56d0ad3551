"""The room that every example starts from, and what may befall its database."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.test import Client

from candidates import answering, presence, seat_services
from candidates.access import Seat
from candidates.models import Candidate
from incidents import services as incidents
from sessions_app import board, clock
from sessions_app.models import Session, User
from tests import factories


class Crash(BaseException):
    """The process dies here: no code of the product may see it as an error to handle."""


@dataclass(frozen=True)
class Supervisor:
    user: User
    browser: Client

    @classmethod
    def of(cls, room: Session) -> "Supervisor":
        user, browser = factories.supervisor(room), Client(SERVER_NAME="127.0.0.1")
        browser.force_login(user)
        return cls(user, browser)


@dataclass(frozen=True)
class World:
    room: Session
    supervisors: tuple[Supervisor, Supervisor]
    candidates: tuple[Candidate, ...]
    page: dict  # the whole board, as each example finds it

    @classmethod
    def made(cls) -> "World":
        room = factories.session()
        people = Supervisor.of(room), Supervisor.of(room)
        by = people[0].user
        enrolled, waiting = factories.candidate(room), factories.waiting(room)
        with_extra_time = factories.running(room, by, extra_time_percent=33)
        with_alert = factories.running(room, by)
        incidents.raise_alert(with_alert, factories.seat_of(with_alert), subject="image")
        candidates = (enrolled, waiting, with_extra_time, with_alert)
        return cls(room, people, candidates, board.whole(room.pk))

    def path(self, action: str, candidate_id: int | None = None) -> str:
        whom = f"candidats/{candidate_id}/" if candidate_id else ""
        return f"/surveillance/{self.room.number}/{whom}{action}/"

    def restart_history(self, epoch: int) -> None:
        """What an administrator does after a restored backup: the history has another name."""
        Session.objects.filter(pk=self.room.pk).update(epoch=UUID(int=epoch))

    def prune_log(self, upto: int) -> None:
        with _guard_stepped_aside():
            self.room.events.filter(version__lte=upto).delete()


@contextlib.contextmanager
def _guard_stepped_aside() -> Iterator[None]:
    """The database refuses that events go, except to who keeps its log short."""
    if connection.vendor == "postgresql":
        aside, back = (
            ["SET LOCAL session_replication_role = replica"],
            ["SET LOCAL session_replication_role = origin"],
        )
    else:
        sql = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s"
        with connection.cursor() as cursor:
            cursor.execute(sql, ["sessionevent_no_delete"])
            back = [cursor.fetchone()[0]]
        aside = ["DROP TRIGGER sessionevent_no_delete"]
    with connection.cursor() as cursor:
        for statement in aside:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in back:
            cursor.execute(statement)


@contextlib.contextmanager
def dying_at(write: int | None) -> Iterator[None]:
    """The process dies at its n-th write to the database, before it; None: it lives."""
    left = write

    def count(execute, sql, params, many, context):
        nonlocal left
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            left -= 1
            if left == 0:
                raise Crash
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count) if write else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def undone_at_the_end() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# The candidates, through the services behind their pages and sockets.


def _own(candidate: Candidate) -> Seat:
    return factories.seat_of(candidate)


def _other(candidate: Candidate) -> Seat:
    return Seat(candidate.pk, f"other-{candidate.pk}")


def _leave(candidate: Candidate) -> None:
    presence.connected(candidate.pk, _own(candidate))
    presence.leave(candidate.pk, clock.now() - timedelta(seconds=30))


MOVES: dict[str, tuple[Callable, ...]] = {
    "not_started": (
        lambda each: seat_services.join(each, _own(each)),
        lambda each: seat_services.start(each, _own(each)),
        lambda each: seat_services.join(each, _other(each)),
        _leave,
        lambda each: presence.connected(each.pk, _own(each)),
    ),
    "in_progress": (
        lambda each: answering.answer(each, _own(each), each.question or 1, "a"),
        lambda each: incidents.raise_alert(each, _own(each), subject="image"),
        _leave,
        lambda each: presence.connected(each.pk, _own(each)),
        lambda each: seat_services.join(each, _other(each)),
        lambda each: seat_services.finish(each, _own(each)),
    ),
    "finished": (lambda each: seat_services.join(each, _own(each)),),
}
