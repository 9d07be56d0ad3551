"""Rooms full of people for the rows, made by the product's services. Sync, outside the loop."""

from dataclasses import dataclass

from candidates.models import Candidate
from sessions_app.models import Session, User
from tests import factories

from .history import History
from .people import SupervisorBrowser
from .worker import Worker


@dataclass
class Room:
    """One session with its supervisors, and the candidates that a row acts on.

    `preparer` also supervises it, for what a row does through services: never in the history.
    """

    session: Session
    preparer: User
    supervisors: list[User]
    running: list[Candidate]
    waiting: list[Candidate]

    def browsers(
        self, workers: list[Worker], history: History, **options
    ) -> list[SupervisorBrowser]:
        """One browser for each supervisor, the next one on the next worker."""
        addresses = [worker.address for worker in workers]
        return [
            SupervisorBrowser(addresses, self.session, user, history, at=at, **options)
            for at, user in enumerate(self.supervisors)
        ]


def room(*, supervisors: int = 2, running: int = 0, waiting: int = 0, **fields) -> Room:
    """`running`: candidates in the middle of the test; `waiting`: asking to start.

    No computer of theirs is connected. The duration is long, so that nobody's time is over.
    """
    session = factories.session(**{"duration_minutes": 600} | fields)
    preparer = factories.supervisor(session)
    return Room(
        session,
        preparer,
        [factories.supervisor(session) for _ in range(supervisors)],
        [factories.running(session, preparer) for _ in range(running)],
        [factories.waiting(session) for _ in range(waiting)],
    )


def rooms(count: int, **options) -> list[Room]:
    return [room(**options) for _ in range(count)]


def history_of(made: list[Room]) -> History:
    """A history that begins now: make it after the rooms, before the browsers."""
    return History([each.session.pk for each in made])
