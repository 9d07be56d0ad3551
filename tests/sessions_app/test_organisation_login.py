"""Logging in with one's organisation, against a real provider that lies in one place at a time."""

import time
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from pix_surveillance import settings as product_settings
from sessions_app import organisation_login as words
from sessions_app.models import User
from tests import factories
from tests.identity_provider import CLIENT, SECRET, IdentityProvider

pytestmark = pytest.mark.django_db
DOOR = "/compte/avec/organisation/"


@pytest.fixture
def provider(settings):
    provider = IdentityProvider()
    settings.OIDC = {
        "url": provider.url,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "name": "Académie",
        "scopes": ["openid", "email"],
    }
    yield provider
    provider.stop()


@pytest.fixture
def lea():
    person = factories.user(email="lea@lycee.example")
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )
    return person


def leave(browser: Client):
    response = browser.post(DOOR)
    assert response.status_code == 302
    return response["Location"]


def come_back(browser: Client, provider, **changed):
    return browser.get(f"{DOOR}retour/", provider.authorize(leave(browser)) | changed)


def who(browser: Client) -> str | None:
    return browser.session.get("_auth_user_id")


@pytest.mark.parametrize("signed", [True, False], ids=["signed user-info", "plain user-info"])
def test_a_known_account_is_matched_by_its_verified_address(provider, lea, signed):
    provider.signed = signed
    browser = Client()
    response = come_back(browser, provider)
    assert (response.status_code, who(browser)) == (302, str(lea.pk))
    assert User.objects.count() == 1
    # Nothing is kept of what the provider told, but the name that it gives the person.
    kept = SocialAccount.objects.get()
    assert (kept.uid, kept.extra_data) == ("p-1", {"userinfo": {"sub": "p-1"}})
    assert not SocialToken.objects.exists()


def test_somebody_new_gets_an_account_with_a_name_and_no_right(provider):
    provider.person |= {"given_name": "Léa", "family_name": "Nguyen"}
    browser = Client()
    come_back(browser, provider)
    person = User.objects.get()
    assert (who(browser), person.name, person.is_staff) == (str(person.pk), "Léa Nguyen", False)
    assert not person.has_usable_password()


def test_what_is_asked_of_the_provider_is_the_settings_alone(provider):
    browser = Client()
    browser.post(f"{DOOR}?scope=phone&auth_params=nonce%3Dmine%26prompt%3Dnone")
    address = browser.post(f"{DOOR}?scope=phone&auth_params=nonce%3Dmine")["Location"]
    provider.authorize(address)
    asked = provider.asked[0]
    assert urlsplit(address).netloc == urlsplit(provider.url).netloc
    assert set(asked["scope"].split()) == {"openid", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].endswith("/compte/avec/organisation/retour/")
    assert len(asked["nonce"]) >= 32


LIES = {
    "ID token signed by another key": {"forged": "id_token"},
    "ID token for another site": {"id_token": {"aud": "another"}},
    "ID token of another provider": {"id_token": {"iss": "https://other.example"}},
    "ID token expired": {"id_token": {"exp": int(time.time()) - 120}},
    "ID token without an end": {"id_token": {"exp": None}},
    "ID token with another nonce": {"id_token": {"nonce": "of another login"}},
    "ID token without a nonce": {"id_token": {"nonce": None}},
    "ID token of somebody else": {"id_token": {"sub": "p-2"}},
    "user-info signed by another key": {"forged": "user_info"},
    "user-info for another site": {"user_info": {"aud": "another"}},
    "user-info of another provider": {"user_info": {"iss": "https://other.example"}},
    "user-info without an audience": {"user_info": {"aud": None}},
    "user-info of somebody else": {"user_info": {"sub": "p-2"}},
    "discovery of another provider": {"issuer": "https://other.example"},
}
NOT_SURE = {
    "an address that is not verified": {"email_verified": False},
    "an address of which nothing is said": {"email_verified": None},
    "an address verified in a word": {"email_verified": "false"},
    "no address": {"email": None},
}


def refused(browser, response, sentence, status=401):
    assert response.status_code == status
    assert str(sentence) in response.content.decode()
    assert who(browser) is None
    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_logs_nobody_in(provider, lea, lie):
    browser = Client()
    back = provider.authorize(leave(browser))  # the lie begins once the browser is away
    for name, value in lie.items():
        setattr(provider, name, value)
    refused(browser, browser.get(f"{DOOR}retour/", back), words.NOT_CONFIRMED)


@pytest.mark.parametrize("claims", NOT_SURE.values(), ids=NOT_SURE)
def test_an_address_that_is_not_sure_matches_nobody(provider, lea, claims):
    provider.user_info = claims
    browser = Client()
    refused(browser, come_back(browser, provider), words.NOT_VERIFIED)


def test_an_answer_is_good_once_and_in_the_browser_that_asked(provider, lea):
    browser, thief = Client(), Client()
    back = provider.authorize(leave(browser))
    leave(thief)
    refused(thief, thief.get(f"{DOOR}retour/", back), words.NOT_CONFIRMED)
    assert browser.get(f"{DOOR}retour/", back).status_code == 302
    browser.logout()
    again = browser.get(f"{DOOR}retour/", back)
    assert (again.status_code, who(browser)) == (401, None)


def test_a_code_of_another_login_is_refused_by_its_nonce(provider, lea):
    mine, theirs = Client(), Client()
    code = provider.authorize(leave(theirs))["code"]
    refused(mine, come_back(mine, provider, code=code), words.NOT_CONFIRMED)


def test_a_second_factor_is_still_asked(provider, lea):
    TOTP.activate(lea, "JBSWY3DPEHPK3PXP")
    assert Authenticator.objects.exists()
    browser = Client()
    response = come_back(browser, provider)
    assert (response["Location"], who(browser)) == (reverse("mfa_authenticate"), None)


def test_a_disabled_account_stays_outside(provider, lea):
    User.objects.update(is_active=False)
    browser = Client()
    come_back(browser, provider)
    assert who(browser) is None


def test_giving_up_goes_back_to_the_login_page(provider):
    browser = Client()
    back = provider.authorize(leave(browser))
    answer = {"error": "access_denied", "state": back["state"]}
    response = browser.get(f"{DOOR}retour/", answer, follow=True)
    assert response.redirect_chain == [(reverse("account_login"), 302)]
    assert str(words.CANCELLED) in response.content.decode()


def test_a_provider_out_of_reach_is_said(provider, lea):
    provider.stop()
    browser = Client()
    refused(browser, browser.post(DOOR), words.OUT_OF_REACH, status=502)


@pytest.mark.parametrize("path", ["/token", "/userinfo"])
def test_where_the_provider_sends_to_is_not_asked(provider, lea, path):
    browser = Client()
    back = provider.authorize(leave(browser))
    provider.moved = path
    refused(browser, browser.get(f"{DOOR}retour/", back), words.NOT_CONFIRMED)


def test_a_provider_that_has_moved_is_out_of_reach(provider, lea):
    provider.moved = "/.well-known/openid-configuration"
    browser = Client()
    refused(browser, browser.post(DOOR), words.OUT_OF_REACH, status=502)


def test_the_button_is_there_with_a_provider_and_only_then(provider, settings):
    page = Client().get(reverse("account_login")).content.decode()
    assert f'action="{DOOR}' in page
    assert "Se connecter avec Académie" in page
    settings.OIDC = {}
    page = Client().get(reverse("account_login")).content.decode()
    assert "/compte/avec/" not in page
    assert Client().post(DOOR).status_code == 404


GOOD = {"OIDC_URL": "https://id.example/a/", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"}
BAD = [
    GOOD | {"OIDC_CLIENT_SECRET": ""},
    GOOD | {"OIDC_URL": ""},
    GOOD | {"OIDC_URL": "http://id.example"},
    GOOD | {"OIDC_URL": "id.example"},
]


@pytest.mark.parametrize("environment", BAD, ids=["no secret", "no address", "no TLS", "no scheme"])
def test_half_a_provider_refuses_to_start(monkeypatch, environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match="OIDC_URL"):
        product_settings._oidc()


def test_a_provider_out_of_the_environment(monkeypatch):
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    found = product_settings._oidc()
    assert (found["url"], found["origin"]) == ("https://id.example/a", "https://id.example")
