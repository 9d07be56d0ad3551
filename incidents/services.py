"""One function per button about what goes wrong: alerts of candidates, lines of the PV."""

from datetime import datetime, time

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from candidates import rehearsal
from candidates.access import Seat
from candidates.models import Candidate
from candidates.seat_services import check_holds
from candidates.services import give_back
from candidates.states import Action, Actor
from candidates.turns import move, stood_still, turn
from sessions_app import journal
from sessions_app.models import Session, User
from sessions_app.refusals import Conflict, Invalid

from . import categories
from .models import Alert, Incident

# Kept with the time, and so in French whoever gives it back.
WAITED = "Attente après un signalement"
ANSWERED_MEANWHILE = _("Votre réponse à cette question est déjà enregistrée.")
NOT_A_REASON = _("Ce motif ne convient pas à cette question. Choisissez-en un autre.")
TOO_EARLY = _("Cette heure n’est pas encore passée.")
CORRECTED_MEANWHILE = _("Cet incident vient d’être corrigé. Rechargez la page pour le voir.")


def raise_alert(
    candidate: Candidate, seat: Seat, *, subject: str, text: str = "", question: int | None = None
) -> None:
    """The candidate reports a problem on the current question and waits for the supervisor.

    `question` is the one that the page showed: answered meanwhile, there is nothing to report.
    """
    with turn(candidate, Action.RAISE_ALERT, Actor.CANDIDATE) as (session, fresh):
        check_holds(fresh, seat)
        is_over = fresh.question > rehearsal.COUNT
        if is_over or (question is not None and question != fresh.question):
            raise Conflict(ANSWERED_MEANWHILE)
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
    candidate: Candidate,
    *,
    user: User,
    category: str,
    text: str = "",
    minutes: int = 0,
    seen: int | None = None,
) -> None:
    """The alert becomes an incident of the PV, with its question; the candidate goes on.

    Effects, in order: the alert is closed, its line is written (`Invalid` for a reason that does
    not fit the question), `minutes` go back to the candidate.
    """
    with turn(candidate, Action.ACCEPT_ALERT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        alert = _close_alert(session, fresh, user, Alert.Outcome.ACCEPTED, text)
        _check_fits(category, alert)
        incident = _write(
            session,
            user,
            candidate=fresh,
            category=category,
            question=alert.question,
            text=text or alert.text,
            occurred_at=alert.raised_at,
            alert=alert,
        )
        data = {"incident": incident.pk, "category": category}
        _answer_alert(session, fresh, user, alert, "alert_accepted", minutes, data)


def reject_alert(
    candidate: Candidate, *, user: User, text: str = "", minutes: int = 0, seen: int | None = None
) -> None:
    """The alert is refused, with a word if wanted, `minutes` go back; the candidate goes on."""
    with turn(candidate, Action.REJECT_ALERT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        alert = _close_alert(session, fresh, user, Alert.Outcome.REJECTED, text)
        _answer_alert(session, fresh, user, alert, "alert_rejected", minutes, {})


def note_incident(
    candidate: Candidate,
    *,
    user: User,
    category: str,
    question: int | None = None,
    text: str = "",
    hour: time | None = None,
    seen: int | None = None,
) -> None:
    """A line of the PV about one candidate, whatever the state of the test.

    `hour` is when it happened, by the clock of the room; now when it is not told.
    """
    with turn(candidate, Action.NOTE_INCIDENT, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        told = {"category": category, "question": question, "text": text}
        occurred_at = instant_of(session, hour)
        incident = _write(session, user, candidate=fresh, occurred_at=occurred_at, **told)
        data = {"incident": incident.pk, "category": category, "question": question}
        move(session, fresh, "incident_noted", user=user, data=data, decisive=False)


def note_room_incident(
    session: Session, *, user: User, category: str, text: str = "", hour: time | None = None
) -> None:
    """A line of the PV about the room as a whole."""
    with transaction.atomic():
        locked = journal.lock(session.pk)
        told = {"category": category, "question": None, "text": text}
        occurred_at = instant_of(locked, hour)
        incident = _write(locked, user, candidate=None, occurred_at=occurred_at, **told)
        data = {"incident": incident.pk, "category": category}
        journal.record(locked, "incident_noted", user=user, data=data)


def correct_incident(
    session: Session,
    *,
    incident: Incident,
    user: User,
    category: str,
    question: int | None = None,
    text: str = "",
    hour: time | None = None,
) -> None:
    """A new line in the place of this one, which is kept; the hour stays unless it is told."""
    with transaction.atomic():
        locked = journal.lock(session.pk)
        occurred_at = instant_of(locked, hour) if hour else incident.occurred_at
        told = {"category": category, "question": question, "text": text}
        _replace(locked, user, incident, "incident_corrected", occurred_at=occurred_at, **told)


def withdraw_incident(session: Session, *, incident: Incident, user: User) -> None:
    """The line was noted by mistake: it is kept, struck out."""
    with transaction.atomic():
        locked = journal.lock(session.pk)
        same = {name: getattr(incident, name) for name in ("category", "question", "text")}
        same["occurred_at"] = incident.occurred_at
        _replace(locked, user, incident, "incident_withdrawn", withdrawn=True, **same)


def instant_of(session: Session, hour: time | None) -> datetime:
    """That hour of the day of the session, by the clock of the room; the present without it."""
    if hour is None:
        return session.now
    day = (session.first_started_at or session.now).astimezone(session.zone)
    at = datetime.combine(day.date(), hour, session.zone)
    if at > session.now:
        raise Invalid(TOO_EARLY)
    return at


def write_line(
    session: Session, user: User, candidate: Candidate, category: str, text: str, at: datetime
) -> Incident:
    """Within a turn: the line of an entry of the day that is an incident, too."""
    told = {"category": category, "question": None, "text": text}
    return _write(session, user, candidate=candidate, occurred_at=at, **told)


def _write(session: Session, user: User, **fields) -> Incident:
    sentence = categories.missing(fields["category"], fields["question"], fields["text"])
    if sentence:
        raise Invalid(sentence)
    return Incident.objects.create(session=session, author=user, noted_at=session.now, **fields)


def _replace(session: Session, user: User, incident: Incident, event_type: str, **fields) -> None:
    if Incident.objects.filter(corrects=incident).exists():
        raise Conflict(CORRECTED_MEANWHILE)
    candidate = incident.candidate
    line = _write(session, user, candidate=candidate, corrects=incident, **fields)
    data = {"incident": line.pk, "corrects": incident.pk, "category": line.category}
    journal.record(session, event_type, candidate=candidate, user=user, data=data)


def _check_fits(category: str, alert: Alert) -> None:
    fitting = categories.fitting(rehearsal.question(alert.question))
    if category in categories.Category.values and category not in fitting:
        raise Invalid(NOT_A_REASON)


def _close_alert(
    session: Session, candidate: Candidate, user: User, outcome: str, reply: str
) -> Alert:
    alert = candidate.alerts.get(closed_at=None)
    Alert.objects.filter(pk=alert.pk).update(
        closed_at=session.now, closed_by=user, outcome=outcome, reply=reply[:200]
    )
    return alert


def _answer_alert(
    session: Session,
    candidate: Candidate,
    user: User,
    alert: Alert,
    event_type: str,
    minutes: int,
    data: dict,
) -> None:
    data |= {
        "alert": alert.pk,
        "question": alert.question,
        "minutes": minutes,
        "waited_seconds": int((session.now - alert.raised_at).total_seconds()),
    }
    changes = give_back(session, candidate, user, minutes, WAITED)
    changes |= stood_still(candidate, alert.raised_at, session.now)
    move(session, candidate, event_type, user=user, data=data, **changes)
