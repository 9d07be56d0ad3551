"""What the answers of the site tell the security log: doors tried, pages refused, files taken.

Read from the answer itself, so that no page, and no document to come, can be forgotten.
"""

import re

from django.http import HttpRequest, HttpResponse

from . import codes, security_log, timekeeper

# Name of the address and status of the answer to what was posted there → kind.
DOORS = {
    ("entry", 302): "entered",
    ("entry", 422): "entry_refused",
    ("entry", 429): "entry_limited",
    ("join", 422): "join_refused",
    ("join", 429): "join_limited",
}
REFUSED = {403, 404}


class SecurityLogMiddleware:
    """Outside of what turns refusals into answers, inside of what knows who asks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.resolver_match is not None:
            # A room whose database can only be read still gets its papers.
            with timekeeper.surviving("security log"):
                _tell(request, response)
        return response


def _tell(request: HttpRequest, response: HttpResponse) -> None:
    match, status = request.resolver_match, response.status_code
    name, number = match.url_name or "", match.kwargs.get("number", "")
    door = DOORS.get((name, status)) if request.method == "POST" else None
    if door == "entered":
        security_log.note(door, request=request, number=_typed(request))
    elif door:
        security_log.note_refusal(door, request=request, number=_typed(request))
    elif status in REFUSED and request.user.is_authenticated:
        told = {"what": name, "status": status}
        security_log.note_refusal("access_refused", request=request, number=number, **told)
    elif response.has_header("Content-Disposition") and request.user.is_authenticated:
        security_log.note("document_taken", request=request, number=number, what=name)


def _typed(request: HttpRequest) -> str:
    """The number of a session as it was typed; "" for what cannot be one."""
    number = codes.clean(request.POST.get("session_number", ""))
    return number if re.fullmatch("[0-9]{6}", number) else ""
