"""The watch over leaked names hears every place, and nothing that only looks like a name."""

import logging

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from sessions_app import announcements, live
from tests import canaries, factories

pytestmark = pytest.mark.django_db


def leaky(request):
    name, where = "Durand 0001", request.GET.get("where")
    if where == "redirection":
        return HttpResponse(status=302, headers={"Location": "/candidat/?nom=Durand+0001"})
    if where == "failure":
        return HttpResponse(f"KeyError: {name}", status=500)
    return HttpResponse(f'<p>{name}</p><a href="/x/{name if where == "link" else ""}">y</a>')


urlpatterns = [path("", leaky)]


class _Numbers:
    def __str__(self):
        return "1:2:Durand 0001"


LEAKS = {
    "log": lambda: logging.getLogger("apart").warning("no seat for %s", "Élise"),
    "redirection": lambda: Client().get("/?where=redirection"),
    "link": lambda: Client().get("/?where=link"),
    "answer to a failure": lambda: Client().get("/?where=failure"),
    "announcement": lambda: live.hear([_Numbers()]),
    "mail": lambda: mail.mail_admins("Error", "surveillante12@example.org"),
}


@pytest.mark.urls("tests.test_canaries")
@pytest.mark.parametrize("place", LEAKS)
def test_a_leak_is_heard(place):
    LEAKS[place]()
    assert [each.partition(":")[0] for each in canaries.taken()] == [place]


def test_an_announcement_of_other_processes_is_heard():
    announcements.written([_Numbers()])
    assert len(canaries.taken()) == 1


@pytest.mark.urls("tests.test_canaries")
def test_a_page_may_show_a_name_and_repeat_what_is_asked():
    Client().get("/")
    Client().get("/", {"where": "link", "q": "Durand 0001"})
    assert canaries.taken() == []


def test_what_the_factories_plant_is_a_canary():
    room = factories.session()
    person, by = factories.candidate(room), factories.supervisor(room)
    planted = [person.birth_name, person.first_name, person.birthdate.isoformat(), by.email]
    planted += [f"{person.birthdate:%d/%m/%Y}", person.sort_key, person.identity_key]
    planted += [person.display_name, room.access_code, room.supervisor_code]
    assert [each for each in planted if not canaries.CANARY.search(each)] == []


@pytest.mark.parametrize("text", [
    "/surveillance/100042/", "durandal 0001", "churchélises", "/key/3-qzxw2345-aaa/", "2010-04-230",
    "1:2:abcd:1:1=2010,4=23", "eyJQZXabc", "https://example.org/surveillante",
])  # fmt: skip
def test_what_only_looks_like_one_is_none(text):
    assert canaries.CANARY.search(text) is None
