"""A second factor: mandatory at the door of the administration, offered to everybody else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from sessions_app.models import SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
PASSWORD = "un long mot de passe"


@pytest.fixture(autouse=True)
def asked(settings):
    settings.ADMIN_SECOND_FACTOR = True
    settings.MFA_TOTP_TOLERANCE = 1
    cache.clear()  # the codes that were used


@pytest.fixture
def admin():
    person = factories.user(admin=True)
    person.set_password(PASSWORD)
    person.save()
    return person


def code() -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(SECRET, counter))


def with_password(person) -> tuple[Client, object]:
    browser = Client()
    body = {"login": person.email, "password": PASSWORD}
    return browser, browser.post(reverse("account_login"), body)


def test_an_administrator_without_one_is_sent_to_set_it_up(admin):
    browser, _ = with_password(admin)
    response = browser.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0] == reverse("mfa_index")
    assert "demande une double authentification" in response.content.decode()
    for page in ("admin:sessions_app_session_changelist", "admin:sessions_app_user_changelist"):
        assert browser.get(reverse(page)).status_code == 302


def test_the_login_asks_for_it_and_opens_the_door(admin):
    TOTP.activate(admin, SECRET)
    browser, response = with_password(admin)
    assert response["Location"] == reverse("mfa_authenticate")
    assert browser.get(reverse("admin:index")).status_code == 302
    wrong = browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    browser.post(reverse("mfa_authenticate"), {"code": code()})
    assert browser.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("later", [0, 29, 31, 59, 61, 89])
def test_a_code_serves_once_for_as_long_as_it_would_be_taken(admin, later):
    """From the first instant of the step before its own to the last of the one after it."""
    TOTP.activate(admin, SECRET)
    start = datetime.fromtimestamp(2_000_000_010 // 30 * 30, UTC)
    with time_machine.travel(start, tick=False) as clock:
        counter = int(start.timestamp()) // 30 + 1
        shown = {"code": format_hotp_value(hotp_value(SECRET, counter))}
        browser, response = with_password(admin)
        assert browser.post(response["Location"], shown)["Location"] == reverse("entry")
        clock.move_to(start + timedelta(seconds=later))
        browser, response = with_password(admin)
        assert browser.post(response["Location"], shown).status_code == 200
        assert "_auth_user_id" not in browser.session


def test_a_login_that_was_open_before_must_show_it(admin):
    browser, _ = with_password(admin)
    TOTP.activate(admin, SECRET)
    response = browser.get(reverse("admin:index"), follow=True)
    where, _ = response.redirect_chain[-1]
    assert where.startswith(reverse("mfa_reauthenticate"))
    response = browser.post(where, {"code": code(), "next": reverse("admin:index")})
    assert response["Location"] == reverse("admin:index")
    assert browser.get(reverse("admin:index")).status_code == 200


def test_one_that_is_taken_away_closes_the_door_again(admin):
    TOTP.activate(admin, SECRET)
    browser, _ = with_password(admin)
    browser.post(reverse("mfa_authenticate"), {"code": code()})
    Authenticator.objects.filter(user=admin).delete()
    assert browser.get(reverse("admin:index")).status_code == 302


def test_supervisors_are_not_asked(room_of_one):
    browser = Client()
    browser.force_login(room_of_one[1])
    assert browser.get(reverse("board", args=[room_of_one[0].number])).status_code == 200


@pytest.fixture
def room_of_one():
    room = factories.session()
    return room, factories.supervisor(room)


@pytest.mark.parametrize(
    "page",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "usersessions_list",
    ],
)
def test_the_pages_are_in_our_words(admin, page):
    browser, _ = with_password(admin)
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    response = browser.get(reverse(page))
    assert response.status_code == 200
    html = response.content.decode()
    assert '<html lang="fr">' in html
    for english in ("Two-Factor", "Authenticator", "Security Key", "Sign", "Sessions"):
        assert english not in html


@pytest.mark.parametrize("page", ["mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_index"])
def test_the_pages_once_it_is_set_up(admin, page):
    browser, _ = with_password(admin)
    TOTP.activate(admin, SECRET)
    browser.post(reverse("mfa_reauthenticate"), {"code": code()})
    browser.post(reverse("mfa_generate_recovery_codes"))
    response = browser.get(reverse(page))
    assert response.status_code == 200
    assert "Recovery" not in response.content.decode()


def test_a_login_by_code_needs_no_password(admin, mailoutbox):
    browser = Client()
    browser.post(reverse("account_request_login_code"), {"email": admin.email})
    page = browser.get(reverse("account_confirm_login_code"))
    assert page.status_code == 200
    (mail,) = mailoutbox
    (sent,) = re.findall(r"^([\w-]{6,9})$", mail.body, re.MULTILINE)
    browser.post(reverse("account_confirm_login_code"), {"code": sent})
    assert browser.get(reverse("entry")).status_code == 200


def test_a_login_by_code_is_asked_for_it_too(admin, mailoutbox):
    TOTP.activate(admin, SECRET)
    browser = Client()
    browser.post(reverse("account_request_login_code"), {"email": admin.email}, follow=True)
    (sent,) = re.findall(r"^[\w-]{6,9}$", mailoutbox[-1].body, re.MULTILINE)
    answer = browser.post(reverse("account_confirm_login_code"), {"code": sent})
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert "_auth_user_id" not in browser.session


def test_an_unknown_address_is_answered_alike(admin, mailoutbox):
    browser = Client()
    response = browser.post(reverse("account_request_login_code"), {"email": "x@example.org"})
    assert response["Location"] == reverse("account_confirm_login_code")


def test_all_other_logins_are_closed(admin):
    browser, _ = with_password(admin)
    other, _ = with_password(admin)
    for each in (browser, other):
        assert each.get(reverse("entry")).status_code == 200
    nobody = Client().post(reverse("usersessions_list"))
    assert nobody["Location"].startswith(reverse("account_login"))
    asked = browser.post(reverse("usersessions_list"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert other.get(reverse("entry")).status_code == 200
    # Once the password is right, what was asked for is done.
    shown = browser.post(asked["Location"], {"password": PASSWORD})
    assert shown["Location"] == reverse("usersessions_list")
    assert browser.get(reverse("entry")).status_code == 200
    assert other.get(reverse("entry")).status_code == 403


def test_a_lost_one_is_taken_away_in_the_admin(admin):
    lost = factories.user()
    for person in (admin, lost):
        TOTP.activate(person, SECRET)
    browser, _ = with_password(admin)
    browser.post(reverse("mfa_authenticate"), {"code": code()})
    body = {"action": "forget_second_factors", "_selected_action": lost.pk}
    browser.post(reverse("admin:sessions_app_user_changelist"), body)
    assert set(Authenticator.objects.values_list("user", flat=True)) == {admin.pk}


def test_an_administrator_ends_the_logins_of_an_account(admin, settings):
    """But not the one that asks for it."""
    settings.ADMIN_SECOND_FACTOR = False
    robbed, other = factories.user(), factories.user()
    for person in (robbed, other):
        person.set_password(PASSWORD)
        person.save()
    asking, everywhere = with_password(admin)[0], [with_password(robbed)[0] for _ in range(2)]
    spared = with_password(other)[0]
    body = {"action": "end_logins", "_selected_action": [robbed.pk, admin.pk]}
    asking.post(reverse("admin:sessions_app_user_changelist"), body)
    told = SecurityEvent.objects.get(kind="logins_ended")
    assert (told.user_ref, told.data) == (admin.pk, {"accounts": [admin.pk, robbed.pk]})
    for browser, status in [(asking, 200), (spared, 200), *((each, 403) for each in everywhere)]:
        assert browser.get(reverse("entry")).status_code == status


def kept(person) -> str:
    return Authenticator.objects.get(user=person).data["secret"]


def passes(person) -> bool:
    browser, _ = with_password(person)
    browser.post(reverse("mfa_authenticate"), {"code": code()})
    return "_auth_user_id" in browser.session


def test_the_secret_is_not_kept_in_clear(admin):
    TOTP.activate(admin, SECRET)
    assert SECRET not in kept(admin)
    assert passes(admin)


def test_a_secret_that_was_kept_in_clear_still_serves(admin):
    Authenticator.objects.create(user=admin, type="totp", data={"secret": SECRET})
    assert passes(admin)


@pytest.mark.parametrize("is_old_key_known", [True, False])
def test_with_another_key_of_the_site(admin, settings, is_old_key_known):
    """A factor serves on while the old key is known; then no code is right, and nothing breaks."""
    TOTP.activate(admin, SECRET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if is_old_key_known else []
    settings.SECRET_KEY = "another key of the site, as long as the first"
    assert passes(admin) == is_old_key_known
