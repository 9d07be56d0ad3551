"""One function per button about what goes wrong: alerts, incidents, the PV's own words."""

from django.db import transaction

from candidates.access import Seat
from candidates.models import Candidate
from candidates.seat_services import check_holds
from candidates.states import Action, Actor
from candidates.turns import move, stood_still, turn
from sessions_app import journal
from sessions_app.models import Session, User
from sessions_app.refusals import Invalid

from . import categories
from .models import Alert, Incident, IncidentReport


def raise_alert(candidate: Candidate, seat: Seat, *, subject: str, text: str = "") -> None:
    """The candidate reports a problem on the current question and waits for the supervisor."""
    with turn(candidate, Action.RAISE_ALERT, Actor.CANDIDATE) as (session, fresh):
        check_holds(fresh, seat)
        alert = Alert.objects.create(
            candidate=fresh,
            question=fresh.question,
            subject=subject,
            text=text,
            raised_at=session.now,
        )
        data = {"alert": alert.pk, "question": alert.question, "subject": subject}
        move(session, fresh, "alert_raised", actor=Actor.CANDIDATE, data=data)


def accept_alert(
    candidate: Candidate, *, user: User, category: str, text: str = "", seen: int | None = None
) -> None:
    """The alert becomes an incident of the PV, with its question; the candidate goes on."""
    with turn(candidate, Action.ACCEPT_ALERT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        alert = _close_alert(session, fresh, user, Alert.Outcome.ACCEPTED, text)
        incident = _incident(
            session, fresh, user, category, alert.question, text or alert.text, alert
        )
        data = {"alert": alert.pk, "incident": incident.pk, "question": alert.question}
        data["category"] = category
        waited = stood_still(fresh, alert.raised_at, session.now)
        move(session, fresh, "alert_accepted", user=user, data=data, **waited)


def reject_alert(
    candidate: Candidate, *, user: User, text: str = "", seen: int | None = None
) -> None:
    """The alert is refused, with a word if wanted; the candidate goes on."""
    with turn(candidate, Action.REJECT_ALERT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        alert = _close_alert(session, fresh, user, Alert.Outcome.REJECTED, text)
        data = {"alert": alert.pk, "question": alert.question}
        waited = stood_still(fresh, alert.raised_at, session.now)
        move(session, fresh, "alert_rejected", user=user, data=data, **waited)


def note_incident(
    candidate: Candidate,
    *,
    user: User,
    category: str,
    question: int | None = None,
    text: str = "",
    seen: int | None = None,
) -> None:
    """A line of the PV about one candidate, whatever the state of the test."""
    with turn(candidate, Action.NOTE_INCIDENT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        incident = _incident(session, fresh, user, category, question, text)
        data = {"incident": incident.pk, "category": category, "question": question}
        move(session, fresh, "incident_noted", user=user, data=data, decisive=False)


def note_room_incident(session: Session, *, user: User, category: str, text: str = "") -> None:
    """A line of the PV about the room as a whole."""
    with transaction.atomic():
        locked = journal.lock(session.pk)
        incident = _incident(locked, None, user, category, None, text)
        data = {"incident": incident.pk, "category": category}
        journal.record(locked, "incident_noted", user=user, data=data)


def save_remarks(session: Session, *, user: User, remarks: str) -> None:
    """The supervisors' own words on the PV; refused once the session is finalised."""
    with transaction.atomic():
        locked = journal.lock(session.pk)
        report, _ = IncidentReport.objects.get_or_create(session=locked)
        if report.remarks == remarks:
            return
        IncidentReport.objects.filter(pk=report.pk).update(
            remarks=remarks, changed_at=locked.now, changed_by=user
        )
        journal.record(locked, "report_changed", user=user)


def _incident(
    session: Session,
    candidate: Candidate | None,
    user: User,
    category: str,
    question: int | None,
    text: str,
    alert: Alert | None = None,
) -> Incident:
    sentence = categories.missing(category, question, text)
    if sentence:
        raise Invalid(sentence)
    return Incident.objects.create(
        session=session,
        candidate=candidate,
        category=category,
        question=question,
        text=text,
        occurred_at=alert.raised_at if alert else session.now,
        author=user,
        alert=alert,
    )


def _close_alert(
    session: Session, candidate: Candidate, user: User, outcome: str, reply: str
) -> Alert:
    alert = candidate.alerts.get(closed_at=None)
    Alert.objects.filter(pk=alert.pk).update(
        closed_at=session.now, closed_by=user, outcome=outcome, reply=reply[:200]
    )
    return alert
