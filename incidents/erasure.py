"""The erasure of one candidate: identity and words are replaced, the bare facts of the test stay.

What stays names nobody: that somebody started at 08:31, had a problem on question 4, finished.
The signed PV stays as it was signed until its retention ends: it proves something about others,
and the signature would hold for nothing else.
"""

import json
from collections.abc import Iterator
from datetime import date

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from candidates import end_reasons
from candidates.models import Candidate, Timer
from sessions_app import clock, journal, person_register, retention, security_log
from sessions_app.event_names import ERASED as EVENT
from sessions_app.models import Erasure, Session, SessionEvent, User
from sessions_app.refusals import Conflict

from .mentions import ERASED, Mentions

NAME = "Personne effacée"
NO_BIRTHDATE = date(1900, 1, 1)
DONE = _("Cette personne est déjà effacée.")
TOO_EARLY = _("La session n’est pas finalisée : effacez cette personne après la clôture.")
OF_A_TABLE = {*end_reasons.OFFERED, end_reasons.END_HOUR}  # chosen, not typed


def check_may_be_erased(candidate: Candidate) -> None:
    """`Conflict` while the session is not over (finalised, or seven days old), or once done."""
    if Erasure.objects.filter(candidate=candidate).exists():
        raise Conflict(DONE)
    if retention.counted_from(candidate.session) > clock.now().date():
        raise Conflict(TOO_EARLY)


def erase(candidate: Candidate, *, user: User, ground: str) -> None:
    """Replace all that tells who `candidate` is; `ground` is one of `Erasure.Ground`.

    Effects, in order: the session is locked, the erasure is written down and opens the growing
    tables, the words of and about the person, their row, and what the administration noted are
    replaced, their answers go, the session's journal and the security log tell it, the erasure
    is closed with the bridges of the journal's seals.
    """
    with transaction.atomic():
        session = journal.lock_even_finalized(candidate.session_id)
        fresh = Candidate.objects.get(pk=candidate.pk)
        fresh.session = session
        check_may_be_erased(fresh)
        person = mentions_of(fresh)
        erasure = Erasure.objects.create(
            session=session, candidate=fresh, user=user, ground=Erasure.Ground(ground),
            at=session.now,
        )  # fmt: skip
        bridges = journal.replace_words(session, lambda event: _told(event, fresh, person))
        _replace_words(fresh, person)
        _forget_in_admin(fresh, person)
        _forget_identity(fresh)
        for label in person_register.GOES:
            rows_of(fresh, label).delete()
        data = {"ground": erasure.ground}
        journal.record(session, EVENT, candidate=fresh, user=user, data=data)
        security_log.note("person_erased", user=user, session=session, candidate=fresh.pk, **data)
        # The rows of an open erasure would open the tables to others, too.
        Erasure.objects.filter(pk=erasure.pk).update(bridges=bridges)


def rows_of(candidate: Candidate, label: str) -> QuerySet[Model]:
    """The rows of one table of the register about this candidate, in the order of their keys."""
    path = person_register.OF_CANDIDATE[label]
    return _manager(label).filter(**{path: candidate.pk}).order_by("pk")


def mentions_of(candidate: Candidate) -> Mentions:
    """How the words of this session may name the candidate, and nobody else of it."""
    session = candidate.session
    others = session.candidates.exclude(pk=candidate.pk).values_list("birth_name", "first_name")
    accounts = session.accesses.values_list("user__name", flat=True)
    return Mentions(
        candidate.birth_name,
        candidate.first_name,
        candidate.birthdate,
        candidate.external_id,
        [session.supervisors, *accounts, *(name for names in others for name in names)],
    )


def words_of(session: Session) -> Iterator[tuple[str, Model, list[str]]]:
    """What people typed in a session: table, row, columns. Without the journal."""
    for label, (path, columns) in person_register.WORDS.items():
        for row in _manager(label).filter(**{path: session.pk}).order_by("pk"):
            yield label, row, columns


def _replace_words(candidate: Candidate, person: Mentions) -> None:
    for label, row, columns in list(words_of(candidate.session)):
        path = person_register.OF_CANDIDATE.get(label)
        is_own = path is not None and _key(row, path) == candidate.pk
        changes = {}
        for column in columns:
            value = getattr(row, column)
            after = _own(value) if is_own else person.clean(value)
            if after != value:
                changes[column] = after
        if changes:
            _manager(label).filter(pk=row.pk).update(**changes)


def _told(event: SessionEvent, candidate: Candidate, person: Mentions) -> dict:
    data = person.clean(event.data)
    if event.candidate_id == candidate.pk:
        data |= {key: _own(data[key]) for key in person_register.TYPED & data.keys()}
    return data


def _own(text: str) -> str:
    return ERASED if text and text not in OF_A_TABLE else text


def _forget_identity(candidate: Candidate) -> None:
    candidate.birth_name, candidate.first_name = NAME, f"n° {candidate.pk}"
    candidate.birthdate, candidate.external_id = NO_BIRTHDATE, ""
    candidate.extra_time_percent = 0  # tells of the person's health
    candidate.seat = candidate.waiting_seat = candidate.node = ""
    names = ["birth_name", "first_name", "birthdate", "external_id", "extra_time_percent"]
    names += ["sort_key", "identity_key", "seat", "waiting_seat", "node"]
    candidate.save(update_fields=names)
    Timer.objects.filter(candidate=candidate).update(extra_time_percent=0)


def _forget_in_admin(candidate: Candidate, person: Mentions) -> None:
    """Django's admin notes the names of what it changes."""
    kinds = {model: ContentType.objects.get_for_model(model) for model in (Candidate, Session)}
    own = LogEntry.objects.filter(content_type=kinds[Candidate], object_id=str(candidate.pk))
    own.update(object_repr=NAME)
    of_session = LogEntry.objects.filter(
        content_type=kinds[Session], object_id=str(candidate.session_id)
    )
    for entry in own | of_session:
        told = _read(entry.change_message)
        if person.are_in(told):
            message = json.dumps(person.clean(told)) if isinstance(told, list) else ERASED
            LogEntry.objects.filter(pk=entry.pk).update(change_message=message)


def _read(message: str) -> list | str:
    try:
        return json.loads(message)
    except ValueError:
        return message


def _key(row: Model, path: str) -> int:
    return row.pk if path == "pk" else getattr(row, f"{path}_id")


def _manager(label: str):
    return apps.get_model(label)._default_manager
