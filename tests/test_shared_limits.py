"""The limits of the account pages: a school behind one address is well within them, all processes
count together, and no address is kept."""

import pytest
from allauth.core.internal import ratelimit
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests import factories

WRONG = {"login": "nobody@example.org", "password": "faux"}


@pytest.fixture
def another_process():
    """What a process that has just started knows of the limits."""
    return caches.create_connection("default")


def log_in(address="10.0.0.1", **typed):
    browser = Client(REMOTE_ADDR=address)
    return browser.post(reverse("account_login"), WRONG | typed)


@pytest.mark.django_db
def test_a_school_logs_in_within_a_minute():
    people = [factories.user() for _ in range(60)]
    told = [log_in(login=each.email, password=factories.PASSWORD).status_code for each in people]
    assert told == [302] * 60


@pytest.mark.django_db
def test_one_account_is_guessed_ten_times_however_it_is_typed():
    email = factories.user().email
    typed = [email, email.upper(), f" {email}"]
    for n in range(10):
        log_in(f"10.0.0.{n}", login=typed[n % 3])
    page = log_in("10.0.0.99", login=email, password=factories.PASSWORD)
    assert page.status_code != 302


@pytest.mark.django_db
def test_what_one_process_counted_the_others_know(another_process):
    caches["default"].set("allauth:rl:login:10.0.0.1", [1.0, 2.0], 60)
    assert another_process.get("allauth:rl:login:10.0.0.1") == [1.0, 2.0]


@pytest.mark.django_db
def test_no_address_is_kept():
    log_in("10.1.2.3")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM shared_limits")
        kept = cursor.fetchall()
    assert kept
    assert "10.1.2.3" not in str(kept)
    assert all(len(key.rpartition(":")[2]) == 64 for key, _ in kept)


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_who_cannot_be_counted_is_told_to_wait_in_our_words(accept, monkeypatch):
    """Somebody else is being counted, or was when the database went away."""
    monkeypatch.setattr(ratelimit, "CACHE_LOCK_WAIT_TIMEOUT", 0)
    monkeypatch.setattr(caches["default"].__class__, "add", lambda *args, **kwargs: False)
    browser = Client(headers={"accept": accept})
    response = browser.post(reverse("account_login"), WRONG)
    assert response.status_code == 429
    assert response["Retry-After"] == "10"
    told = response.json()["message"] if "json" in accept else response.content.decode()
    assert "Trop de demandes en même temps." in told
