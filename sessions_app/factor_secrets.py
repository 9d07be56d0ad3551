"""The secrets of second factors, encrypted: who has read the database cannot make codes from it.

The key is made from `SECRET_KEY`. After another one came, without the old one among
`SECRET_KEY_FALLBACKS`, no code is right any more and the factor has to be set up again.
"""

import base64
import secrets

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

BEGINS = "gAAAA"  # each text of ours; allauth's own secrets are capitals, digits and a to f
SECRET_BYTES = 20


class FactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What was encrypted, or was kept in clear before; a secret that nobody knows when the key
        is another one."""
        if not encrypted_text.startswith(BEGINS):
            return encrypted_text
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(each)) for each in keys])


def _key(secret: str) -> bytes:
    digest = salted_hmac("sessions_app.factor_secrets", "key", secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)
