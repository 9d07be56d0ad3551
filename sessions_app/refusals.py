"""Every refusal of the product: one clear sentence and a fitting status code.

Rules raise a `Refusal`; the middleware answers it, as a page to a person who sent a plain form
and as JSON `{"message": …}` to our scripts and to programs. Raised inside a transaction, it
undoes everything that the request had begun.
"""

import sys

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.views import defaults

# Out of reach, starting, full or read-only: nothing that the request can help.
DATABASE_OUTAGES = (OperationalError, InterfaceError, InternalError)


class Refusal(Exception):
    """What was asked is refused. `status` is the HTTP code, `sentence` what the person reads.

    A sentence of a table is said in the language of whoever reads it, when they read it.
    """

    status = 409
    title = gettext_lazy("Action impossible")

    def __init__(self, sentence: str | Promise, **details: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class Malformed(Refusal):
    """The request itself makes no sense (400)."""

    status = 400


class Forbidden(Refusal):
    """Known person, no right to this (403)."""

    status = 403
    title = gettext_lazy("Accès refusé")


class Missing(Refusal):
    """It does not exist, or not for this person: the answer is the same (404)."""

    status = 404
    title = gettext_lazy("Page introuvable")


class MethodNotAllowed(Refusal):
    """A form's address opened like a page, or the reverse (405)."""

    status = 405


class Conflict(Refusal):
    """The state of things does not allow it, or has changed since it was seen (409)."""


class Invalid(Refusal):
    """Well formed, but a value cannot be accepted (422)."""

    status = 422
    title = gettext_lazy("Vérifiez votre saisie")


class TooOften(Refusal):
    """Tried again too fast, or too often (429); `retry_after` in seconds."""

    status = 429
    title = gettext_lazy("Un instant")

    def __init__(self, sentence: str | Promise, *, retry_after: float = 60) -> None:
        super().__init__(sentence)
        self.retry_after = max(1, int(retry_after))


class Unavailable(Refusal):
    """Not now: our scripts send it again (503)."""

    status = 503
    title = gettext_lazy("Service momentanément indisponible")


def wants_page(request: HttpRequest) -> bool:
    """True for a browser that follows a link or sends a plain form, without our scripts."""
    if request.headers.get("HX-Request"):
        return False
    return "text/html" in request.headers.get("Accept", "")


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if wants_page(request):
        context = {"title": refusal.title, "sentence": refusal.sentence}
        response = render(request, "refusal.html", context, status=refusal.status)
    else:
        payload = {"message": refusal.sentence, **refusal.details}
        response = JsonResponse(payload, status=refusal.status)
    return when_to_retry(response, refusal)


def when_to_retry(response: HttpResponse, refusal: Refusal | None) -> HttpResponse:
    if isinstance(refusal, TooOften):
        response["Retry-After"] = refusal.retry_after
    return response


class RefusalMiddleware:
    """Turns a `Refusal` raised by any view into its answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            told = answer(
                request, MethodNotAllowed(gettext("Cette adresse ne se demande pas ainsi."))
            )
            told["Allow"] = response["Allow"]
            return told
        return response

    def process_exception(self, request, exception):
        return answer(request, exception) if isinstance(exception, Refusal) else None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = gettext("Cette page n’est plus à jour. Rechargez-la, puis recommencez.")
    return answer(request, Forbidden(sentence))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Missing(gettext("Cette page n’existe pas, ou vous n’y avez pas accès.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Forbidden(gettext("Vous n’avez pas le droit d’ouvrir cette page.")))


# Those who were held up ten seconds ago are counted by then, even after an outage of the database.
BUSY_SECONDS = 10


def too_often(request: HttpRequest) -> HttpResponse:
    """The limits of the account pages have been reached, or cannot be counted at this instant."""
    sentence = gettext(
        "Trop de demandes en même temps. Attendez quelques secondes, puis recommencez."
    )
    return answer(request, TooOften(sentence, retry_after=BUSY_SECONDS))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that the server itself cannot accept, or a login that it could not save."""
    if _is_outage(exception):
        return server_error(request)
    return defaults.bad_request(request, exception)


def _is_outage(error: BaseException | None) -> bool:
    # Django calls a login that cannot be saved an interrupted one, whatever the reason.
    while isinstance(error, SessionInterrupted | UpdateError):
        error = error.__context__
    return isinstance(error, DATABASE_OUTAGES)


def server_error(request: HttpRequest) -> HttpResponse:
    """What no view foresaw. A database out of reach is a 503, which our scripts send again.

    Reads nothing from the database, and tells nothing of the error: the log has it.
    """
    if _is_outage(sys.exc_info()[1]):
        status, sentence = (
            503,
            gettext("Le service ne répond pas pour l’instant. Réessayez dans un instant."),
        )
    else:
        status, sentence = (
            500,
            gettext("Un incident nous empêche de répondre. Réessayez dans un instant."),
        )
    if wants_page(request):
        # Without the request: no context of ours may ask the database for anything.
        page = render_to_string("500.html", {"sentence": sentence})
        response = HttpResponse(page, status=status)
    else:
        response = JsonResponse({"message": sentence}, status=status)
    if status == 503:
        response["Retry-After"] = "2"
    return response
