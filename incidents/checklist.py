"""What is still open before a session can be closed, and who it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from candidates import end_reasons
from candidates.models import Candidate
from candidates.states import State
from sessions_app.models import Session

from .draft import absences

SIGNATURE = ("signature_missing", "signature_given")


class Open(StrEnum):
    NOBODY_STARTED = "nobody-started"
    ALERTS = "alerts"
    RUNNING = "running"
    NOT_STARTED = "not-started"
    UNEXPLAINED = "unexplained"
    SIGNATURES = "signatures"


SENTENCES = {
    Open.NOBODY_STARTED: _("Personne n’a commencé le test : il n’y a rien à finaliser."),
    Open.ALERTS: _("Des signalements attendent votre réponse."),
    Open.RUNNING: _("Des tests sont encore en cours."),
    Open.NOT_STARTED: _("Des candidats n’ont pas commencé : sont-ils absents ?"),
    Open.UNEXPLAINED: _("Des tests ont été arrêtés sans motif."),
    Open.SIGNATURES: _("Des signatures manquent sur la feuille d’émargement."),
}
# A signature may be missing for good: it is told in the PV, and nothing waits for it.
NOT_BLOCKING = {Open.SIGNATURES}


@dataclass(frozen=True)
class Item:
    kind: Open
    candidates: tuple[Candidate, ...] = ()

    @property
    def sentence(self) -> str:
        return str(SENTENCES[self.kind])

    @property
    def is_blocking(self) -> bool:
        return self.kind not in NOT_BLOCKING


def still_open(session: Session) -> list[Item]:
    """In the order in which a person would settle them, in two queries; empty when all is done."""
    rows = list(session.candidates.with_facts())
    for row in rows:
        row.session = session
    read = session.events.filter(type__in=["marked_absent", "joined", *SIGNATURE])
    events = list(read.order_by("version"))
    absent = absences(events, rows)
    signed = {event.candidate_id: event.type for event in events if event.type in SIGNATURE}
    running = [row for row in rows if row.state == State.IN_PROGRESS]
    if all(row.state == State.NOT_STARTED for row in rows):
        return [Item(Open.NOBODY_STARTED), *_item(Open.NOT_STARTED, _waiting(rows, absent))]
    return [
        *_item(Open.ALERTS, (row for row in running if row.alert_id)),
        *_item(Open.RUNNING, (row for row in running if not row.alert_id)),
        *_item(Open.NOT_STARTED, _waiting(rows, absent)),
        *_item(Open.UNEXPLAINED, (row for row in rows if _is_unexplained(row))),
        *_item(Open.SIGNATURES, (row for row in rows if signed.get(row.pk) == SIGNATURE[0])),
    ]


def _item(kind: Open, candidates: Iterable[Candidate]) -> list[Item]:
    concerned = tuple(candidates)
    return [Item(kind, concerned)] if concerned else []


def _waiting(rows: Iterable[Candidate], absent: dict) -> Iterable[Candidate]:
    return (row for row in rows if row.state == State.NOT_STARTED and row.pk not in absent)


def _is_unexplained(row: Candidate) -> bool:
    was_stopped = row.state == State.FINISHED and row.ended_by != Candidate.EndedBy.CANDIDATE
    return was_stopped and not end_reasons.explains(row.end_reason)
