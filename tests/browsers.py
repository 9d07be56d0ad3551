"""Django's test client, as somebody's browser."""

from django.test import Client

from sessions_app.models import User


def logged_in(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser
