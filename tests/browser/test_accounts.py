"""The account in a real browser: a passkey, an application's codes, the pages of both."""

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from playwright.sync_api import expect

from tests.factories import PASSWORD

from .people import LAPTOP, Supervisor

pytestmark = pytest.mark.browser


@pytest.fixture
def someone(browser, site, by):
    person = Supervisor(browser, site)
    person.site = site.replace("127.0.0.1", "localhost")
    person.log_in(by.email)
    person.page.goto(f"{person.site}/compte/reauthenticate/?next=/compte/email/")
    person.accessible("the password again")
    person.page.locator("[name=password]").fill(PASSWORD)
    person.page.get_by_role("button", name="Confirmer").click()
    expect(person.page).to_have_url(f"{person.site}/compte/email/")
    yield person
    assert person.errors == []


def go(person, path: str, what: str) -> None:
    person.page.goto(f"{person.site}/compte/{path}")
    for size in (person.size, LAPTOP, {"width": 320, "height": 640}):
        person.page.set_viewport_size(size)
        assert person.page.evaluate("document.body.scrollWidth <= innerWidth"), (what, size)
    person.accessible(what)


def log_out(person) -> None:
    person.page.goto(f"{person.site}/compte/logout/")
    person.page.get_by_role("button", name="Se déconnecter").last.click()


def test_a_passkey_opens_the_account(someone):
    page = someone.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    kind |= {"hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    go(someone, "double-authentification/webauthn/add/", "a key to add")
    page.get_by_label("Nom").fill("Téléphone")
    page.locator("[name=passwordless]").check()
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Codes de secours")
    someone.accessible("recovery codes")
    go(someone, "double-authentification/webauthn/", "my keys")
    expect(page.get_by_role("heading", name="Téléphone")).to_be_visible()
    log_out(someone)
    page.goto(f"{someone.site}/compte/login/")
    page.get_by_role("button", name="clé d’accès").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Se connecter")
    go(someone, "email/", "logged in again")


def test_the_codes_of_an_application(someone, by):
    page = someone.page
    go(someone, "double-authentification/", "second factors")
    go(someone, "double-authentification/totp/activate/", "an application to activate")
    secret = page.locator(".secret").inner_text()

    def code(which: int) -> str:
        counters = sorted(yield_hotp_counters_from_time())
        return format_hotp_value(hotp_value(secret, counters[which]))

    page.locator("[name=code]").fill(code(0))
    page.get_by_role("button", name="Activer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Codes de secours")
    go(someone, "connexions/", "open logins")
    log_out(someone)
    someone.log_in(by.email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Encore une étape")
    someone.accessible("second step")
    page.locator("[name=code]").fill(code(-1))
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Encore une étape")


def test_the_pages_of_a_code_by_mail(browser, site):
    person = Supervisor(browser, site)
    go(person, "login/code/", "a code by mail")
    person.page.locator("[name=email]").fill("personne@example.org")
    person.page.get_by_role("button", name="Envoyer le code").click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Saisissez le code reçu")
    person.accessible("the code of a mail")
