"""The words of the admin: headings and buttons say what they do, as one would say it aloud."""

import json

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.utils import timezone

from sessions_app.models import Session
from tests import factories
from tests.admin_page import text, url

pytestmark = pytest.mark.django_db
ADDING = {
    "sessions_app_session": "Ajouter une session",
    "sessions_app_center": "Ajouter un centre",
    "sessions_app_user": "Créer un compte",
    "sessions_app_supervisoraccess": "Donner un accès",
    "sessions_app_invitation": "Inviter une personne",
    "candidates_candidate": "Inscrire un candidat",
}


@pytest.fixture(autouse=True)
def _superuser(client):
    factories.center()
    client.force_login(factories.user(admin=True))


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def test_every_screen_that_adds_something_is_in_the_table(rf, client):
    request = rf.get("/")
    request.user = factories.user(admin=True)
    adds = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, screen in admin.site._registry.items()
        if screen.has_add_permission(request)
    }
    assert adds == set(ADDING)


@pytest.mark.parametrize("model", ADDING)
def test_adding_has_one_name(client, model):
    """On the button of the list, above the form, and in the way back."""
    listed, form = soup(client.get(url(model))), soup(client.get(url(model, "add")))
    assert listed.select_one(".object-tools .addlink").text.strip() == ADDING[model]
    assert form.select_one("#content > h1").text == ADDING[model]
    assert form.select_one(".breadcrumbs").text.strip().endswith(ADDING[model])


def test_an_invitation_is_sent_not_saved(client):
    buttons = soup(client.get(url("sessions_app_invitation", "add"))).select(".submit-row input")
    assert [each["value"] for each in buttons] == ["Envoyer l’invitation"]


def test_a_list_is_searched_by_a_field_with_a_name(client):
    factories.session()
    page = soup(client.get(url("sessions_app_session") + "?q=abc"))
    assert page.select_one("label[for=searchbar]").text == "Rechercher"
    assert page.select_one("#searchbar")["value"] == "abc"
    assert "0 résultat" in page.select_one("#changelist-search").text


def test_a_search_keeps_the_filters(client):
    page = soup(client.get(url("sessions_app_session") + "?when=soon&q=abc"))
    kept = {each["name"]: each["value"] for each in page.select("#toolbar [type=hidden]")}
    assert kept == {"when": "soon"}


def test_the_journal_tells_details_in_words(client):
    room = factories.session()
    data = {"fields": ["first_name"]}
    event = room.events.create(
        version=1, type="candidate_corrected", actor="supervisor", data=data, at=timezone.now()
    )
    page = text(client.get(url("sessions_app_sessionevent", "change", event.pk)))
    assert "prénom" in page
    assert "first_name" not in page


@pytest.mark.parametrize("rooms", [1, 2])
def test_the_home_page_prints_the_day_when_there_are_several_rooms(client, rooms):
    center = factories.center()
    today = timezone.now().astimezone(Session(center=center).zone).date()
    made = [factories.session(center=center, date=today) for _ in range(rooms)]
    chosen = soup(client.get("/admin/")).select(".papers [name=_selected_action]")
    expected = {room.pk for room in made} if rooms > 1 else set()
    assert {int(each["value"]) for each in chosen} == expected


def test_a_page_that_one_may_not_open_says_so_in_our_words(client):
    path, sentence = url("sessions_app_membership", "add"), "Vous n’avez pas le droit d’ouvrir"
    page = client.get(path, headers={"accept": "text/html"})
    told = client.get(path, headers={"accept": "application/json"})
    assert (page.status_code, told.status_code) == (403, 403)
    assert sentence in page.content.decode()
    assert sentence in told.json()["message"]


def test_one_more_line_of_the_list_is_asked_for_in_plain_words(client):
    page = soup(client.get(url("sessions_app_session", "add")))
    told = json.loads(page.select_one("[data-inline-formset]")["data-inline-formset"])
    assert told["options"]["addText"] == "Ajouter : Candidat"


def test_the_list_of_accounts_says_and_filters_what_each_may_do(client):
    accounts = {
        factories.user(admin=True).email: "tous les droits",
        factories.head(factories.center()).email: "administration de centres",
        factories.user().email: "surveillance",
    }

    def shown(kind: str) -> dict[str, str]:
        rows = soup(client.get(url("sessions_app_user") + f"?rights={kind}")).select("tbody tr")
        found = {row.a.text: row.select_one(".field-rights_of").text for row in rows}
        return {email: found[email] for email in accounts if email in found}

    assert shown("") == accounts
    for kind, rights in zip(("all", "center", "supervision"), accounts.values(), strict=True):
        assert set(shown(kind).values()) == {rights}
