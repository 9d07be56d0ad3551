"""A line of the log says what happened and where; never the words of an error."""

import json
import logging
import re
import sys

import pytest
from allauth.account import views
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils.log import AdminEmailHandler

from pix_surveillance.log_lines import JsonLines, Lines
from sessions_app import invitations
from sessions_app.memberships import Invitation, Role
from tests import factories

SECRET = "Durand 0001"


@pytest.fixture
def failure():
    """The record of an error whose words, and those of its cause, hold a name."""
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(f"row of {SECRET}") from error
    except ValueError:
        info = sys.exc_info()
    return logging.LogRecord("apart", logging.ERROR, __file__, 1, "duty %s failed", ("x",), info)


def test_an_error_is_one_object_of_one_line(failure):
    text = JsonLines().format(failure)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["level"], line["logger"], line["message"]) == ("ERROR", "apart", "duty x failed")
    assert "test_log_lines.py" in line["error"]


@pytest.mark.parametrize("formatter", [Lines(), JsonLines()])
def test_the_words_of_an_error_are_not_written(formatter, failure):
    text = formatter.format(failure)
    assert "ValueError" in text
    assert "KeyError" in text
    assert SECRET not in text


def test_no_error_leaves_by_mail():
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    handlers = [each for one in loggers for each in one.handlers]
    assert not any(isinstance(each, AdminEmailHandler) for each in handlers)


def invitation(mailoutbox):
    center, asked_at = factories.center(), invitations.clock.now()
    fields = {"center": center, "role": Role.SUPERVISOR, "invited_by": factories.head(center)}
    opened = Invitation.objects.create(email="lea@example.org", sent_at=asked_at, **fields)
    link = invitations.link(opened)
    invitations.withdraw(opened)
    return link


def key_to_a_new_password(mailoutbox):
    person = factories.user()
    Client().post(reverse("account_reset_password"), {"email": person.email})
    return link_of(mailoutbox)


def confirmation_of_an_address(mailoutbox):
    words = {"email": "lea@example.org"} | dict.fromkeys(["password1", "password2"], "Épine-de-40")
    Client().post(reverse("account_signup"), words)
    assert EmailAddress.objects.filter(email="lea@example.org", verified=False).exists()
    return link_of(mailoutbox)


def link_of(mailoutbox):
    return re.findall(r"https?://[^/]+(/compte/\S+)", mailoutbox[-1].body)[0]


WAYS = {  # to be answered by a status that is logged
    "mistyped": (lambda link: Client().get(f"/comptes{link}é\n/"), 404),
    "forged": (lambda link: Client(enforce_csrf_checks=True).post(link), 403),
    "broken": (lambda link: Client(raise_request_exception=False).get(link), 500),
}


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mail", [invitation, key_to_a_new_password, confirmation_of_an_address])
def test_no_line_holds_what_an_email_carries(mail, way, mailoutbox, caplog, monkeypatch):
    link = mail(mailoutbox)
    ask, status = WAYS[way]
    if way == "broken":
        monkeypatch.setattr(invitations, "behind", lambda token: 1 / 0)
        for view in (views.ConfirmEmailView, views.PasswordResetFromKeyView):
            monkeypatch.setattr(view, "dispatch", lambda *args, **kwargs: 1 / 0)
    secret = link.strip("/").rpartition("/")[2]
    assert len(secret) > 20
    assert ask(link).status_code == status
    (record,) = caplog.records
    assert secret in record.getMessage()
    for formatter in (Lines(), JsonLines()):
        text = formatter.format(record)
        assert secret[-12:] not in text
        assert (": an unknown address" if way == "mistyped" else ": /compte/") in text


@pytest.mark.django_db
def test_a_refused_invitation_is_told_by_its_route(mailoutbox, caplog):
    link = invitation(mailoutbox)
    assert Client().get(link).status_code == 409
    (record,) = caplog.records
    assert JsonLines().format(record).count("Conflict: /compte/invitation/<str:token>/") == 1
    assert Lines().format(record) == "Conflict: /compte/invitation/<str:token>/"


@pytest.mark.parametrize("sign", ["\n", "\r", "\u2028", "\x1b", "\u202e", "\x00"])
def test_nobody_writes_a_second_line(sign):
    words = f"Host{sign}ERROR forged"
    record = logging.LogRecord("apart", logging.WARNING, __file__, 1, "bad %s", (words,), None)
    assert sign not in Lines().format(record)
    assert sign not in JsonLines().format(record)
