"""Every PDF of the product: data in, a tagged PDF/UA-1 out, the same bytes for the same data.

The layout is in `templates/documents/*.typ`. What people typed reaches it as JSON values and is
only ever shown as text: nothing of it is read as markup. No network, no file is written.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, wraps
from typing import Any

import typst
from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from . import access
from .document_text import printable
from .models import Session
from .refusals import Invalid

FOLDER = settings.ROOT / "templates" / "documents"
LARGEST = 2_000_000  # signs of data: some thousand lines, far beyond any room
TOO_LARGE = _("Ce document est trop long pour être imprimé. Utilisez les exports.")


def in_french(build: Callable[..., bytes]) -> Callable[..., bytes]:
    """A paper of the centre is French, whatever the language of whoever prints it."""

    @wraps(build)
    def built(*args, **kwargs) -> bytes:
        with translation.override("fr"):
            return build(*args, **kwargs)

    return built


def render(
    template: str,
    data: Mapping[str, Any],
    *,
    at: datetime,
    verbatim: Mapping[str, str] | None = None,
) -> bytes:
    """The PDF of `templates/documents/<template>.typ`.

    `data` holds JSON values; its `title` is that of the document. `at` (aware) is the instant
    that it shows, which stands for the time of its making: the clock would change the bytes.
    `verbatim` are texts of our own: pictures as SVG, addresses. Raises `Invalid` beyond
    LARGEST signs.
    """
    inputs = {
        "data": json.dumps(_printable(data), ensure_ascii=False),
        "verbatim": json.dumps(verbatim or {}),
    }
    if len(inputs["data"]) > LARGEST:
        raise Invalid(TOO_LARGE)
    return typst.compile(
        FOLDER / f"{template}.typ",
        root=FOLDER,
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=["ua-1"],
        timestamp=int(at.timestamp()),
    )


@cache
def _fonts() -> typst.Fonts:
    """Those of the package only: a document looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False)


def _printable(value: Any) -> Any:
    """The same values, every text of them as it can be printed."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _printable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(each) for each in value]
    return value


def facts_of(session: Session) -> dict[str, str]:
    """What each document says at its head of a session (its centre at hand)."""
    return {
        "number": session.spaced_number,
        "center": session.center.name,
        "site": session.site,
        "room": session.room,
        "day": date_format(session.date, "l j F Y"),
        "hour": f"{session.start_time:%H:%M}",
        "supervisors": session.supervisors,
    }


def last_change(session: Session) -> datetime:
    """The instant of the last event, which a document shows the state at, in local time."""
    last = session.events.order_by("-version").values_list("at", flat=True).first()
    return (last or session.scheduled_start).astimezone(session.zone)


def spelled(instant: datetime) -> str:
    """ "le 12 janvier 2027 à 09:41", of an instant in local time."""
    return f"le {date_format(instant, 'j F Y')} à {instant:%H:%M}"


def page(view):
    """A document of a room, for who has an account: read with GET, kept by no cache.

    The browser's own PDF reader is what the policy calls an object.
    """

    @wraps(view)
    def answered(request, *args, **kwargs) -> HttpResponse:
        name, content = view(request, *args, **kwargs)
        response = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
        return response

    return access.account_required(require_GET(csp_replace({"object-src": [SELF]})(answered)))
