"""The security log: who came in, was turned away, was given a right, took something out.

Keys and the names of events only. Of an address a hash is kept, made with the site's secret: it
tells that two lines come from one place, as is needed to see an attack, and not from where. A
part of the address (the first three numbers) would name the school, or a home.
"""

from datetime import timedelta

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from . import clock
from .event_names import SECURITY_NAMES
from .models import SecurityEvent, Session, User

WINDOW, MOST = timedelta(minutes=10), 30


def note(
    kind: str,
    *,
    request: HttpRequest | None = None,
    user: User | None = None,
    session: Session | None = None,
    number: str = "",
    **data: object,
) -> None:
    """Append one line, with the transaction of what it tells.

    `kind` is one of SECURITY_NAMES (`ValueError`); `user` who did it, by default who asks;
    `session` or its `number`; `data` keys and counts.
    """
    if kind not in SECURITY_NAMES:
        raise ValueError(kind)
    if user is None and request and request.user.is_authenticated:
        user = request.user
    SecurityEvent.objects.create(
        at=clock.now(),
        kind=kind,
        user_ref=user.pk if user else None,
        session_number=session.number if session else number,
        origin=origin_of(request),
        data=data,
    )


def note_refusal(kind: str, *, request: HttpRequest, number: str = "", **data: object) -> None:
    """As `note`, but at most MOST of a kind within ten minutes from one account, or one place:
    who asks a thousand times fills no table with it."""
    user = request.user.pk if request.user.is_authenticated else None
    who = {"user_ref": user} if user else {"user_ref": None, "origin": origin_of(request)}
    recent = SecurityEvent.objects.filter(kind=kind, at__gt=clock.now() - WINDOW, **who)
    if recent.count() < MOST:
        note(kind, request=request, number=number, **data)


def origin_of(request: HttpRequest | None) -> str:
    """16 hexadecimal signs, the same for one address as long as SECRET_KEY stays; "" for none."""
    address = request.META.get("REMOTE_ADDR", "") if request else ""
    return salted_hmac(__name__, address, algorithm="sha256").hexdigest()[:16] if address else ""
