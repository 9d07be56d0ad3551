"""The limits of the account pages (allauth's), counted by all processes together.

They are kept in Django's cache, a table of the database: nothing else to run.
"""

from django.utils.crypto import salted_hmac

# A whole school stands behind one address: its rooms log in within the same minutes. `key` is the
# e-mail address that is typed, `ip` an IPv4 address or an IPv6 /64.
RATES = {
    "login": "300/m/ip",
    "login_failed": "100/m/ip,10/5m/key",
    "request_login_code": "100/m/ip,3/m/key",
    "reset_password": "60/m/ip,5/m/key",
    "reset_password_from_key": "60/m/ip",
    "signup": "60/m/ip",
}

# Where codes of a second factor are typed: each is remembered there for as long as it is taken.
FORMS = {
    name: f"sessions_app.factor_forms.{name.capitalize()}"
    for name in ("authenticate", "reauthenticate")
}


def hidden_key(key: str, key_prefix: str, version: int) -> str:
    """The name of a row: no address stands in the table."""
    words = f"{key_prefix}:{version}:{key}"
    return salted_hmac("pix_surveillance.shared_limits", words, algorithm="sha256").hexdigest()


CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_limits",
        "KEY_FUNCTION": hidden_key,
        # Far above what the limits let in, so that nobody empties them by filling them.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
