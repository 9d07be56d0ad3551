"""One human intention, applied once: the idempotency of every supervisor's action."""

import hashlib
from collections.abc import Callable

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from . import access, journal
from .models import Command, Session, User
from .refusals import Conflict, Invalid, Malformed

INCOMPLETE = _("La demande est incomplète : rechargez la page, puis recommencez.")
RESTORED = _("La session a été restaurée entre-temps. Vérifiez la situation, puis recommencez.")
# A password proves who asks; kept out of what is stored.
NOT_PART_OF_THE_INTENTION = {"csrfmiddlewaretoken", "password"}


def fingerprint(path: str, body: QueryDict) -> str:
    """A digest of what is asked; the same intention sent twice has the same one."""
    parts = [path]
    for name in sorted(set(body) - NOT_PART_OF_THE_INTENTION):
        parts += [name, *body.getlist(name)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def key_of(body: QueryDict) -> str:
    key = body.get("idempotency_key", "").strip()
    if not 8 <= len(key) <= 64 or not key.isascii() or not key.isprintable():
        raise Malformed(INCOMPLETE)
    return key


def run_once(
    session: Session, user: User, path: str, body: QueryDict, perform: Callable[[], dict]
) -> dict:
    """Do `perform` and store its answer, in one transaction; a repeat gets the stored answer.

    Effects, in order: the session is locked, the right to act is checked again, the key is
    looked up (same key with another body: `Invalid`), the history that the person saw (`epoch`,
    when told) is compared (`Conflict`), `perform` runs, its answer is stored.
    A refusal raised by `perform` stores nothing: nothing was done. `perform` locks the session
    for itself, and so refuses a finalised one; what was answered before stays answered.
    """
    key, digest = key_of(body), fingerprint(path, body)
    with transaction.atomic():
        locked = journal.lock_even_finalized(session.pk)
        access.check_still_supervises(user, locked)
        done = Command.objects.filter(session=locked, user=user, key=key).first()
        if done and done.fingerprint != digest:
            raise Invalid(_("Cette demande a déjà servi pour une autre action. Rechargez la page."))
        if done:
            return done.answer
        # Versions of another history say nothing about this one.
        if body.get("epoch", str(locked.epoch)) != str(locked.epoch):
            raise Conflict(RESTORED)
        answer = perform()
        Command.objects.create(
            session=locked, user=user, key=key, fingerprint=digest, answer=answer
        )
        return answer
