"""The entries of the day: one address each, for one candidate or several."""

from django.views.decorators.http import require_POST

from candidates.supervisor_views import perform
from sessions_app import access

from . import entry_services
from .forms import EntryForm


def view_of(action: str):
    """The view of one entry of the table."""
    service = entry_services.service_of(action)

    @access.account_required
    @require_POST
    def note(request, number, candidate_id=None):
        return perform(request, number, candidate_id, EntryForm, service)

    return note
