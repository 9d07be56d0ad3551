"""What each cell of a candidate list may hold: pure rules, one cell in, one value out.

A rule is given a cell that holds something and returns its value, or raises `CellError`.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .identity import match_key
from .import_columns import Cell, Column, as_text

OLDEST_BIRTH_YEAR = 1900
SESSION_YEARS = range(2000, 2101)
MOST_EXTRA_TIME = 300  # percent

_FRENCH_DATE = re.compile(r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})")
_ISO_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2})(?::[0-9]{2})?|[hH]([0-9]{2})?)")
_NUMBER = re.compile(r"\+?([0-9]{1,4}(?:[.,][0-9]{1,20})?)(%?)")

_CONTROL = _("Ce texte contient un signe invisible : retapez cette cellule.")
_TOO_LONG = _("Ce texte dépasse %(most)s signes.")
_NO_LETTER = _("Ce nom ne contient aucune lettre.")
_DATE = _("Écrivez une date qui existe, au format JJ/MM/AAAA (exemple : 31/12/2009).")
_BIRTHDATE = _("La date de naissance doit être passée et postérieure à 1900.")
_SESSION_DATE = _("L’année de la session doit être comprise entre 2000 et 2100.")
_START_TIME = _("Écrivez l’heure au format HH:MM (exemple : 08:30).")
_SESSION_NUMBER = _("Un numéro de session a six chiffres.")
_SEX = _("Écrivez M ou F.")
_EXTRA_TIME = _("Écrivez le temps majoré en pourcentage, de 0 à 300 (exemple : 33 %).")


class CellError(ValueError):
    """`reason` ends the fault code (INVALID, TOO_LONG…); `sentence` says what to do."""

    def __init__(self, reason: str, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


def text(cell: Cell, *, longest: int, allowed: str = "") -> str:
    """At most `longest` signs, spaces tidied; HTML is text like any other.

    Control and invisible signs are refused, except those `allowed`.
    """
    content = as_text(cell).strip()
    for sign in content:
        if unicodedata.category(sign).startswith("C") and sign not in allowed:
            raise CellError("INVALID", _CONTROL)
    tidy = unicodedata.normalize("NFC", " ".join(content.split()))
    if len(tidy) > longest:
        raise CellError("TOO_LONG", _TOO_LONG % {"most": longest})
    return tidy


def person_name(cell: Cell) -> str:
    name = text(cell, longest=120)
    if not match_key(name):
        raise CellError("INVALID", _NO_LETTER)
    return name


def day(cell: Cell) -> date:
    """JJ/MM/AAAA, or ISO as workbooks give their dates."""
    content = as_text(cell).strip()
    match = _FRENCH_DATE.fullmatch(content) or _ISO_DATE.fullmatch(content)
    if match is None:
        raise CellError("INVALID", _DATE)
    try:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        raise CellError("INVALID", _DATE) from None


def birthdate(cell: Cell) -> date:
    born = day(cell)
    if born.year < OLDEST_BIRTH_YEAR or born >= datetime.now(UTC).date():
        raise CellError("INVALID", _BIRTHDATE)
    return born


def session_date(cell: Cell) -> date:
    held = day(cell)
    if held.year not in SESSION_YEARS:
        raise CellError("INVALID", _SESSION_DATE)
    return held


def start_time(cell: Cell) -> time:
    """Local, to the minute: "08:30", "8:30", "8h30", "8 h"."""
    match = _TIME.fullmatch(_squeezed(cell))
    if match is None:
        raise CellError("INVALID", _START_TIME)
    hours, after_colon, after_h = match.groups()
    try:
        return time(int(hours), int(after_colon or after_h or 0))
    except ValueError:
        raise CellError("INVALID", _START_TIME) from None


def session_number(cell: Cell) -> str:
    number = _squeezed(cell)
    if not re.fullmatch(r"[0-9]{6}", number):
        raise CellError("INVALID", _SESSION_NUMBER)
    return number


def sex(cell: Cell) -> str:
    letter = as_text(cell).strip().upper()
    if letter not in ("M", "F"):
        raise CellError("INVALID", _SEX)
    return letter


def extra_time(cell: Cell) -> Decimal:
    """Percent, to the hundredth: "33%", "33" and "0,33" are 33.

    A number cell of a workbook holds 1.0 when it shows 100 %: up to 3 it is a fraction.
    """
    match = _NUMBER.fullmatch(_squeezed(cell))
    if match is None:
        raise CellError("INVALID", _EXTRA_TIME)
    number, sign = Decimal(match[1].replace(",", ".")), match[2]
    # "0,33 %" and "1,33" are slips, and nobody can say which.
    is_slip = 0 < number < 1 if sign else 1 < number < 3 and number % 1 != 0
    if is_slip and isinstance(cell, str):
        raise CellError("INVALID", _EXTRA_TIME)
    is_fraction = number <= 3 if isinstance(cell, float) else number < 1
    percent = (number * 100 if is_fraction else number).quantize(Decimal("0.01"))
    if percent > MOST_EXTRA_TIME:
        raise CellError("INVALID", _EXTRA_TIME)
    return percent


def _squeezed(cell: Cell) -> str:
    return "".join(as_text(cell).split())


RULES: dict[Column, Callable[[Cell], Any]] = {
    Column.SESSION_NUMBER: session_number,
    Column.SITE: partial(text, longest=120),
    Column.ROOM: partial(text, longest=120),
    Column.DATE: session_date,
    Column.START_TIME: start_time,
    Column.SUPERVISORS: partial(text, longest=240, allowed="\n\r\t"),
    Column.REMARKS: partial(text, longest=500, allowed="\n\r\t"),
    Column.BIRTH_NAME: person_name,
    Column.FIRST_NAME: person_name,
    Column.BIRTHDATE: birthdate,
    Column.SEX: sex,
    Column.BIRTH_COUNTRY: partial(text, longest=120),
    Column.EXTERNAL_ID: partial(text, longest=60),
    Column.EXTRA_TIME: extra_time,
}

# The value of an optional cell that holds nothing.
BLANK: dict[Column, Any] = {
    Column.SITE: "",
    Column.ROOM: "",
    Column.SUPERVISORS: "",
    Column.REMARKS: "",
    Column.EXTERNAL_ID: "",
    Column.EXTRA_TIME: Decimal(0),
}
