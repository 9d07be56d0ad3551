"""The rules of time alone: given instants and numbers, no database and no clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates import timing

START = datetime(2027, 1, 12, 8, 30, tzinfo=UTC)
PERCENTS = st.decimals(0, 300, places=2)
DURATIONS = st.integers(1, 600)


@pytest.mark.parametrize(
    ("minutes", "percent", "seconds"),
    [
        (105, "0", 6_300),
        (105, "33", 8_379),
        (105, "33.33", 8_400),  # 8 399.79: up, in the candidate's favour
        (105, "33.34", 8_401),  # 8 400.42
        (105, "12.5", 7_088),  # 7 087.5
        (105, "0.01", 6_301),  # 6 300.63
        (105, "100", 12_600),
        (105, "300", 25_200),
        (1, "33", 80),  # 79.8
        (1, "0.01", 61),
        (50, "33", 3_990),
        (600, "33", 47_880),
    ],
)
def test_seconds_allowed(minutes, percent, seconds):
    assert timing.seconds_allowed(minutes, Decimal(percent)) == seconds


@given(DURATIONS, PERCENTS)
def test_rounding_gives_less_than_a_second_and_takes_nothing(minutes, percent):
    exact = Fraction(minutes * 60) * (100 + Fraction(percent)) / 100
    assert 0 <= timing.seconds_allowed(minutes, percent) - exact < 1


@given(DURATIONS, PERCENTS, st.integers(0, 20_000))
def test_the_end_is_the_start_and_all_the_seconds(minutes, percent, granted):
    seconds = timing.seconds_allowed(minutes, percent) + granted
    assert timing.end(START, minutes, percent, granted) - START == timedelta(seconds=seconds)


def test_a_third_of_extra_time_and_ten_minutes():
    end = timing.end(START, 105, Decimal(33), 600)
    assert end == START + timedelta(seconds=8_379 + 600)
    assert end == datetime(2027, 1, 12, 10, 59, 39, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "local_end"),
    [
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "04:15"),  # 01:30, no 02:00 that night
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "03:15"),  # 02:30, twice 02:00 to 03:00
        (datetime(2027, 10, 30, 22, 30, tzinfo=UTC), "02:15"),  # the first 02:15
    ],
)
def test_the_change_of_hour_gives_and_takes_nothing(start, local_end):
    end = timing.end(start, 105, Decimal(0), 0)
    assert end - start == timedelta(minutes=105)
    assert f"{end.astimezone(ZoneInfo('Europe/Paris')):%H:%M}" == local_end


@pytest.mark.parametrize(
    ("absence", "asks"),
    [(0, False), (59, False), (60, False), (60.001, True), (61, True), (3_600, True)],
)
def test_an_absence_longer_than_the_grace_asks(absence, asks):
    now = START + timedelta(seconds=absence)
    assert timing.must_ask_to_resume(START, now, grace_seconds=60) is asks


def test_no_grace_at_all_asks_at_once():
    assert timing.must_ask_to_resume(START, START + timedelta(milliseconds=1), grace_seconds=0)


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(-5, 0), (0, 0), (0.2, 1), (59, 1), (60, 1), (60.5, 2), (190, 4)]
)
def test_the_minutes_offered_back_are_rounded_up(seconds, minutes):
    assert timing.lost_minutes(START, START + timedelta(seconds=seconds)) == minutes
