"""The protocol as a state machine, in a short run; each seeded mutant is caught.

`python -m tests.protocol --examples 4000` is the long one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import Phase

from .machine import Protocol
from .mutants import MUTANTS, deaf_to_epochs
from .runs import is_caught, run
from .tab import Tab
from .world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World.made()


def test_nothing_is_lost_doubled_or_wrong(world):
    counts = run(world, 40, seed=20, phases=(Phase.generate,))
    assert counts["examples"] >= 40
    for kind in ("frames dropped", "frames doubled", "frames reordered", "epoch changes"):
        assert counts[kind], f"nothing was tried: {kind}"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_rule_is_caught(world, name):
    assert is_caught(world, name)


# A restored backup, step by step: what chance finds too seldom for a short run.

NOBODY, EVERYBODY = 4, 0  # hear the announcement
RUNNING = 2  # the candidate in the middle of the test, whom a click gives time


@contextmanager
def story(world: World, tab_class: type[Tab] = Tab) -> Iterator[Protocol]:
    """The machine without chance: everyone has the board, and a backup has just been made."""
    told = type("Story", (Protocol,), {"world": world, "tab_class": tab_class})()
    for number in range(3):
        told.deliver_all(number)
    told.database_is_saved_or_restored()
    try:
        yield told
    finally:
        told.around.close()


def come_right(told: Protocol) -> None:
    told.every_screen_is_true()
    told.everything_comes_right()


def test_a_click_on_what_a_restored_backup_has_undone_is_refused(world):
    with story(world) as told:
        told.click(0, RUNNING, 0, "answered", EVERYBODY)
        told.deliver_all(2)
        told.database_is_saved_or_restored()
        told.click(2, RUNNING, 1, "answered", EVERYBODY)  # what is offered first is to undo it
        come_right(told)


def test_a_page_loaded_after_a_restore_does_not_go_back_to_what_was_undone(world):
    with story(world) as told:
        told.click(0, RUNNING, 0, "answered", NOBODY)
        told.database_is_saved_or_restored()
        told.connection_is_lost_or_back(tab=2, page=True)
        told.connection_is_lost_or_back(tab=2, page=True)
        told.deliver_all(2)
        come_right(told)


def late_row_of_a_dead_history(told: Protocol) -> None:
    told.click(0, RUNNING, 0, "answered", EVERYBODY)
    late = told.wires[2].frames.pop()
    told.database_is_saved_or_restored()
    told.processes[1].look()
    told.deliver_all(2)
    told.deliver(2, late)
    come_right(told)


def test_a_late_row_of_a_dead_history_is_not_shown(world):
    with story(world) as told:
        late_row_of_a_dead_history(told)


def test_a_tab_deaf_to_epochs_is_caught(world):
    with (
        deaf_to_epochs() as tab_class,
        story(world, tab_class) as told,
        pytest.raises((AssertionError, KeyError)),
    ):
        late_row_of_a_dead_history(told)
