"""Each person chooses the language of the site; until then it is French."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from incidents import documents as reports
from incidents import papers
from sessions_app import documents, kit
from tests import factories

PAGE = {"accept": "text/html"}
WORDS = {  # of a page, in French and in English
    "home": ("Je surveille", "I am invigilating"),
    "account_login": ("Se connecter avec une clé d’accès", "Log in with a passkey"),
    "join": ("Rejoindre ma session", "Join my session"),
    "entry": ("Entrer dans une session", "Enter a session"),
    "board": ("Réglages de l’appareil…", "Device settings…"),
}
PAPERS = {
    "kit": lambda room: kit.kits_pdf([room], "https://example.org"),
    "attendance": lambda room: papers.attendance_pdf([room]),
    "room": papers.room_pdf,
    "report": reports.report_pdf,
}
pytestmark = pytest.mark.django_db


def choose(client, language: str = "en", back: str = "/"):
    body = {"language": language, "next": back}
    return client.post(reverse("language"), body, headers=PAGE)


def path_of(name: str, room) -> str:
    return reverse(name, args=[room.number] if name == "board" else [])


@pytest.mark.parametrize("name", WORDS)
def test_a_page_is_in_the_language_that_was_chosen(client, room, name):
    if name in {"entry", "board"}:
        client.force_login(factories.supervisor(room))
    path = path_of(name, room)
    french, english = WORDS[name]
    for language, words, others in (
        (None, french, english), ("en", english, french), ("fr", french, english)
    ):  # fmt: skip
        if language:
            answer = choose(client, language, path)
            assert (answer.status_code, answer["Location"]) == (302, path)
        response = client.get(path, headers=PAGE | {"accept-language": "en-GB,en"})
        text = response.content.decode()
        assert words in text
        assert others not in text
        assert f'<html lang="{language or "fr"}">' in text
        assert response["Content-Language"] == (language or "fr")


@pytest.mark.parametrize("language", ["", "de", "en-GB", "EN", "../en", "en\n", "x" * 5000])
def test_another_language_is_refused(client, language):
    response = choose(client, language)
    assert response.status_code == 400
    assert "Cette langue n’est pas proposée." in response.content.decode()
    assert settings.SESSION_COOKIE_NAME not in response.cookies


@pytest.mark.parametrize(
    "back",
    ["https://example.org/", "//example.org", "///example.org", "/\\example.org", "javascript:1"],
)
def test_an_address_elsewhere_is_refused(client, back):
    response = choose(client, back=back)
    assert response.status_code == 400
    assert "n’est pas de ce site" in response.content.decode()
    assert '<html lang="fr">' in client.get("/").content.decode()


def test_a_page_cannot_be_fetched_into_another_language(client):
    assert client.get(reverse("language"), {"language": "en"}).status_code == 405
    assert '<html lang="fr">' in client.get("/").content.decode()


def test_the_choice_costs_no_cookie_of_its_own(client):
    choose(client)
    assert set(client.cookies) == {settings.SESSION_COOKIE_NAME}
    client.get("/")
    assert set(client.cookies) == {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}


def test_the_choice_outlives_a_login_and_a_logout(client, room):
    person = factories.supervisor(room)
    choose(client)
    login = {"login": person.email, "password": factories.PASSWORD}
    assert client.post(reverse("account_login"), login).status_code == 302
    assert '<html lang="en">' in client.get(reverse("entry")).content.decode()
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session
    assert '<html lang="en">' in client.get("/").content.decode()


def test_the_form_leads_back_to_the_page_that_shows_it(client, room):
    client.force_login(factories.supervisor(room))
    path = f"/surveillance/{room.number}/journal/?genre=&candidat="
    form = re.search(
        r'action="/langue/".*?name="next" value="([^"]*)".*?value="en" lang="en">English',
        client.get(path).content.decode(),
    )
    assert form
    assert form[1].replace("&amp;", "&") == path


def test_the_answer_to_a_form_leads_home(client):
    """The address of what was posted may not be one that can be opened."""
    text = client.post(reverse("account_login"), {"login": "", "password": ""}).content.decode()
    assert '<input type="hidden" name="next" value="/">' in text


def test_what_a_post_answers_is_in_the_language_too(client):
    choose(client)
    body = {"session_number": "", "access_code": ""}
    response = client.post(reverse("join"), body, headers=PAGE)
    assert response["Content-Language"] == "en"
    assert "Your invigilator gives you the number" in response.content.decode()


def test_a_language_that_is_no_longer_proposed_is_forgotten(client):
    session = client.session
    session["language"] = "de"
    session.save()
    assert '<html lang="fr">' in client.get("/").content.decode()


@pytest.mark.parametrize("name", ["kit", "attendance", "room", "report"])
def test_a_paper_is_french_whoever_prints_it(room, monkeypatch, name):
    factories.running(room, factories.supervisor(room))
    spoken = []

    def render(template, data, **options):
        session = data.get("sessions", [data])[0]
        spoken.append((translation.get_language(), session["facts"]["day"]))
        return b""

    monkeypatch.setattr(documents, "render", render)
    with translation.override("en"):
        PAPERS[name](room)
        assert translation.get_language() == "en"
    assert spoken == [("fr", date_format(room.date, "l j F Y"))]
