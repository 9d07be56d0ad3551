"""What allauth tells of logins and second factors, for the security log.

Its signals, not those of models: each is sent at one place, by the one thing that happens there.
"""

from allauth.account import signals as accounts
from allauth.mfa import signals as factors
from django.contrib.auth import signals as logins

from . import security_log
from .models import User

KINDS = {
    accounts.user_logged_in: "logged_in",
    accounts.password_changed: "password_changed",
    accounts.password_reset: "password_changed",
    accounts.password_set: "password_changed",
    logins.user_logged_out: "logged_out",
    factors.authenticator_used: "factor_used",
    factors.authenticator_added: "factor_added",
    factors.authenticator_reset: "factor_added",
    factors.authenticator_removed: "factor_removed",
}
REFUSALS = {
    logins.user_login_failed: "login_failed",
    accounts.login_code_rejected: "login_failed",
    factors.authentication_failed: "factor_failed",
}


def connect() -> None:
    """Called once, at start-up."""
    for signal in KINDS:
        signal.connect(_note, dispatch_uid=__name__)
    for signal in REFUSALS:
        signal.connect(_note_refusal, dispatch_uid=__name__)


def _note(signal, request=None, user=None, **_) -> None:
    if user:  # a login that had ended already has nobody to log out
        security_log.note(KINDS[signal], request=request, user=user)


def _note_refusal(signal, request=None, user=None, credentials=None, **_) -> None:
    """Whose account is tried, by its key; that no account has this address is told by none."""
    if request is None:  # nobody came through a door: a script of ours
        return
    email = (credentials or {}).get("email") or (credentials or {}).get("username") or ""
    tried = user or User.objects.filter(email__iexact=email).first()
    account = {"account": tried.pk} if tried else {}
    security_log.note_refusal(REFUSALS[signal], request=request, **account)
