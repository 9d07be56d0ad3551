"""An action on what is ticked in a list of the admin: one after the other, each told by name."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from .refusals import Conflict


def each(
    request: HttpRequest,
    ticked: Iterable[Any],
    service: Callable[[Any], None],
    done: str,
    name: Callable[[Any], object] = str,
) -> None:
    """`service` does it, and `done` says so; where it raises `Conflict`, that sentence instead."""
    for one in ticked:
        named = name(one)
        try:
            service(one)
            tell, what = messages.success, done
        except Conflict as refusal:
            tell, what = messages.warning, refusal.sentence
        tell(request, _("%(name)s : %(what)s") % {"name": named, "what": what})
