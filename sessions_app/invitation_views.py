"""The page behind the link of an invitation: an account first, then one button."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.decorators import login_not_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from . import invitations
from .memberships import Role

WELCOME = _("Bienvenue. Vous faites partie de : %(center)s.")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The same page whether the invited address has an account or not."""
    if not request.user.is_authenticated:
        invited = invitations.behind(token)
        # Whoever holds the link has read the mailbox: the address needs no other proof.
        get_adapter(request).stash_verified_email(request, invited.email)
        return _page(request, invited)
    if request.method == "POST":
        accepted = invitations.accept(token, request.user)
        messages.success(request, WELCOME % {"center": accepted.center})
        is_administrator = accepted.role == Role.ADMINISTRATOR
        return redirect("admin:index" if is_administrator else "entry")
    invited = invitations.behind(token)
    invitations.check_is_for(invited, request.user)
    return _page(request, invited)


def _page(request: HttpRequest, invited) -> HttpResponse:
    context = {"center": invited.center.name, "role": invited.get_role_display()}
    return render(request, "account/invitation.html", context)
