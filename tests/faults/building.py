"""Rooms full of candidates at real computers, by what happens to them. Sync, outside the loop."""

from sessions_app.models import Session
from tests import factories

from . import rooms
from .absences import GRACE
from .people import SupervisorBrowser
from .sitters import Sitter, Sums

ALONE, TOGETHER, HELD, KILLED = "alone", "together", "behind the black hole", "killed"
# Candidates of a room: too few for a wave, and enough for one.
SIZES = {ALONE: 4, TOGETHER: 8, HELD: 3, KILLED: 4}
FEW = {TOGETHER: 1, HELD: 2, KILLED: 2}  # rooms; the others are left alone
MANY = 60  # candidates from which there are twice as many of these


class Building:
    """`addresses` of three workers: two that stay, and a third one; `proxied`: the first one,
    behind the network that breaks."""

    def __init__(self, candidates: int, addresses: list[str], proxied: str, sums: Sums):
        self.sums = sums
        one, other, third = addresses
        # Addresses by what happens, home first, and those of them that last.
        self.networks = {
            ALONE: ([one, other], (0, 1)),
            TOGETHER: ([one, other], (0, 1)),
            HELD: ([proxied, other], (1,)),
            KILLED: ([third, one, other], (1, 2)),
        }
        kinds = [kind for kind, size in _sizes(candidates)]
        made = [rooms.room(supervisors=1, grace_seconds=GRACE, duration_minutes=105) for _ in kinds]
        self.history = rooms.history_of(made)
        self.session_ids = [each.session.pk for each in made]
        self._rooms = [
            (kind, self._seat(kind, room, size))
            for (kind, size), room in zip(_sizes(candidates), made, strict=True)
        ]

    def of(self, kind: str) -> list[list[Sitter]]:
        """The rooms of that kind, each as its candidates."""
        return [sitters for own, sitters in self._rooms if own == kind]

    def all_of(self, *kinds: str) -> list[Sitter]:
        """Their candidates, or everybody."""
        chosen = [sitters for own, sitters in self._rooms if not kinds or own in kinds]
        return [sitter for sitters in chosen for sitter in sitters]

    def _seat(self, kind: str, room: rooms.Room, size: int) -> list[Sitter]:
        addresses, safe = self.networks[kind]
        desk = SupervisorBrowser(
            self.networks[ALONE][0], room.session, room.supervisors[0], self.history
        )
        return [
            Sitter(_candidate(room.session, number), desk, self.sums, addresses, safe)
            for number in range(size)
        ]


def _candidate(session: Session, number: int):
    return factories.candidate(session, extra_time_percent=(0, 33)[number % 2])


def _sizes(candidates: int) -> list[tuple[str, int]]:
    """Rooms as (kind, candidates), so many candidates in all."""
    times = 2 if candidates >= MANY else 1
    few = [(kind, SIZES[kind]) for kind, count in FEW.items() for _ in range(count * times)]
    left = candidates - sum(size for _, size in few)
    alone = [(ALONE, min(SIZES[ALONE], left - at)) for at in range(0, left, SIZES[ALONE])]
    return few + alone
