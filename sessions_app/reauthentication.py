"""The password again, before what cannot be undone."""

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .refusals import Invalid, TooOften

WRONG = _("Le mot de passe est incorrect.")
TOO_OFTEN = _("Trop d’essais de suite. Attendez une minute, puis recommencez.")


def confirm_password(request: HttpRequest, password: str) -> None:
    """The person at the screen is the one whose account it is; `Invalid` or `TooOften`."""
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        raise TooOften(TOO_OFTEN)
    if not request.user.check_password(password):
        raise Invalid(WRONG)
