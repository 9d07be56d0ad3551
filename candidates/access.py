"""Which browser sits for which candidate: the signed seat, and the join."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from time import time

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from sessions_app import access, clock, codes
from sessions_app.journal import HELD_COLUMNS, HeldSession
from sessions_app.many_keys import among
from sessions_app.models import Session
from sessions_app.refusals import Forbidden, Invalid

from . import identity
from .models import Candidate, open_alert
from .sitters import COLUMNS, Sitter

COOKIE = f"{settings.COOKIE_PREFIX}seat"
SALT = "candidates.seat"
KNOWN_SECONDS = 600  # a signature that was right is not looked at again for so long
LIFETIME_SECONDS = 26 * 3600  # joinable for 24 h after the first start, and the test itself
UNKNOWN_CANDIDATE = _(
    "Ces informations ne correspondent à aucun candidat attendu. "
    "Vérifiez-les, puis demandez de l’aide à votre surveillant."
)
NO_CODE = "?" * 6  # what a session that does not exist is compared with
NO_SEAT = _("Rejoignez d’abord votre session.")
OF_SITTER = (*COLUMNS, "open_alert__id", "waiting_seat", "node", "timer__ends_at")
OF_SITTER += ("unseen_version",)
OF_SESSION = tuple(f"session__{column}" for column in HELD_COLUMNS)


@dataclass(frozen=True)
class Seat:
    """A browser's claim to a candidate's place; `token` tells one browser from another."""

    candidate_id: int
    token: str


def new_seat(candidate: Candidate) -> Seat:
    return Seat(candidate.pk, secrets.token_hex(8))


def give_seat(response: HttpResponse, seat: Seat) -> None:
    value = signing.dumps([seat.candidate_id, seat.token], salt=SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=LIFETIME_SECONDS,
        httponly=True,
        secure=settings.SECURE,
        samesite="Lax",
    )


def _read(value: str) -> Seat | None:
    try:
        return _signed(value, int(time()) // KNOWN_SECONDS)
    except (signing.BadSignature, ValueError):
        return None


@lru_cache(maxsize=20_000)
def _signed(value: str, period: int) -> Seat:
    """Checked once in each `period`: a building that comes back asks thousands of times at once.
    What is not signed raises, and is not kept."""
    candidate_id, token = signing.loads(value, salt=SALT, max_age=LIFETIME_SECONDS)
    return Seat(candidate_id, token)


def seat_of_request(request: HttpRequest) -> Seat | None:
    """The seat claimed by a page request; no query."""
    return _read(request.COOKIES.get(COOKIE, ""))


def seat_of_scope(scope: dict) -> Seat | None:
    """The seat claimed by a socket, from its cookie header; no query."""
    return _read(access.cookies_of_socket(scope).get(COOKIE, ""))


def find(seat: Seat | None) -> Candidate | None:
    """The candidate of a seat, with facts and session, whoever holds the place now."""
    if seat is None:
        return None
    candidates = Candidate.objects.with_facts().select_related("session__center")
    return candidates.filter(pk=seat.candidate_id).first()


def find_all(seats: list[Seat]) -> list[Sitter | None]:
    """Who has each of these seats, as their sockets need them; in one query."""
    keys = among({seat.candidate_id for seat in seats})
    wanted = Candidate.objects.filter(pk__in=keys).order_by()
    rows = wanted.annotate(open_alert=open_alert()).values_list(*OF_SITTER, *OF_SESSION)
    sessions: dict[int, HeldSession] = {}
    found = {}
    for row in rows:
        own, session = row[: len(OF_SITTER)], row[len(OF_SITTER) :]
        if session[0] not in sessions:
            sessions[session[0]] = HeldSession.of(session)
        found[row[0]] = Sitter(sessions[session[0]], *own)
    return [found.get(seat.candidate_id) for seat in seats]


def seated(request: HttpRequest) -> tuple[Candidate, Seat]:
    """The candidate and seat of a request; raises `Forbidden` when the browser has none."""
    seat = seat_of_request(request)
    candidate = find(seat)
    if seat is None or candidate is None:
        raise Forbidden(NO_SEAT)
    return candidate, seat


def candidate_who_joins(
    *,
    session_number: str,
    last_name: str,
    first_name: str,
    birthdate: date,
    access_code: str,
    admits: Callable[[int | None], bool],
) -> Candidate:
    """The enrolled candidate, whatever the accents, case, hyphens and apostrophes typed.

    `admits` tells whether the code may be compared for this key of the list, None for nobody.
    Raises `Invalid` with one sentence, after the same work, for an unknown number, a wrong code,
    a closed session or a person who is not on the list.
    """
    session = Session.objects.filter(number=codes.clean(session_number)[:12]).first()
    key = identity.same_person_key(last_name, first_name, birthdate)
    people = Candidate.objects.filter(session=session.pk if session else 0, identity_key=key)
    person = people.order_by().values_list("pk", flat=True).first()
    may = admits(person)
    expected = session.access_code if session and may else NO_CODE
    is_right = secrets.compare_digest(codes.clean(access_code).encode(), expected.encode())
    now = clock.now()
    is_open = session is not None and session.is_joinable(now)
    candidate = None
    if may and is_right and is_open:
        candidate = Candidate.objects.with_facts().filter(pk=person).first()
    if candidate is None:
        raise Invalid(UNKNOWN_CANDIDATE)
    candidate.session = session
    return candidate
