"""The rules of time: pure functions of given instants and numbers of seconds.

Rule for rounding: a duration with extra time is rounded up to the whole second, in the
candidate's favour. 105 min with 33 % is 105 × 60 × 133 / 100 = 8 379 s exactly.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from math import ceil

AUTHORIZATION = timedelta(minutes=15)  # how long an authorisation to enter stays valid
LAPSE_NOTICE = timedelta(minutes=3)  # how long before it lapses the supervisor is told
BLIP = timedelta(seconds=10)  # a shorter loss of connection is not shown
LEASE = timedelta(seconds=15)  # a process not heard of for longer is dead
WIDE_LOSS = 5  # so many candidates of a room lost within WAVE: its network, told once
WAVE = timedelta(seconds=6)  # pings of 5 s notice the losses of one instant over so long
RETURN = timedelta(seconds=30)  # what browsers are left to come back after our own restart
LONGEST_GRANT_MINUTES = 240
MARKS = (15, 5)  # minutes before the end hour at which the supervisor is told


def seconds_allowed(duration_minutes: int, extra_time_percent: Decimal) -> int:
    """Seconds allowed for the test, extra time included, before any grant."""
    exact = Decimal(duration_minutes * 60) * (100 + extra_time_percent) / 100
    return int(exact.to_integral_value(ROUND_CEILING))


def end(
    started_at: datetime, duration_minutes: int, extra_time_percent: Decimal, granted_seconds: int
) -> datetime:
    """The end hour at the start of the test, time already granted included."""
    seconds = seconds_allowed(duration_minutes, extra_time_percent) + granted_seconds
    return started_at + timedelta(seconds=seconds)


def mark_due(told: int | None, left: timedelta, allowed: timedelta) -> int | None:
    """The mark to tell when `left` remains of the `allowed` time, given the last one `told`.

    The nearest one only: after a long stop, what was missed is not told in a row. A test no
    longer than a mark starts inside it, and past the end hour no mark says anything.
    """
    if left <= timedelta(0):
        return None
    nearest = min((mark for mark in MARKS if left <= timedelta(minutes=mark)), default=None)
    if nearest is None or allowed <= timedelta(minutes=nearest):
        return None
    return nearest if told is None or nearest < told else None


def mark_kept(told: int | None, left: timedelta) -> int | None:
    """The last mark that stays told once the end hour has moved to `left` from now.

    Marks that lie ahead again will be told again.
    """
    if told is None:
        return None
    passed = (mark for mark in MARKS if mark >= told and left <= timedelta(minutes=mark))
    return min(passed, default=None)


def must_ask_to_resume(
    away_since: datetime, now: datetime, grace_seconds: int, paused_at: datetime | None = None
) -> bool:
    """True when an absence has outlasted the session's grace.

    While the room is suspended (a power cut) the absence does not grow: the whole room comes
    back without thirty authorisations.
    """
    until = min(now, paused_at) if paused_at else now
    return until - away_since > timedelta(seconds=grace_seconds)


def lost_minutes(
    away_since: datetime, now: datetime, pauses: Iterable[tuple[datetime, datetime]] = ()
) -> int:
    """The absence in whole minutes, rounded up: what the resume dialog offers to give back.

    Of the room's `pauses` (start, end), which are given back to everyone, nothing counts twice.
    """
    lost = now - away_since
    for start, end_of_pause in pauses:
        lost -= max(timedelta(0), min(end_of_pause, now) - max(start, away_since))
    return max(0, ceil(lost.total_seconds() / 60))


def lost_together(lost_at: Mapping[int, datetime]) -> set[int]:
    """Of candidates and the instants of their losses, those whom a wave took.

    A wave is WIDE_LOSS of them or more within WAVE; a longer one is a chain of such.
    """
    ordered = sorted(lost_at, key=lambda candidate: lost_at[candidate])
    together: set[int] = set()
    for start in range(len(ordered) - WIDE_LOSS + 1):
        window = ordered[start : start + WIDE_LOSS]
        if lost_at[window[-1]] - lost_at[window[0]] <= WAVE:
            together.update(window)
    return together
