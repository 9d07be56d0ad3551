"""The instants that a candidate's page counts from, as the socket and the page both give them."""

from sessions_app import clock

from . import timing


def of(candidate) -> dict:
    """Aware datetimes: now by the database's clock, the end hour, the start of a pause."""
    return {
        "now": clock.now(),
        "ends_at": candidate.ends_at,
        "paused_at": candidate.session.paused_at,
        "warnings": timing.WARNINGS_MINUTES,
    }
