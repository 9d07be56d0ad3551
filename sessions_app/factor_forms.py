"""A code of an authenticator application serves once, for as long as the site would take it.

allauth forgets a used code after one step of 30 s; with the tolerance of the settings it is taken
for longer than that (RFC 6238, 5.2: a code is accepted once).
"""

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.core.cache import cache


class _Once(forms.BaseAuthenticateForm):
    def clean_code(self) -> str:
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not self._is_first(code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code

    def _is_first(self, code: str) -> bool:
        key = f"code taken: {self.user.pk}:{normalize_user_code(code)}"
        steps = 2 * app_settings.TOTP_TOLERANCE + 1
        return cache.add(key, "1", timeout=steps * app_settings.TOTP_PERIOD)


class Authenticate(_Once, forms.AuthenticateForm):
    pass


class Reauthenticate(_Once, forms.ReauthenticateForm):
    pass
