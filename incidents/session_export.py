"""Everything of one session as JSON; the schema is documented in `docs/exports.md`.

No code, no seat, no token: what opens something leaves in no file.
"""

from datetime import datetime

from candidates.models import Candidate
from sessions_app import board
from sessions_app.models import Session

from .exports import AT_ONCE, local, told
from .models import IncidentReport

SCHEMA = "pix-surveillance/session"
SCHEMA_VERSION = 1


def session_data(session: Session) -> dict:
    """All of it (the session's centre at hand), as of one instant, in a constant few queries."""
    with board.snapshot():
        return _Export(session).whole()


class _Export:
    def __init__(self, session: Session):
        self.session = session

    def whole(self) -> dict:
        return {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "session": self._facts(),
            "supervisors": self._supervisors(),
            "candidates": self._candidates(),
            "incidents": self._incidents(),
            "report": self._report(),
            "events": self._events(),
        }

    def _at(self, instant: datetime | None) -> str | None:
        return local(instant, self.session) if instant else None

    def _facts(self) -> dict:
        session, center = self.session, self.session.center
        names = ("number", "site", "room", "supervisors", "remarks", "duration_minutes")
        names += ("grace_seconds", "auto_end", "state", "version")
        return {
            **{name: getattr(session, name) for name in names},
            "center": {
                name: getattr(center, name) for name in ("name", "external_id", "time_zone")
            },
            "starts_at": self._at(session.scheduled_start),
            "first_started_at": self._at(session.first_started_at),
            "paused_at": self._at(session.paused_at),
            "epoch": str(session.epoch),
        }

    def _supervisors(self) -> list[dict]:
        return [
            {
                "account": str(access.user),
                "granted_at": self._at(access.granted_at),
                "revoked_at": self._at(access.revoked_at),
            }
            for access in self.session.accesses.select_related("user").order_by("granted_at", "pk")
        ]

    def _candidates(self) -> list[dict]:
        found = self.session.candidates.select_related("timer")
        found = found.prefetch_related(
            "answers", "alerts__closed_by", "time_grants__author", "time_grants__undone_by"
        )
        return [self._candidate(candidate) for candidate in found]

    def _candidate(self, candidate: Candidate) -> dict:
        timer = getattr(candidate, "timer", None)
        names = ("birth_name", "first_name", "external_id", "state", "ended_by", "end_reason")
        return {
            "id": candidate.pk,
            **{name: getattr(candidate, name) for name in names},
            "birthdate": candidate.birthdate.isoformat(),
            "extra_time_percent": str(candidate.extra_time_percent),
            "question": candidate.question,
            "started_at": self._at(timer.started_at) if timer else None,
            "ends_at": self._at(timer.ends_at) if timer else None,
            "paused_seconds": timer.paused_seconds if timer else 0,
            "ended_at": self._at(candidate.ended_at),
            "time_grants": [self._grant(each) for each in candidate.time_grants.all()],
            "alerts": [self._alert(each) for each in candidate.alerts.all()],
            "answers": sorted(map(self._answer, candidate.answers.all()), key=_by_question),
        }

    def _grant(self, grant) -> dict:
        return {
            "seconds": grant.seconds,
            "author": str(grant.author),
            "granted_at": self._at(grant.granted_at),
            "undone_at": self._at(grant.undone_at),
            "undone_by": str(grant.undone_by) if grant.undone_by else None,
        }

    def _alert(self, alert) -> dict:
        names = ("question", "subject", "text", "outcome", "reply")
        return {
            "id": alert.pk,
            **{name: getattr(alert, name) for name in names},
            "raised_at": self._at(alert.raised_at),
            "closed_at": self._at(alert.closed_at),
            "closed_by": str(alert.closed_by) if alert.closed_by else None,
        }

    def _answer(self, answer) -> dict:
        return {
            "question": answer.question,
            "value": answer.value,
            "late": answer.late,
            "saved_at": self._at(answer.saved_at),
        }

    def _incidents(self) -> list[dict]:
        return [
            {
                "id": incident.pk,
                "candidate": incident.candidate_id,
                "category": incident.category,
                "question": incident.question,
                "text": incident.text,
                "occurred_at": self._at(incident.occurred_at),
                "noted_at": self._at(incident.noted_at),
                "author": str(incident.author),
                "alert": incident.alert_id,
                "corrects": incident.corrects_id,
                "withdrawn": incident.withdrawn,
            }
            for incident in self.session.incidents.select_related("author")
        ]

    def _report(self) -> dict:
        signed = IncidentReport.objects.filter(session=self.session).defer("pdf")
        return {
            "remarks": [
                {
                    "author": str(remark.author),
                    "text": remark.text,
                    "changed_at": self._at(remark.changed_at),
                }
                for remark in self.session.pv_remarks.select_related("author")
            ],
            "signatures": [
                {
                    "name": each.signed_name,
                    "role": each.signed_role,
                    "account": str(each.signed_by),
                    "at": self._at(each.signed_at),
                    "pdf_sha256": each.pdf_sha256,
                    "journal_digest": each.journal_digest,
                }
                for each in signed.select_related("signed_by")
            ],
        }

    def _events(self) -> list[dict]:
        events = self.session.events.select_related("user").order_by("version")
        return [
            {
                "version": event.version,
                "type": event.type,
                "candidate": event.candidate_id,
                "actor": event.actor,
                "account": str(event.user) if event.user else None,
                "at": event.at.isoformat(),
                "data": told(event.type, event.data),
            }
            for event in events.iterator(AT_ONCE)
        ]


def _by_question(answer: dict) -> int:
    return answer["question"]
