"""The arithmetic of `docs/capacity.md`: what it must never contradict."""

from dataclasses import replace

import pytest

from . import capacity, deployment
from .deployment import Deployment, Measured, largest, processes_for
from .group_commits import Cost, Simulation

MEASURED = Measured(
    change_us=1000,
    socket_us=10,
    socket_kb=30,
    base_mb=120,
    heard_us=20,
    database_us=1500,
    database_rest_us=1,
    wal_bytes=2000,
    notifying_per_s=400,
    commits_per_s=3000,
)


def test_the_load_of_a_process_is_the_sum_of_its_parts():
    day = Deployment(MEASURED, rooms=100, processes=2)
    assert day.candidates == 3000
    assert day.changes == 50
    own = (1605 * 10 + 25 * 1000 + 25 * 20) / 1e6
    assert day.process_cores == pytest.approx(own)
    assert day.database_cores == pytest.approx((50 * 1500 + 2 * 3000) / 1e6)


def test_more_rooms_never_need_fewer_processes():
    counts = [processes_for(MEASURED, rooms) for rooms in (50, 100, 400, 1667)]
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_no_number_of_processes_makes_up_for_what_each_must_hear():
    with pytest.raises(ValueError, match="no number"):
        processes_for(replace(MEASURED, heard_us=1000), rooms=2000)


def test_a_larger_machine_carries_more():
    small, large = (largest(MEASURED, cores, 8e9)[0] for cores in (2, 8))
    assert 0 < small.rooms < large.rooms


def test_groups_grow_when_commits_must_wait():
    cost = Cost(group=0.001, each=0.0001, commit=0.002)
    calm, full = (Simulation(8, cost).run(rate, changes=4000) for rate in (50, 2000))
    assert calm.in_a_group < 1.2
    assert full.in_a_group > 3
    assert full.commits <= 1 / cost.commit
    assert calm.p50 == pytest.approx(3.1, abs=0.5)


def test_the_page_is_filled_between_its_marks():
    page = "Before\n<!-- table days -->\nold\nlines\n<!-- end -->\nAfter\n"
    filled = capacity.fill(page, {"days": "| new |"})
    assert filled == "Before\n<!-- table days -->\n| new |\n<!-- end -->\nAfter\n"
    assert capacity.fill(filled, {"days": "| new |"}) == filled


def test_every_table_of_the_page_is_made():
    made = capacity.tables(MEASURED)
    assert all(table.startswith("| ") for table in made.values())
    assert set(deployment.INPUTS) == set(Measured.__dataclass_fields__)
