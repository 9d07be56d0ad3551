"""Seeded defects: each breaks one rule of the protocol, and the machine must find it.

A mutant of the tab overrides one method of the specification; a mutant of the server replaces
one function of the product.
"""

import contextlib
from collections.abc import Callable, Iterator
from itertools import count
from unittest import mock

from candidates import services
from incidents import services as incidents
from sessions_app import commands
from sessions_app.board_reading import Reading
from sessions_app.kept_boards import KeptBoards
from sessions_app.rooms import Room

from .tab import Tab

Mutant = Callable[[], contextlib.AbstractContextManager[type[Tab]]]


def _of_tab(**methods) -> Mutant:
    return lambda: contextlib.nullcontext(type("MutantTab", (Tab,), methods))


@contextlib.contextmanager
def no_idempotency() -> Iterator[type[Tab]]:
    """The server looks no key up: each request is a new one."""
    real, numbers = commands.run_once, count(1)

    def run_once(session, user, path, body, perform):
        body = body.copy()
        body["idempotency_key"] += f"-{next(numbers)}"
        return real(session, user, path, body, perform)

    with mock.patch.object(commands, "run_once", run_once):
        yield Tab


@contextlib.contextmanager
def no_stale_check() -> Iterator[type[Tab]]:
    """The server acts whatever the person saw."""
    real = services.turn

    def turn(candidate, action, actor, *, seen=None):
        return real(candidate, action, actor)

    with mock.patch.object(services, "turn", turn), mock.patch.object(incidents, "turn", turn):
        yield Tab


@contextlib.contextmanager
def two_transactions() -> Iterator[type[Tab]]:
    """The effect is committed, then the answer is stored: a crash in between forgets it."""
    apart = mock.Mock(atomic=contextlib.nullcontext)
    with mock.patch.object(commands, "transaction", apart):
        yield Tab


@contextlib.contextmanager
def kept_without_looking() -> Iterator[type[Tab]]:
    """A board once kept is taken for what its session has become, whatever the journal tells."""

    def moved(reading: Reading) -> set[int] | None:
        return {each.candidate_id for each in reading.events} if reading.kept else None

    with mock.patch.object(Reading, "moved", property(moved)):
        yield Tab


@contextlib.contextmanager
def answers_over_a_gap() -> Iterator[type[Tab]]:
    """What an announcement tells is put on any board, whichever version it stands at."""
    at_any = mock.patch.object(Room, "is_at", lambda self, version: version is not None)
    any_board = mock.patch.object(KeptBoards, "exactly", lambda self, pk, *_: self._at_hand(pk))
    with at_any, any_board:
        yield Tab


deaf_to_epochs = _of_tab(
    is_over=lambda self, frame: False, is_same_history=lambda self, frame: True
)

MUTANTS: dict[str, Mutant] = {
    "no idempotency": no_idempotency,
    "no gap check": _of_tab(is_gap=lambda self, frame: False),
    "no heartbeat": _of_tab(is_up_to_date=lambda self: True),
    "no de-duplication": _of_tab(
        is_new=lambda self, frame: True, is_old_board=lambda self, frame: False
    ),
    "no stale check": no_stale_check,
    "a retry mints a new key": _of_tab(
        repeat=lambda self, each: each.body | {"idempotency_key": self.mint(next(Tab._numbers))}
    ),
    "command and effect in two transactions": two_transactions,
    "a kept board is never read again": kept_without_looking,
    "answers shown over a gap": answers_over_a_gap,
}
