"""A database that stops answering between two steps of one request."""

import pytest
from django.contrib.sessions.models import Session as Login
from django.db import OperationalError
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("is_gone", [False, True])
def test_a_login_that_cannot_be_saved_is_an_outage_and_no_bad_request(monkeypatch, accept, is_gone):
    """Django says 400 for it; a login that somebody has ended meanwhile stays one."""
    person = factories.user()
    browser = Client(raise_request_exception=False)
    save = Login.save

    def fail(login, *args, force_update=False, **kwargs):
        if not force_update:
            save(login, *args, **kwargs)
        elif is_gone:
            Login.objects.all().delete()
            save(login, *args, force_update=True, **kwargs)
        else:
            raise OperationalError("FATAL: password authentication failed for secret_user")

    monkeypatch.setattr(Login, "save", fail)
    form = {"login": person.email, "password": factories.PASSWORD}
    answer = browser.post("/compte/login/", form, headers={"accept": accept})
    assert answer.status_code == (400 if is_gone else 503)
    assert "secret_user" not in answer.text
    assert answer.get("Retry-After") == (None if is_gone else "2")
