"""What time alone causes. Each duty runs every second in every process.

A duty finds what is due by the database's clock, then changes it through a service whose lock
and table make the effect happen once, whatever the number of processes.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)
_duties: list[Callable[[], None]] = []


def register(duty: Callable[[], None]) -> None:
    """Called by the apps at start-up; `sessions_app` knows none of their rules."""
    if duty not in _duties:
        _duties.append(duty)


def tick() -> None:
    """Run every duty; one that fails does not stop the others, and runs again next time."""
    for duty in _duties:
        with surviving(f"duty {duty.__name__}"):
            duty()


@contextmanager
def surviving(what: str) -> Iterator[None]:
    """A failure inside is logged and the rest goes on; `what` names it without names of people.

    The log says where and which kind. Not the error's own words: a database quotes the row.
    """
    try:
        yield
    except Exception as error:
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("%s failed: %s\n%s", what, type(error).__name__, place)
