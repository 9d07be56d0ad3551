"""The store of logins (`SESSION_ENGINE`): Django's, and none outlives its last authentication.

Django counts the age of a login from its last change, so that one in use would never end. Here it
ends SESSION_COOKIE_AGE after the person last showed who they are, whatever happens in between.
"""

from datetime import UTC, datetime, timedelta

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def get_expiry_date(self, **kwargs) -> datetime:
        """Aware; no later than the last authentication that the login holds allows."""
        end = super().get_expiry_date(**kwargs)
        shown = [record["at"] for record in self.get(AUTHENTICATION_METHODS_SESSION_KEY, [])]
        if not shown:
            return end
        age = timedelta(seconds=self.get_session_cookie_age())
        return min(end, datetime.fromtimestamp(max(shown), UTC) + age)
