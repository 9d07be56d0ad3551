"""The rules of time: pure functions of given instants and numbers of seconds.

Rule for rounding: a duration with extra time is rounded up to the whole second, in the
candidate's favour. 105 min with 33 % is 105 × 60 × 133 / 100 = 8 379 s exactly.
"""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from math import ceil

AUTHORIZATION = timedelta(minutes=15)  # how long an authorisation to enter stays valid
BLIP = timedelta(seconds=10)  # a shorter loss of connection is not shown
LEASE = timedelta(seconds=15)  # a process not heard of for longer is dead
RETURN = timedelta(seconds=30)  # what browsers are left to come back after our own restart
LONGEST_GRANT_MINUTES = 240


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


def must_ask_to_resume(
    away_since: datetime, now: datetime, grace_seconds: int, paused_at: datetime | None = None
) -> bool:
    """True when an absence has outlasted the session's grace.

    While the room is suspended (a power cut) the absence does not grow: the whole room comes
    back without thirty authorisations.
    """
    until = min(now, paused_at) if paused_at else now
    return until - away_since > timedelta(seconds=grace_seconds)


def lost_minutes(away_since: datetime, now: datetime) -> int:
    """The absence in whole minutes, rounded up: what the resume dialog offers to give back."""
    return max(0, ceil((now - away_since).total_seconds() / 60))
