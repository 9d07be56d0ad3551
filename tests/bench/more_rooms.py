"""More rooms than the nominal set, for the rows that look at what grows."""

import resource

from . import rooms
from .ground import Bench

SPARE_FILES = 200  # of a process, beside its sockets


def grow(bench: Bench, count: int) -> None:
    """The database and the generator's list hold at least so many rooms; the first ones stay."""
    people = bench.people
    lacking = count - len(people.rooms)
    if lacking > 0:
        people.rooms.extend(rooms.fill(lacking, first=len(people.rooms)).rooms)
        people.write(bench.people_file)


def allow_sockets(count: int) -> None:
    """So many of each process started from now on; raises `RuntimeError` when the system won't."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + SPARE_FILES
    if most != resource.RLIM_INFINITY and most < needed:
        raise RuntimeError(f"{needed} open files are needed, and `ulimit -Hn` says {most}")
    if now != resource.RLIM_INFINITY and now < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))
