"""When a supervisor reaches a session: from an hour before its start to seven days after its end.

The end is the signature of its PV. A session that was never finalised counts from the end of
its day, and one that was reopened from its reopening, if later. Administrators are not concerned.
"""

from datetime import datetime, time, timedelta

from django.db.models import Case, OuterRef, Subquery, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .former_reports import FormerReport
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


# When a session was signed, or last reopened; null for most of them.
_REOPENED = FormerReport.objects.filter(session=OuterRef("pk")).order_by("-rank")
LAST_TURN = Case(
    When(state=Session.State.FINALIZED, then="incident_report__signed_at"),
    default=Subquery(_REOPENED.values("reopened_at")[:1]),
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
    last_turn = Session.objects.filter(pk=session.pk).values_list(LAST_TURN, flat=True).first()
    return "" if holds(session, last_turn, now) else TOO_LATE


def holds(session: Session, last_turn: datetime | None, now: datetime) -> bool:
    """Whether supervisors reach it at this instant, without a query: LAST_TURN has been read."""
    opens_at = session.scheduled_start - BEFORE
    return opens_at <= now < max(opens_at, _ended_at(session, last_turn)) + AFTER


def _end_of_day(session: Session) -> datetime:
    return datetime.combine(session.date + timedelta(days=1), time(), session.zone)


def _ended_at(session: Session, last_turn: datetime | None) -> datetime:
    if last_turn and session.state == Session.State.FINALIZED:
        return last_turn
    return max(last_turn or _end_of_day(session), _end_of_day(session))
