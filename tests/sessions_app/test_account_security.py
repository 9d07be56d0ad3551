"""What protects an account: its password, its logins, and what only its owner may change."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session as Login
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.django_db
NEW = "châtaigne 40 sous la pluie"
ENTRY = "/surveillance/"


@pytest.fixture
def person():
    person = factories.user()
    person.set_password(factories.PASSWORD)
    person.save()
    EmailAddress.objects.get_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    return person


def log_in(person, browser: Client | None = None, password=factories.PASSWORD) -> Client:
    browser = browser or Client()
    browser.post(reverse("account_login"), {"login": person.email, "password": password})
    return browser


def key_of(browser: Client) -> str:
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def is_in(browser: Client) -> bool:
    return browser.get(ENTRY, headers={"accept": "text/html"}).status_code == 200


def with_key(key: str) -> Client:
    browser = Client()
    browser.cookies[settings.SESSION_COOKIE_NAME] = key
    return browser


def test_a_login_has_a_key_that_nobody_knew_before(person):
    browser = Client()
    browser.get(reverse("account_login"))
    session = browser.session
    session["planted"] = 1
    session.save()
    planted = key_of(browser)
    log_in(person, browser)
    assert is_in(browser)
    assert key_of(browser) != planted
    assert not is_in(with_key(planted))
    assert not Login.objects.filter(session_key=planted).exists()


def test_a_logout_ends_the_login_on_the_server(person):
    browser = log_in(person)
    key = key_of(browser)
    assert is_in(with_key(key))
    browser.post(reverse("account_logout"))
    assert not is_in(with_key(key))
    assert not Login.objects.filter(session_key=key).exists()


def test_a_new_password_needs_the_old_one_and_ends_the_other_logins(person):
    browser, other = log_in(person), log_in(person)
    wrong = {"oldpassword": "not this one", "password1": NEW, "password2": NEW}
    browser.post(reverse("account_change_password"), wrong)
    assert is_in(other)
    browser.post(reverse("account_change_password"), wrong | {"oldpassword": factories.PASSWORD})
    assert (is_in(browser), is_in(other)) == (True, False)
    assert is_in(log_in(person, password=NEW))


@pytest.mark.parametrize(("password", "is_taken"), [
    ("court 7", False),
    ("sunshine", False),  # 8 signs, of those that everybody tries
    ("19840401", False),
    ("Pix-Surveillance 2026", False),  # hardly more than the site's own name
    ("cértification12345", False),
    ("Pix le lundi matin", True),
    ("ma session du lundi", True),
    ("élan vital 8", True),
    ("𝄞 любой знак ¿?", True),
    ("x y" * 40, True),
])  # fmt: skip
def test_which_passwords_are_taken(person, password, is_taken):
    browser = log_in(person)
    answer = {"oldpassword": factories.PASSWORD, "password1": password, "password2": password}
    browser.post(reverse("account_change_password"), answer)
    assert is_in(log_in(person, password=password)) == is_taken
    # As it was typed: no part of it is cut off, no case is changed.
    assert not is_in(log_in(person, password=password[:-1]))
    if is_taken and password.upper() != password:
        assert not is_in(log_in(person, password=password.upper()))


SENSITIVE = {  # address → what is sent
    "account_email": {"email": "autre@example.org", "action_add": "1"},
    "mfa_activate_totp": None,
    "mfa_generate_recovery_codes": None,
    "mfa_add_webauthn": None,
}


@pytest.mark.parametrize("name", SENSITIVE)
def test_who_changes_an_account_shows_who_they_are_again(person, name):
    browser = log_in(person)
    later = timezone.now() + timedelta(minutes=6)
    with time_machine.travel(later):
        body = SENSITIVE[name]
        answer = browser.post(reverse(name), body) if body else browser.get(reverse(name))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
        assert EmailAddress.objects.filter(user=person).count() == 1
        shown = browser.post(answer["Location"], {"password": factories.PASSWORD})
        assert "reauthenticate" not in shown.get("Location", "")
        if body:
            browser.post(reverse(name), body)
            assert EmailAddress.objects.filter(user=person).count() == 2


def test_a_login_ends_half_a_day_after_it_was_opened_however_much_it_is_used(person):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        browser = log_in(person)
        for hour in range(1, 12):
            clock.move_to(start + timedelta(hours=hour))
            session = browser.session
            session["used"] = hour
            session.save()
            assert is_in(browser), hour
        clock.move_to(start + timedelta(hours=12, seconds=1))
        assert not is_in(browser)


def test_showing_who_one_is_again_opens_another_half_day(person):
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        browser = log_in(person)
        clock.move_to(start + timedelta(hours=11))
        browser.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
        clock.move_to(start + timedelta(hours=22))
        assert is_in(browser)
        clock.move_to(start + timedelta(hours=23, seconds=1))
        assert not is_in(browser)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_a_login_leads_to_no_other_site(person, elsewhere):
    body = {"login": person.email, "password": factories.PASSWORD, "next": elsewhere}
    answer = Client().post(reverse("account_login"), body)
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]


def test_no_page_tells_which_addresses_have_an_account(person, mailoutbox):
    signup = dict.fromkeys(["password1", "password2"], NEW)
    for name, body in (("account_reset_password", {}), ("account_signup", signup)):
        known, unknown = (
            Client().post(reverse(name), body | {"email": email}, follow=True)
            for email in (person.email, "nobody@example.org")
        )
        assert known.redirect_chain == unknown.redirect_chain
        assert known.redirect_chain


def test_the_link_to_a_new_password_serves_once_and_logs_nobody_in(person, mailoutbox):
    open_login = log_in(person)
    Client().post(reverse("account_reset_password"), {"email": person.email})
    (link,) = re.findall(r"https?://[^/]+(/compte/\S+)", mailoutbox[-1].body)
    words = dict.fromkeys(["password1", "password2"], NEW)
    first, second = Client(), Client()
    place = first.get(link)["Location"]  # the key itself leaves the address
    assert place.endswith("-set-password/")
    first.post(place, words)
    assert (is_in(first), is_in(open_login)) == (False, False)
    assert is_in(log_in(person, password=NEW))
    assert second.get(link).status_code == 200  # and no form any more
    second.post(link, dict.fromkeys(["password1", "password2"], f"{NEW} encore"))
    assert not is_in(log_in(person, password=f"{NEW} encore"))
