"""No page of a person that we know is kept by a cache: every address × every kind of person."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.sessions_app.scenes import PATTERNS, Scene
from tests.sessions_app.test_access_matrix import PAGE, PROGRAM, grouped

pytestmark = pytest.mark.django_db
# The script that stands in for pages when the network is gone: the same for everybody.
SHARED = {"worker": "no-cache"}
LOGS_OUT = {"/admin/logout/", reverse("account_logout")}
PEOPLE = ["candidate", "supervisor", "head", "admin", "stranger"]


@pytest.mark.parametrize("actor", PEOPLE)
def test_every_answer_to_a_known_person_is_kept_nowhere(actor):
    scene = Scene("board")
    browser = scene.browser(actor)
    paths = {}
    for scene.route in PATTERNS:
        paths[scene.path()] = SHARED.get(scene.route, "no-store")
    paths |= dict.fromkeys([*grouped("admin/"), *grouped("compte/"), "/nowhere/"], "no-store")
    kept = []
    for path, expected in paths.items():
        if path in LOGS_OUT:
            continue
        # A program is answered in JSON, a refusal more than others.
        accept = PROGRAM if actor == "stranger" else PAGE
        told = browser.get(path, headers={"accept": accept}).get("Cache-Control", "")
        if expected not in told or (expected == "no-store" and "private" not in told):
            kept.append((path, told))
    assert kept == []


@pytest.mark.parametrize("name", ["join", "account_login"])
def test_a_form_that_shows_again_what_was_typed_is_kept_nowhere(name, room):
    typed = {"last_name": "Zylberstein", "first_name": "Quirinus", "login": "q@example.org"}
    response = Client().post(reverse(name), typed, headers={"accept": PAGE})
    assert "Zylberstein" in response.content.decode() or name == "account_login"
    assert "no-store" in response["Cache-Control"]


def test_what_opens_a_login_or_a_seat_is_kept_nowhere(room):
    person = factories.user()
    answer = {"login": person.email, "password": factories.PASSWORD}
    response = Client().post(reverse("account_login"), answer)
    assert response.status_code == 302
    assert "no-store" in response["Cache-Control"]


def test_a_stranger_may_keep_what_is_everybodys():
    """Pages have a form, and so something that is this browser's alone."""
    assert "no-store" in Client().get(reverse("privacy"))["Cache-Control"]
    assert "no-store" not in Client().get(reverse("manifest")).get("Cache-Control", "")
