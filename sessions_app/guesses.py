"""Guesses of codes are few, whoever makes them, and no stranger closes a room by failing.

Only failures count, those of the last hour, for all processes together. A candidates' code is one
of 29⁶ ≈ 6 × 10⁸ and a supervisors' one of 29⁸ ≈ 5 × 10¹¹: what must be limited is how many are
compared, wherever they come from and at however many sessions. Budgets shared by everybody would
let one stranger use them up for a country, so each door has several lanes; the first that is not
full is taken:

1. **A place that knows the code already**: an address from which somebody has just joined this
   session, or entered it as a supervisor, has its own budget, whatever strangers do. Of a
   session that an account supervises, likewise, its own.
2. **Strangers**: at most so many failures of one address at one session, of one address, of one
   session, and of everybody, at each door.
3. **A browser that has a seat**, or an account that has already entered some session: a few of
   its own, whatever the others have used up.
4. **The narrow lane**, when all that is used up. Candidates: the code is compared for a person who
   is on the list of that session only, three times an hour for each; whoever does not know a
   name, a first name, a birthdate and the session they belong to has no chance at all, and an
   honest candidate joins as ever. All failures here give one answer, after the same work.
   Supervisors, who have verified an e-mail address to come that far: three tries for each
   account, 100 in all.

So 100,000 guesses in an hour have 500 compared at both doors, and 3 more for each candidate whose
identity is known: 800 when a hundred are, which is one chance in 700,000 of one success. IPv6
addresses count by /64, which is what one subscriber has. The hour slides, by steps of five
minutes: there is no edge at which a budget is there twice.

Whoever has joined has a seat, and needs no code: nothing here concerns them. What is left to
somebody who knows the number and the identity of one candidate, and fails for them three times an
hour from several places: that one cannot join before somebody else does, or their supervisor
enters, from the same address.
"""

import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Sum
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from . import codes
from .models import Guesses
from .refusals import Invalid, TooOften

STEP_SECONDS, STEPS = 300, 12
WINDOW_SECONDS = STEP_SECONDS * STEPS
# Failures within any hour.
OF_BOTH, OF_AN_ADDRESS, OF_A_SESSION = 60, 150, 100
OF_CANDIDATES, OF_SUPERVISORS, OF_NEWCOMERS = 250, 150, 100
OF_A_BROWSER, OF_AN_ACCOUNT, OF_A_PERSON = 20, 20, 3
OF_A_SUPERVISOR = 60  # of a session that they are in already
TOO_MANY = _("Trop d’essais avec des codes erronés. Réessayez dans quelques minutes.")
TOO_MANY_NEAR = _(
    "Ces informations ne correspondent à aucun candidat attendu, et les essais erronés sont "
    "nombreux. Vérifiez-les avec votre surveillant avant de recommencer."
)

Lane = dict[str, int]  # keys, and how many failures of each an hour may hold
ALWAYS_FIRST = 100  # a budget below is so small that every try is counted before it is made


class Taken(NamedTuple):
    """A lane that a try goes by: what was counted before it, and what only a failure counts.

    Rows that everybody shares are written by failures alone while they are half empty: at the
    start of an exam day, thousands of honest people would wait for each other there.
    """

    first: Lane
    if_it_fails: Lane


Admits = Callable[[int | None], bool]
_emptied = [0]  # the step at which this process last let old counts go


@contextmanager
def at_join(request: HttpRequest, number: str, seat: str) -> Iterator[Admits]:
    """Around the comparison of a candidates' code; `number` as it was typed, `seat` the key of the
    one that the browser has, or "".

    Gives what tells whether the code may be compared for a person of the list, by key (None for
    nobody). A failure in the narrow lane is raised as `TooOften` (429), whatever was wrong.
    """
    address, session = address_of(request), codes.clean(number)[:12]
    knows = _key("knows", address, session)
    place = {_key("join", address, session): OF_BOTH, _key("join", address, ""): OF_AN_ADDRESS}
    others = {_key("join", "", session): OF_A_SESSION, _key("join", "", ""): OF_CANDIDATES}
    own = {_key("seat", seat): OF_A_BROWSER} if seat else {}
    found = _failures([knows, *place, *others, *own])
    lanes = [place if knows in found else place | others, *filter(None, [own])]
    step = _step()
    free = _first_free(lanes, found, step)
    taken, is_narrow = free or Taken({}, {}), free is None

    def admits(person: int | None) -> bool:
        nonlocal taken
        if not is_narrow:
            return person is not None
        lane, is_left = _narrow(person, step)
        taken = Taken(lane, {})
        return is_left

    try:
        yield admits
    except Invalid as refused:
        _add(taken.if_it_fails, step, 1)
        if is_narrow:
            raise TooOften(TOO_MANY_NEAR, retry_after=STEP_SECONDS) from refused
        raise
    except BaseException:
        _add(taken.first, step, -1)
        raise
    _add(taken.first, step, -1)
    _add({knows: 1}, step, 1)


@contextmanager
def at_entry(
    request: HttpRequest, number: str, *, supervises: bool, is_known: bool
) -> Iterator[None]:
    """Around the comparison of a supervisors' code, by an account. Raises `TooOften` before it.

    `supervises`: it has entered this very session; `is_known`: it has entered some session.
    """
    who, session = str(request.user.pk), codes.clean(number)[:12]
    strangers = {
        _key("entry", who): OF_AN_ACCOUNT,
        _key("entry", "", session): OF_A_SESSION,
        _key("entry"): OF_SUPERVISORS,
    }
    of_its_own = {_key("known", who): OF_A_BROWSER}
    few = {_key("newcomer", who): OF_A_PERSON, _key("newcomer"): OF_NEWCOMERS}
    lanes = [strangers, of_its_own if is_known else few]
    if supervises:
        lanes = [{_key("supervisor", who, session): OF_A_SUPERVISOR}]
    step = _step()
    taken = _first_free(lanes, _failures(key for lane in lanes for key in lane), step)
    if taken is None:
        raise TooOften(TOO_MANY, retry_after=STEP_SECONDS)
    try:
        yield
    except Invalid:
        _add(taken.if_it_fails, step, 1)
        raise
    except BaseException:
        _add(taken.first, step, -1)
        raise
    _add(taken.first, step, -1)
    _add({_key("knows", address_of(request), session): 1}, step, 1)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, as it is counted: one IPv4 address, or one IPv6 /64."""
    told = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return told
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def _first_free(lanes: list[Lane], found: dict[str, int], step: int) -> Taken | None:
    return next(filter(None, (_enter(each, found, step) for each in lanes)), None)


def _enter(lane: Lane, found: dict[str, int], step: int) -> Taken | None:
    """Take a lane, unless it is full.

    Counted first where it matters, and taken back when the code was right: guesses at one instant
    do not slip by.
    """
    if any(found.get(key, 0) >= most for key, most in lane.items()):
        return None
    later = {
        key: most
        for key, most in lane.items()
        if most >= ALWAYS_FIRST and found.get(key, 0) < most // 2
    }
    first = {key: most for key, most in lane.items() if key not in later}
    _add(first, step, 1)
    if not _is_beyond(first):
        return Taken(first, later)
    _add(first, step, -1)
    return None


def _narrow(person: int | None, step: int) -> tuple[Lane, bool]:
    """What is counted, and whether the code may be compared.

    One more for somebody, always: the work tells neither who is on the list nor how many tries
    are left to them.
    """
    lane, nobody = {_key("person", str(person or 0)): OF_A_PERSON}, {_key("nobody"): 0}
    is_full = sum(_failures(lane).values()) >= OF_A_PERSON
    taken = nobody if is_full or person is None else lane
    _add(taken, step, 1)
    return taken, not _is_beyond(taken)  # by another at the same instant


def _failures(keys: Iterable[str]) -> dict[str, int]:
    """Those of the last hour, by key; of one step more, so that none of that hour is left out."""
    rows = Guesses.objects.filter(key__in=list(keys), window__gte=_step() - STEPS)
    return dict(rows.values("key").annotate(sum=Sum("failures")).values_list("key", "sum"))


def _is_beyond(lane: Lane) -> bool:
    found = _failures(lane) if lane else {}
    return any(found.get(key, 0) > most for key, most in lane.items())


def _add(lane: Lane, step: int, count: int) -> None:
    """In one order for all, which never wait for each other in a circle."""
    if not lane:
        return
    keys = sorted(lane)
    if _emptied[0] != step:
        _emptied[0] = step
        Guesses.objects.filter(window__lt=step - STEPS).delete()
    with transaction.atomic():
        if count > 0:
            new = [Guesses(key=key, window=step) for key in keys]
            Guesses.objects.bulk_create(new, ignore_conflicts=True)
        for key in keys:
            rows = Guesses.objects.filter(key=key, window=step)
            rows.update(failures=F("failures") + count)


def _key(*words: str) -> str:
    """Neither an address nor a number stands in the table."""
    return salted_hmac("sessions_app.guesses", "\0".join(words)).hexdigest()[:32]


def _step() -> int:
    return int(time.time() // STEP_SECONDS)
