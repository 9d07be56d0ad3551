"""The lanes themselves, with rows that break nothing."""

import os

import pytest

from . import lane, lanes
from .report import Result

ROWS = {row: f"module of {row}" for row in ("F1", "F2", "F10", "F12")}


def tells_its_process(orders, scale):
    """In the place of `lane.serve`: answers without a cluster; F2 is the end of its process."""
    for _ in range(len(ROWS)):
        try:
            row, module = orders.recv()
        except EOFError:
            return
        if row == "F2" and scale == 0:
            os._exit(1)
        orders.send((Result(1, 0, 0, 0, os.getpid(), module, ok=True), 0.0))


@pytest.fixture(autouse=True)
def _without_clusters(monkeypatch):
    monkeypatch.setattr(lane, "serve", tells_its_process)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_each_row_is_run_once_by_so_many_processes(count):
    told = list(lanes.run(ROWS, count, 1.0))
    assert sorted(row for row, *_ in told) == sorted(ROWS)
    assert all(result.goal == ROWS[row] for row, result, _ in told)
    assert len({result.value for _, result, _ in told}) == min(count, len(ROWS))


def test_one_lane_keeps_the_order_that_was_asked():
    asked = dict(reversed(ROWS.items()))
    assert [row for row, *_ in lanes.run(asked, 1, 1.0)] == list(asked)


def test_a_row_whose_process_dies_is_told_as_failed_and_the_others_go_on():
    verdicts = {row: result.ok for row, result, _ in lanes.run(ROWS, 2, 0.0)}
    assert verdicts == {"F1": True, "F2": False, "F10": True, "F12": True}


def test_without_a_process_left_every_row_is_told_as_failed():
    verdicts = {row: result.ok for row, result, _ in lanes.run(ROWS, 1, 0.0)}
    assert verdicts == {"F1": True, "F2": False, "F10": False, "F12": False}
