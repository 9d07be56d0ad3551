"""How long each category is kept, from which day; what is due."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from .data_register import Kept
from .models import Session

# Who has not signed a PV by then will not: what was never finalised counts from that day.
UNFINALIZED = timedelta(days=7)
AFTER = "jours après la finalisation (à défaut, après le septième jour qui suit la session)"
UNTIL = {
    Kept.LIVE: f"{{}} {AFTER}",
    Kept.LIST: f"{{}} {AFTER}",
    Kept.PRESENCE: "{} jours après le dernier signe de présence",
    Kept.SECURITY: "{} jours",
    Kept.LOGIN: "12 heures, ou jusqu’à la déconnexion",
    Kept.ACCOUNT: "tant que le compte existe",
    Kept.SITE: "tant que le site fonctionne",
}


def until(kept: Kept) -> str:
    """In French, for the register: until when a category is kept, as the settings say."""
    return UNTIL[kept].format(settings.RETENTION_DAYS.get(kept.name, ""))


def counted_from(session: Session) -> date:
    """The day from which the retention of a session counts. See `UNFINALIZED`."""
    report = getattr(session, "incident_report", None)
    if report:
        return report.signed_at.date()
    reopened = session.former_reports.order_by("rank").last()
    last = max(session.date, reopened.reopened_at.date()) if reopened else session.date
    return last + UNFINALIZED


def last_day(session: Session, kept: Kept) -> date:
    """Until when what this session holds of a category is kept."""
    return counted_from(session) + timedelta(days=settings.RETENTION_DAYS[kept.name])


def limit(kept: Kept, now: datetime) -> datetime:
    """What is older than this instant is due."""
    return now - timedelta(days=settings.RETENTION_DAYS[kept.name])


def sessions_due(kept: Kept, now: datetime, among: QuerySet[Session]) -> list[Session]:
    """Those of these sessions whose retention has passed, the oldest first."""
    last = limit(kept, now).date()
    old = among.filter(date__lt=last).select_related("incident_report").order_by("date", "pk")
    return [session for session in old if counted_from(session) < last]
