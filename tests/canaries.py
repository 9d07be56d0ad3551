"""What the factories plant, and a watch over the places where none of it may ever come out.

The names, birthdates, addresses and codes of `factories` have forms that nothing else takes by
chance. The watch reads, in the whole run: each line of the log as production writes it; each
address that a browser is sent to or that a page links to; each announcement; each mail to the
operators; each answer to a failure. What runs in processes of its own (servers of the browser,
bench and fault tests) is not heard; what a real browser asks for is in `browser/test_privacy.py`.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps

from django.core import mail
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest, HttpResponse

from pix_surveillance.log_lines import JsonLines
from sessions_app import announcements, live

GAP = r"(?: |\+|%20|%C2%A0|\u00a0|-)?"
CANARY = re.compile(
    rf"\bdurand{GAP}\d{{4,}}\b|(?<![a-z])(?:É|%C3%89|%C3%A9|\\u00c9)lise\b|2010-04-23\b|23/04/2010|23%2F04%2F2010"
    rf"|surveillante\d+(?:@|%40)|(?-i:\bQZX[A-Z2-9]{{3}}\b|\bQZXW{GAP}[A-Z2-9]{{4}}\b)",
    re.IGNORECASE,
)
LINK = re.compile(r""" (?:href|src|action|hx-get|hx-post)=["']([^"']+)["']""")
_found: list[str] = []


def look(place: str, text: str) -> None:
    if CANARY.search(text):
        _found.append(f"{place}: {text[:500]}")


def taken() -> list[str]:
    """What has leaked since the last call."""
    found = _found[:]
    _found.clear()
    return found


class _Log(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        look("log", JsonLines().format(record))


def _answered(request: HttpRequest, response: HttpResponse) -> None:
    if response.streaming:
        return
    if response.status_code >= 500:
        look("answer to a failure", response.content.decode(errors="replace"))
    if CANARY.search(request.get_full_path()):
        return  # a test has asked for a name itself: what comes back may repeat its address
    look("redirection", response.get("Location", ""))
    kind = response.get("Content-Type", "")
    if kind.startswith("text/html") and not response.has_header("Content-Encoding"):
        links = "\n".join(LINK.findall(response.content.decode(errors="replace")))
        if named := CANARY.search(links):
            look("link", links[max(0, named.start() - 100) : named.end() + 100])


def _heard(place: str, function):
    @wraps(function)
    def listening(*args, **kwargs):
        look(place, str(args) + str(kwargs))
        return function(*args, **kwargs)

    return listening


@contextmanager
def watching() -> Iterator[None]:
    """Listens until the end of the block. One watch for a process."""
    log, answer, answer_later = _Log(), BaseHandler.get_response, BaseHandler.get_response_async
    texts, hear = announcements.written, live.hear
    mails = mail.mail_admins, mail.mail_managers

    def written(told):
        found = texts(told)
        look("announcement", ";".join(found))
        return found

    def heard(told):
        look("announcement", ";".join(map(str, told)))
        hear(told)

    def get_response(self, request):
        response = answer(self, request)
        _answered(request, response)
        return response

    async def get_response_async(self, request):
        response = await answer_later(self, request)
        _answered(request, response)
        return response

    logging.getLogger().addHandler(log)
    announcements.written, live.hear = written, heard
    BaseHandler.get_response, BaseHandler.get_response_async = get_response, get_response_async
    mail.mail_admins, mail.mail_managers = (_heard("mail", each) for each in mails)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(log)
        announcements.written, live.hear = texts, hear
        BaseHandler.get_response, BaseHandler.get_response_async = answer, answer_later
        mail.mail_admins, mail.mail_managers = mails
