"""Inviting someone to a centre: the message, the link, and every way in which it opens nothing."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from sessions_app import invitations
from sessions_app.memberships import Invitation, Membership, Role
from sessions_app.models import User
from tests import factories
from tests.admin_page import text, url
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
INVITED = "nouvelle@example.org"
LIST = "sessions_app_invitation"
PAGE = {"accept": "text/html"}
WORDS = "quatre mots bien choisis"


@pytest.fixture
def center():
    return factories.center(name="Lycée Simone-Veil")


@pytest.fixture
def head(client, center):
    person = factories.head(center)
    client.force_login(person)
    return person


def invite(client, center, role=Role.SUPERVISOR, email=INVITED):
    data = {"email": email, "role": role, "center": center.pk}
    return client.post(url(LIST, "add"), data, follow=True)


def act(client, action):
    chosen = [invitation.pk for invitation in Invitation.objects.all()]
    return client.post(url(LIST), {"action": action, "_selected_action": chosen}, follow=True)


def last_link(mailoutbox) -> str:
    (path,) = re.findall(r"https?://[^/]+(/\S+)", mailoutbox[-1].body)
    return path


def test_a_new_person_creates_an_account_and_gets_the_role(client, center, head, mailoutbox):
    assert invite(client, center, Role.ADMINISTRATOR).status_code == 200
    (message,) = mailoutbox
    assert message.to == [INVITED]
    assert message.subject == "Pix Surveillance : invitation de Lycée Simone-Veil"
    assert "sept jours" in message.body
    link, browser = last_link(mailoutbox), Client()
    shown = browser.get(link, headers=PAGE)
    assert "Lycée Simone-Veil vous invite" in text(shown)
    assert INVITED not in text(shown)
    signup = {"email": INVITED, "password1": WORDS, "password2": WORDS, "next": link}
    answer = browser.post(reverse("account_signup"), signup)
    assert (answer.status_code, answer["Location"]) == (302, link)
    person = User.objects.get(email=INVITED)
    assert EmailAddress.objects.get(user=person).verified
    assert not Membership.objects.filter(user=person).exists()  # not before they say so
    assert browser.post(link)["Location"] == reverse("admin:index")
    assert Membership.objects.get(user=person).role == Role.ADMINISTRATOR
    assert User.objects.get(pk=person.pk).is_staff
    assert len(mailoutbox) == 1


def test_who_has_an_account_accepts_with_it(client, center, head, mailoutbox):
    person = factories.user(INVITED)
    invite(client, center)
    browser = Client()
    browser.force_login(person)
    link = last_link(mailoutbox)
    assert "Accepter" in text(browser.get(link, headers=PAGE))
    assert browser.post(link)["Location"] == reverse("entry")
    assert Membership.objects.get(user=person).role == Role.SUPERVISOR
    assert not User.objects.get(pk=person.pk).is_staff


def used(client, center, link, db_clock):
    invitations.accept(link.split("/")[-2], factories.user(INVITED))


def withdrawn(client, center, link, db_clock):
    act(client, "withdraw")


def replaced(client, center, link, db_clock):
    act(client, "send_again")


def expired(client, center, link, db_clock):
    db_clock.forward(days=7, seconds=1)


CLOSED = [
    (used, invitations.USED),
    (withdrawn, invitations.WITHDRAWN),
    (replaced, invitations.REPLACED),
    (expired, invitations.EXPIRED),
]


@pytest.mark.parametrize(("close", "sentence"), CLOSED)
def test_a_link_that_is_worth_nothing_says_why(
    client, center, head, mailoutbox, db_clock, close, sentence
):
    invite(client, center)
    link = last_link(mailoutbox)
    close(client, center, link, db_clock)
    person = User.objects.filter(email=INVITED).first() or factories.user(INVITED)
    known = Client()
    known.force_login(person)
    before = everything()
    for browser in (Client(), known):
        shown = browser.get(link, headers=PAGE)
        assert shown.status_code == 409
        assert sentence.replace("\u00a0", " ") in text(shown)
    assert known.post(link, headers=PAGE).status_code == 409
    assert changes(before, everything()) == set()


def test_a_link_is_alive_to_its_last_second(client, center, head, mailoutbox, db_clock):
    invite(client, center)
    db_clock.forward(days=6, hours=23, minutes=59)
    assert Client().get(last_link(mailoutbox), headers=PAGE).status_code == 200


def test_sent_again_it_has_seven_more_days(client, center, head, mailoutbox, db_clock):
    invite(client, center)
    db_clock.forward(days=8)
    assert "expirée" in text(client.get(url(LIST)))
    act(client, "send_again")
    assert len(mailoutbox) == 2
    assert Client().get(last_link(mailoutbox), headers=PAGE).status_code == 200


def test_another_address_gets_nothing(client, center, head, mailoutbox):
    invite(client, center)
    link, browser = last_link(mailoutbox), Client()
    browser.force_login(factories.user())
    for send in (browser.get, browser.post):
        refused = send(link, headers=PAGE)
        assert refused.status_code == 403
        assert "une autre adresse" in text(refused)
        assert INVITED not in text(refused)
    assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("change", [lambda link: link[:-4] + "xxx/", lambda link: link[:25] + "/"])
def test_a_forged_link_is_unknown(client, center, head, mailoutbox, change):
    invite(client, center)
    refused = Client().get(change(last_link(mailoutbox)), headers=PAGE)
    assert refused.status_code == 404
    assert "Lycée" not in text(refused)


def test_one_open_invitation_for_an_address(client, center, head, mailoutbox):
    invite(client, center)
    assert "déjà une invitation en attente" in text(invite(client, center, email=INVITED.upper()))
    assert (Invitation.objects.count(), len(mailoutbox)) == (1, 1)
    act(client, "withdraw")
    invite(client, center)
    assert len(mailoutbox) == 2


def test_a_known_account_is_invited_as_any_other(client, center, head, mailoutbox):
    """What the administrator reads does not tell who has an account."""
    factories.user(INVITED)
    told = [text(invite(client, center, email=each)) for each in (INVITED, "autre@example.org")]
    assert len(mailoutbox) == 2
    assert "déjà" not in "".join(told)


def test_nobody_invites_to_a_centre_of_others(client, head):
    elsewhere = factories.center()
    invite(client, elsewhere)
    assert not Invitation.objects.exists()
    client.force_login(factories.user())
    assert client.get(url(LIST, "add")).status_code == 302


def test_an_invitation_never_takes_a_role_away(client, center, head, mailoutbox):
    person = factories.user(INVITED)
    invite(client, center)
    invitations.roles.give(center, person, Role.ADMINISTRATOR)
    invitations.accept(last_link(mailoutbox).split("/")[-2], person)
    assert Membership.objects.get(user=person).role == Role.ADMINISTRATOR
