"""Who is on the list of a session: what is added, corrected and removed.

State, time and answers are not theirs: see `services`.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy

from sessions_app import journal, preparation
from sessions_app.models import Session, User
from sessions_app.refusals import Conflict

from .models import Candidate
from .states import State

TWICE = gettext_lazy("Ce candidat est déjà inscrit dans cette session.")
IS_OVER = gettext_lazy("Le test de ce candidat est terminé : son inscription ne change plus.")
HAS_STARTED = gettext_lazy("Le test a commencé : ajoutez du temps depuis la salle.")
IS_FOLLOWED = gettext_lazy(
    "Ce candidat figure déjà au journal de la session : il ne peut plus être retiré."
)


@transaction.atomic
def enrol(candidate: Candidate, *, user: User | None) -> None:
    """A new line of the list. Raises `Conflict` when finalised, or for a person already there."""
    locked = journal.lock(candidate.session_id)
    _check_is_once(candidate)
    candidate.save()
    preparation.note(locked, "candidate_added", user=user, data={"candidate": candidate.pk})


COPIED = ["center", "site", "room", "date", "start_time", "supervisors", "remarks"]
COPIED += ["duration_minutes", "grace_seconds", "auto_end"]
LINE = ["birth_name", "first_name", "birthdate", "external_id", "extra_time_percent"]


@transaction.atomic
def duplicate(session: Session, *, with_list: bool) -> Session:
    """Another planned session of the same room and rules, with a number and codes of its own.

    With the list: the same people, who have neither joined nor started there.
    """
    twin = Session(**{name: getattr(session, name) for name in COPIED})
    preparation.give_free_number(twin)
    twin.save()
    for each in session.candidates.all() if with_list else ():
        Candidate(session=twin, **{name: getattr(each, name) for name in LINE}).save()
    return twin


def add(session: Session, *, user: User, **line) -> None:
    """Somebody forgotten, as the supervisor of the room adds them: the columns of a new `line`."""
    enrol(Candidate(session=session, **line), user=user)


def rectify(candidate: Candidate, **identity: str | date | None) -> dict[str, tuple]:
    """Write those parts of the identity that are told and differ, in a session held by `turns`.

    Returns field → (before, after), empty when all is as it was. Raises `Conflict` once the test
    is finished, or for a person who is already there.
    """
    changes = {
        name: (getattr(candidate, name), value)
        for name, value in identity.items()
        if value is not None and value != getattr(candidate, name)
    }
    if changes and candidate.state == State.FINISHED:
        raise Conflict(IS_OVER)
    for name, (_, after) in changes.items():
        setattr(candidate, name, after)
    if changes:
        _check_is_once(candidate)
        candidate.save(update_fields=[*changes, "sort_key", "identity_key"])
    return changes


@transaction.atomic
def correct(candidate: Candidate, fields: list[str], *, user: User) -> None:
    """Write these fields of a line of the list, and no other.

    Effects, in order: the session is locked, the candidate's state is read again (`Conflict`
    once finished, or for the extra time once started), the fields and their keys are written,
    an open room is told.
    """
    locked = journal.lock(candidate.session_id)
    state = Candidate.objects.values_list("state", flat=True).get(pk=candidate.pk)
    if state == State.FINISHED:
        raise Conflict(IS_OVER)
    if state != State.NOT_STARTED and "extra_time_percent" in fields:
        raise Conflict(HAS_STARTED)
    _check_is_once(candidate)
    candidate.save(update_fields=[*fields, "sort_key", "identity_key"])
    if locked.state == Session.State.OPEN:
        data = {"fields": sorted(fields)}
        journal.record(locked, "candidate_corrected", candidate=candidate, user=user, data=data)


@transaction.atomic
def remove(candidate: Candidate, *, user: User) -> None:
    """The line goes. Raises `Conflict` once the journal speaks of the person."""
    locked = journal.lock(candidate.session_id)
    if candidate.events.exists():
        raise Conflict(IS_FOLLOWED)
    data = {"candidate": candidate.pk}
    candidate.delete()
    preparation.note(locked, "candidate_removed", user=user, data=data)


def _check_is_once(candidate: Candidate) -> None:
    candidate.set_keys()
    others = Candidate.objects.filter(session=candidate.session_id).exclude(pk=candidate.pk)
    if others.filter(identity_key=candidate.identity_key).exists():
        raise Conflict(TWICE)
