"""The incidents of a session, for who supervises it."""

from django.utils.translation import gettext_lazy as _

from sessions_app.models import Session
from sessions_app.refusals import Missing

from .models import Incident

NO_SUCH_INCIDENT = _("Cet incident n’est pas noté dans cette session.")


def incident_of(session: Session, incident_id: int) -> Incident:
    """The incident of this session; `Missing` when of another."""
    incidents = session.incidents.select_related("candidate", "author")
    incident = incidents.filter(pk=incident_id).first()
    if incident is None:
        raise Missing(NO_SUCH_INCIDENT)
    return incident
