"""A second factor at the door of the administration: set up, and shown in this very login."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest


def is_set_up(request: HttpRequest) -> bool:
    return is_mfa_enabled(request.user)


def is_shown(request: HttpRequest) -> bool:
    """Whether this login may enter where a second factor is asked for.

    A login that was open before the factor was set up, elsewhere, has not shown it.
    """
    if not settings.ADMIN_SECOND_FACTOR:
        return True
    methods = {record["method"] for record in get_authentication_records(request, request.user)}
    return "mfa" in methods and is_set_up(request)
