"""The store of logins (`SESSION_ENGINE`): Django's, and none outlives its last authentication.

Django counts the age of a login from its last change, so that one in use would never end. Here it
ends SESSION_COOKIE_AGE after the person last showed who they are, whatever happens in between.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.backends import db
from django.utils import timezone
from django.utils.crypto import constant_time_compare


class SessionStore(db.SessionStore):
    def get_expiry_date(self, **kwargs) -> datetime:
        """Aware; no later than the last authentication that the login holds allows."""
        end = super().get_expiry_date(**kwargs)
        shown = [record["at"] for record in self.get(AUTHENTICATION_METHODS_SESSION_KEY, [])]
        if not shown:
            return end
        age = timedelta(seconds=self.get_session_cookie_age())
        return min(end, datetime.fromtimestamp(max(shown), UTC) + age)


def accounts(keys: Collection[str]) -> dict[str, Any]:
    """By key of a login, whose it is; those that are good no more are left out.

    What `django.contrib.auth.get_user` tells of one, for many at once, in two queries.
    """
    store = SessionStore()
    alive = store.model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    logins = {each.session_key: store.decode(each.session_data) for each in alive}
    own = {login.get(SESSION_KEY, "") for login in logins.values()} - {""}
    people = get_user_model().objects.filter(pk__in=own, is_active=True)
    by_key = {str(each.pk): each for each in people}
    found = {key: by_key.get(login.get(SESSION_KEY, "")) for key, login in logins.items()}
    return {key: user for key, user in found.items() if user and _is_of(user, logins[key])}


def _is_of(user, login: Mapping[str, str]) -> bool:
    """Whether it was begun with the password that the account still has, in a way we know."""
    if login.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return False
    begun_with = login.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(begun_with, each) for each in hashes)
