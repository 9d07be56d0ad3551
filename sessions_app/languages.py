"""In which languages this process speaks: French to everybody, another one to who reads in it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs

from django.conf import settings
from django.utils import translation

DEFAULT: str = settings.LANGUAGE_CODE
Made = TypeVar("Made")


def is_known(language: str) -> bool:
    return language in dict(settings.LANGUAGES)


def of_socket(scope: Mapping[str, Any]) -> str:
    """Of the page that opens a socket, from its address (`?lang=en`); of nonsense, French."""
    query = scope.get("query_string", b"")
    if not query:
        return DEFAULT
    asked = parse_qs(query.decode(errors="replace"))
    language = asked.get("lang", [DEFAULT])[-1]
    return language if is_known(language) else DEFAULT


def query() -> str:
    """What the address of a socket says of the page that is being made: read by `of_socket`."""
    language = current()
    return "" if language == DEFAULT else f"?lang={language}"


def current() -> str:
    return translation.get_language() or DEFAULT


def within(language: str, function: Callable[..., Made], *args: object) -> Made:
    with translation.override(language):
        return function(*args)


def in_each(wanted: Iterable[str] | None, make: Callable[[], Made]) -> dict[str, Made]:
    """By language what `make` gives in it; None wants the one that is spoken now."""
    asked = [current()] if wanted is None else wanted
    return {language: within(language, make) for language in asked}
