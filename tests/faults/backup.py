"""A backup of one session, brought back while everybody goes on: another history begins."""

import uuid
from dataclasses import dataclass

from django.db import connection, models, transaction

from candidates.models import Answer, Candidate, TimeGrant, Timer
from incidents.models import Alert, Incident
from sessions_app import journal
from sessions_app.models import Command, Session, SessionEvent

from .replay import Event

KEPT: list[tuple[type[models.Model], str]] = [
    (Candidate, "session"),
    (Timer, "candidate__session"),
    (TimeGrant, "candidate__session"),
    (Answer, "candidate__session"),
    (Alert, "candidate__session"),
    (Incident, "session"),
    (Command, "session"),
]


@dataclass
class Backup:
    """`take` it, then `restore` it; both lock the session."""

    session: Session
    rows: dict[type[models.Model], list[models.Model]]

    @classmethod
    def take(cls, session_id: int) -> "Backup":
        with transaction.atomic():
            session = journal.lock(session_id)
            return cls(session, {model: list(_of(model, path, session_id)) for model, path in KEPT})

    def restore(self) -> tuple[str, list[Event]]:
        """Returns the history that is over: its epoch and its whole journal."""
        pk = self.session.pk
        with transaction.atomic():
            over = journal.lock(pk)
            events = journal_of(pk)
            with connection.cursor() as cursor:
                # The database refuses that events go; a restore writes below that.
                cursor.execute("SET LOCAL session_replication_role = replica")
                over.events.filter(version__gt=self.session.version).delete()
                for model, path in KEPT:
                    _of(model, path, pk)._raw_delete(connection.alias)
                    model.objects.bulk_create(self.rows[model])
                cursor.execute("SET LOCAL session_replication_role = origin")
            Session.objects.filter(pk=pk).update(
                version=self.session.version,
                epoch=uuid.uuid4(),
                paused_at=self.session.paused_at,
                pause_reason=self.session.pause_reason,
            )
        return str(over.epoch), events


def journal_of(session_id: int) -> list[Event]:
    rows = SessionEvent.objects.filter(session=session_id).order_by("version")
    return [Event(*row) for row in rows.values_list("version", "type", "candidate_id", "data")]


def _of(model: type[models.Model], path: str, session_id: int) -> models.QuerySet:
    return model.objects.filter(**{path: session_id})
