"""What goes when its retention has passed, a small batch at a time, in any order of kills.

A session leaves in two times: its events, commands and answers first; the list, the PV and the
session itself later, and then nothing of it remains. Its `PurgedSession` is written before its
first line goes, so that a purge that was cut short is simply taken up again.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from . import retention, security_log
from .data_register import Kept
from .models import PurgedSession, Session

logger = logging.getLogger(__name__)
BATCH = 500
Step = tuple[str, int]  # a table, and how many of its rows are due or have gone

# Of one session, each after what points at it: table, how it names the session, who goes first.
OF_LIVE: list[tuple[str, str, dict]] = [
    ("sessions_app.SessionEvent", "session", {}),
    ("sessions_app.Command", "session", {}),
    ("candidates.Answer", "candidate__session", {}),
]
OF_LIST: list[tuple[str, str, dict]] = [
    ("incidents.Incident", "session", {"correction": None}),
    ("incidents.Alert", "candidate__session", {}),
    ("incidents.Remark", "session", {}),
    ("sessions_app.FormerReport", "session", {}),
    ("candidates.TimeGrant", "candidate__session", {}),
    ("candidates.Timer", "candidate__session", {}),
    ("sessions_app.Erasure", "session", {}),
    ("candidates.Candidate", "session", {}),
    ("sessions_app.SupervisorPresence", "session", {}),
    ("sessions_app.SupervisorAccess", "session", {}),
]
# Last, with the session itself: its date is what the retention counts from.
REPORT = ("incidents.IncidentReport", "session", {})
# Of no session: table, the column of its age, its category.
BY_AGE = [
    ("sessions_app.SupervisorPresence", "seen_at", Kept.PRESENCE),
    ("usersessions.UserSession", "last_seen_at", Kept.PRESENCE),
    ("admin.LogEntry", "action_time", Kept.SECURITY),
    ("sessions_app.SecurityEvent", "at", Kept.SECURITY),
    ("sessions_app.Invitation", "sent_at", Kept.SECURITY),
]


def steps(now: datetime) -> Iterator[Step]:
    """Each `next` deletes one batch in one transaction, and tells its table and its count."""
    for session in retention.sessions_due(Kept.LIVE, now, Session.objects.all()):
        _let_go(session, now)
        yield from _all_of(session, OF_LIVE)
    for session in retention.sessions_due(Kept.LIST, now, Session.objects.all()):
        _let_go(session, now)
        yield from _all_of(session, OF_LIVE + OF_LIST)
        yield from _end(session)
    for label, rows in _old(now):
        yield from _emptied(label, rows)


def due(now: datetime) -> Counter[str]:
    """How many rows of each table a purge would delete; nothing is written."""
    found: Counter[str] = Counter()
    whole = {each.pk for each in retention.sessions_due(Kept.LIST, now, Session.objects.all())}
    live = retention.sessions_due(Kept.LIVE, now, Session.objects.exclude(pk__in=whole))
    for session in live:
        found.update(_counts(session, OF_LIVE))
    for session in Session.objects.filter(pk__in=whole):
        rows = _counts(session, [*OF_LIVE, *OF_LIST, REPORT])
        found.update(rows | {"sessions_app.Session": 1})
    for label, rows in _old(now):
        found[label] += rows.count()
    return +found


def told(gone: Counter[str]) -> None:
    """One line of the log, and of the security log: tables and counts."""
    counts = ", ".join(f"{label} {count}" for label, count in sorted(gone.items()))
    logger.info("purge: %s", counts or "nothing was due")
    if gone:
        security_log.note("purged", **gone)


def _let_go(session: Session, now: datetime) -> None:
    """Tell the database that the lines of this session may go: its triggers ask this row."""
    candidates = apps.get_model("candidates.Candidate")._default_manager.filter(session=session)
    facts = {
        "number": session.number,
        "day": session.date,
        "candidate_refs": sorted(candidates.values_list("pk", flat=True)),
    }
    PurgedSession.objects.update_or_create(
        session_ref=session.pk, defaults=facts, create_defaults={**facts, "live_at": now}
    )


def _end(session: Session) -> Iterator[Step]:
    label, path, _ = REPORT
    with transaction.atomic():
        PurgedSession.objects.filter(session_ref=session.pk).delete()
        reports, _ = _of(session, label, path).delete()
        session.delete()
    if reports:
        yield label, reports
    yield "sessions_app.Session", 1


def _all_of(session: Session, tables: list[tuple[str, str, dict]]) -> Iterator[Step]:
    for label, path, first in tables:
        yield from _emptied(label, _of(session, label, path).filter(**first))


def _emptied(label: str, rows: QuerySet[Model]) -> Iterator[Step]:
    while batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            rows.model._default_manager.filter(pk__in=batch).delete()
        yield label, len(batch)


def _of(session: Session, label: str, path: str) -> QuerySet[Model]:
    return apps.get_model(label)._default_manager.filter(**{path: session})


def _counts(session: Session, tables: list[tuple[str, str, dict]]) -> dict[str, int]:
    return {label: _of(session, label, path).count() for label, path, _ in tables}


def _old(now: datetime) -> Iterator[tuple[str, QuerySet[Model]]]:
    for label, column, kept in BY_AGE:
        rows = apps.get_model(label)._default_manager
        yield label, rows.filter(**{f"{column}__lt": retention.limit(kept, now)})
    logins = apps.get_model("sessions.Session")._default_manager
    yield "sessions.Session", logins.filter(expire_date__lt=now)
