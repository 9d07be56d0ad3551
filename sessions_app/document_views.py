"""The documents of a session that need nothing of what happened in it."""

from django.http import HttpRequest

from . import access, documents, kit


@documents.page
def kit_pdf(request: HttpRequest, number: str):
    session = access.supervised_session(request.user, number)
    return f"kit-{number}", kit.kits_pdf([session], kit.origin_of(request))
