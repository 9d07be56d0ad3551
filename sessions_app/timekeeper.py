"""What time alone causes. Each duty runs every second in every process.

A duty finds what is due by the database's clock, then changes it through a service whose lock
and table make the effect happen once, whatever the number of processes.
"""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)
_duties: list[Callable[[], None]] = []


def register(duty: Callable[[], None]) -> None:
    """Called by the apps at start-up; `sessions_app` knows none of their rules."""
    if duty not in _duties:
        _duties.append(duty)


def tick() -> None:
    """Run every duty; one that fails does not stop the others, and runs again next time."""
    for duty in _duties:
        try:
            duty()
        except Exception:
            logger.exception("duty %s failed", duty.__name__)
