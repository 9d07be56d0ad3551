"""Guesses of codes are few, whoever makes them, and counted by all processes together.

Only failures count, in windows of ten minutes: those of one address, of one session, and of one
address at one session. A candidates' code is one of 29⁶ ≈ 6 × 10⁸; a session that stays open for a
day stands 200 × 144 = 28,800 guesses, from as many addresses as one likes: one chance in 20,000.

A school stands behind one address: 400 of its people may mistype in ten minutes, 60 of them for the
same room. An account that has already entered a session is not counted there: nobody else's
failures keep it out (`views.entry`). Whoever has joined has a seat, and needs no code.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from . import codes
from .models import Guesses
from .refusals import Invalid, TooOften

WINDOW_SECONDS = 600
OF_AN_ADDRESS, OF_A_SESSION, OF_BOTH = 400, 200, 60  # failures in a window
TOO_MANY = _("Trop d’essais avec des codes erronés. Réessayez dans quelques minutes.")


@contextmanager
def counted(request: HttpRequest, door: str, number: str) -> Iterator[None]:
    """Around the comparison of a code; `number` as it was typed. Raises `TooOften` (429) before it.

    Counted first and taken back when the code was right: guesses at one instant do not slip by.
    """
    address, session = request.META.get("REMOTE_ADDR", ""), codes.clean(number)[:12]
    # In this order: what is refused to one address uses up nothing of the others.
    limits = {
        _key(door, address, session): OF_BOTH,
        _key(door, address, ""): OF_AN_ADDRESS,
        _key(door, "", session): OF_A_SESSION,
    }
    window = int(time.time() // WINDOW_SECONDS)
    for key, most in limits.items():
        if _add(key, window) > most:
            raise TooOften(TOO_MANY, retry_after=(window + 1) * WINDOW_SECONDS - time.time())
    try:
        yield
    except Invalid:
        raise
    except BaseException:
        _take_back(limits, window)
        raise
    _take_back(limits, window)


def _key(*words: str) -> str:
    """Neither an address nor a number stands in the table."""
    return salted_hmac("sessions_app.guesses", "\0".join(words)).hexdigest()[:32]


def _add(key: str, window: int) -> int:
    """One more in this window; how many there are."""
    rows = Guesses.objects.filter(key=key, window=window)
    if not rows.update(failures=F("failures") + 1):
        Guesses.objects.filter(window__lt=window - 1).delete()
        Guesses.objects.bulk_create([Guesses(key=key, window=window)], ignore_conflicts=True)
        rows.update(failures=F("failures") + 1)
    return rows.values_list("failures", flat=True).get()


def _take_back(keys, window: int) -> None:
    Guesses.objects.filter(key__in=keys, window=window).update(failures=F("failures") - 1)
