"""Which core does what: the server has one for itself, everything else shares the other.

But for a browser: the computer that it stands for is another one, so it goes where there is room.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_ALL = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
IS_SHARED = len(_ALL) < 2  # one core, or a system that pins nothing: all run where they like
SERVER = set() if IS_SHARED else {_ALL[0]}
OTHERS = set() if IS_SHARED else {_ALL[1]}
ANY = set(_ALL)


def pin(pid: int, cores: set[int]) -> None:
    """This process and what it starts from now on runs on these cores; 0 is the caller."""
    if cores:
        os.sched_setaffinity(pid, cores)


@contextmanager
def starting_on(cores: set[int]) -> Iterator[None]:
    """What we start in here runs on these cores for good; we ourselves go back to ours."""
    pin(0, cores)
    try:
        yield
    finally:
        pin(0, OTHERS)
