"""When a supervisor reaches a session: from an hour before its start to seven days after its end.

The end is the signature of its PV. A session that was never finalised counts from the end of
its day, and one that was reopened from its reopening, if later. Administrators are not concerned.
"""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Session

BEFORE = timedelta(hours=1)
AFTER = timedelta(days=7)
TOO_EARLY = _(
    "Cette session ne s’ouvre pas avant le %(day)s à %(hour)s (heure locale),"
    " une heure avant son début."
)
TOO_LATE = _(
    "Cette session n’est plus accessible : sept jours ont passé depuis sa fin."
    " Adressez-vous à l’administration du centre."
)


def refusal(session: Session, now: datetime | None = None) -> str:
    """Why a supervisor does not reach it at this instant (its centre at hand); "" when they do."""
    now = now or timezone.now()
    opens_at = session.scheduled_start - BEFORE
    if now < opens_at:
        local = opens_at.astimezone(session.zone)
        return TOO_EARLY % {"day": f"{local:%d/%m/%Y}", "hour": f"{local:%H:%M}"}
    # Nothing is signed before it opens: in its first week there is nothing to look up.
    if now < opens_at + AFTER:
        return ""
    return "" if now < bounds(session, _last_turn(session))[1] else TOO_LATE


def bounds(session: Session, last_turn: datetime | None) -> tuple[datetime, datetime]:
    """From when until when, without a query. `last_turn` is when its PV was signed or, for a
    session that is open, when it was last reopened."""
    opens_at = session.scheduled_start - BEFORE
    return opens_at, max(opens_at, _ended_at(session, last_turn)) + AFTER


def _last_turn(session: Session) -> datetime | None:
    if session.state == Session.State.FINALIZED:
        report = getattr(session, "incident_report", None)
        return report.signed_at if report else None
    return session.former_reports.order_by("rank").values_list("reopened_at", flat=True).last()


def _end_of_day(session: Session) -> datetime:
    return datetime.combine(session.date + timedelta(days=1), time(), session.zone)


def _ended_at(session: Session, last_turn: datetime | None) -> datetime:
    if last_turn and session.state == Session.State.FINALIZED:
        return last_turn
    return max(last_turn or _end_of_day(session), _end_of_day(session))
