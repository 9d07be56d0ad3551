"""The language of each person: French, until they choose another one with the form of the site.

What a browser asks for (`Accept-Language`) changes nothing: in a room, everybody begins with the
same words. The choice is kept in the session, without a cookie of its own.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from sessions_app import languages, refusals

KEY = "language"


class LanguageMiddleware:
    """Answers each request in the language that its session has chosen, and says which it is.

    Whoever logs in or out keeps their language: a login ends the session that knew it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _chosen(request)
        with translation.override(chosen or languages.DEFAULT):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if chosen and request.session.get(KEY) is None:
            request.session[KEY] = chosen
        return response


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keeps the language that was asked for, and goes back to the page it was asked from.

    `language`: a code of `settings.LANGUAGES`; `next`: an address of this site. 400 otherwise.
    """
    language = request.POST.get("language", "")
    if not languages.is_known(language):
        raise refusals.Malformed(gettext("Cette langue n’est pas proposée."))
    back = request.POST.get("next", "") or "/"
    hosts = {request.get_host()}
    if not url_has_allowed_host_and_scheme(back, hosts, require_https=request.is_secure()):
        raise refusals.Malformed(gettext("Cette adresse de retour n’est pas de ce site."))
    request.session[KEY] = language
    return HttpResponseRedirect(back)


def _chosen(request: HttpRequest) -> str | None:
    """The code that the session keeps, if it is still proposed.

    A database out of reach is answered further in, by whoever cannot do without it.
    """
    try:
        language = request.session.get(KEY)
    except refusals.DATABASE_OUTAGES:
        return None
    return language if language and languages.is_known(language) else None
