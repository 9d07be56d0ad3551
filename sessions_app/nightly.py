"""The purge of each night, by one process, one batch at each tick of the timekeeper.

A batch a second never keeps the other duties waiting. The process at work renews a lease; when
it dies, another one takes the night up where it stood.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from . import clock, purge
from .models import PurgeRun

HOURS = range(2, 6)  # of the site's time zone: no room of Europe is at work
LEASE = timedelta(minutes=2)
LOOK_EVERY = 60  # seconds


class Night:
    """What this process does of the purge: one for the whole process."""

    def __init__(self) -> None:
        self._steps: Iterator[purge.Step] | None = None
        self._gone: Counter[str] = Counter()
        self._look_at = 0.0

    def tick(self) -> None:
        if self._steps is None:
            self._begin()
        else:
            self._go_on()

    def _begin(self) -> None:
        if monotonic() < self._look_at:
            return
        self._look_at = monotonic() + LOOK_EVERY
        now = clock.now()
        if timezone.localtime(now).hour in HOURS and take(now):
            self._day = timezone.localdate(now)
            self._steps, self._gone = purge.steps(now), Counter()

    def _go_on(self) -> None:
        steps, self._steps = self._steps, None  # a step that fails leaves the night to the lease
        mine = PurgeRun.objects.filter(day=self._day)
        step = next(steps, None) if steps else None
        if step is None:
            mine.update(done_at=clock.now())
            purge.told(self._gone)
            return
        self._gone[step[0]] += step[1]
        mine.update(seen_at=clock.now())
        self._steps = steps


def take(now: datetime) -> bool:
    """Whether this process does the purge of this night: nobody has, or who did has died."""
    day = timezone.localdate(now)
    is_free = Q(done_at=None, seen_at__lt=now - LEASE)
    if PurgeRun.objects.filter(is_free, day=day).update(seen_at=now):
        return True
    PurgeRun.objects.filter(day__lt=day - timedelta(days=30)).delete()
    if PurgeRun.objects.filter(day=day).exists():
        return False
    try:
        with transaction.atomic():
            PurgeRun.objects.create(day=day, seen_at=now)
    except IntegrityError:  # another process, in this very instant
        return False
    return True


_night = Night()


def purge_at_night() -> None:
    """A duty of the timekeeper."""
    _night.tick()
