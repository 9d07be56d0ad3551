"""The supervisors' own words on the PV, saved while they are typed."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sessions_app import journal
from sessions_app.models import Session, User
from sessions_app.refusals import Conflict

from .models import Remark

# Words are saved every few seconds; the journal is told once for each spell of writing.
SPELL = timedelta(minutes=5)
OLDER = _(
    "Ce texte a été modifié depuis une autre page. Il n’a pas été remplacé : comparez les deux."
)


@transaction.atomic
def save_remark(session: Session, *, user: User, text: str, seen: int | None = None) -> Remark:
    """Keep what `user` writes, in a block of their own; refused once the session is finalised.

    `seen` is the version that the page started from: `Conflict`, with the `version` and `text`
    that are kept, when another page of the same person has saved since. Returns the block.
    """
    locked = journal.lock(session.pk)
    kept = Remark.objects.filter(session=locked, author=user).first()
    if kept is None:
        kept = Remark(session=locked, author=user, changed_at=locked.now - SPELL)
    if kept.text == text:
        return kept
    if seen is not None and seen != kept.version:
        raise Conflict(OLDER, version=kept.version, text=kept.text)
    is_taken_up = locked.now - kept.changed_at >= SPELL
    kept.text, kept.version, kept.changed_at = text, kept.version + 1, locked.now
    kept.save()
    if is_taken_up:
        journal.record(locked, "report_changed", user=user)
    return kept
