"""The entries of the day: one address each, for one candidate or several."""

from django.views.decorators.http import require_POST

from candidates.supervisor_views import perform
from sessions_app import access

from . import entry_services, identity_correction
from .forms import EntryForm, IdentityForm

# Those that do more to one candidate than to several.
FOR_ONE = {"correct-identity": (IdentityForm, identity_correction.correct_identity)}


def view_of(action: str):
    """The view of one entry of the table."""
    for_several = (EntryForm, entry_services.service_of(action))
    for_one = FOR_ONE.get(action, for_several)

    @access.account_required
    @require_POST
    def note(request, number, candidate_id=None):
        form, service = for_several if candidate_id is None else for_one
        return perform(request, number, candidate_id, form, service)

    return note
