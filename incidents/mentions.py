"""Finding one person in what others typed, to put “[effacé]” in the place of their name.

However it was typed: without accents, in capitals, with or without hyphens. Each part of the name
counts on its own, unless somebody else of the session bears it, too: then only both together do.
A word that is also a name (“petit”) goes with it: less is lost by that than by a name that stays.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.formats import date_format

from candidates.identity import fold, match_key

ERASED = "[effacé]"
SHORTEST = 2  # signs of a part of a name that counts on its own


@dataclass(frozen=True)
class Mentions:
    """`others`: the names, in one text or many, of the other people of the session."""

    birth_name: str
    first_name: str
    birthdate: date
    external_id: str
    others: Iterable[str]

    def clean(self, value: Any) -> Any:
        """The same text, list or object of JSON, without the person."""
        if isinstance(value, str):
            return self._clean_text(value)
        if isinstance(value, list):
            return [self.clean(each) for each in value]
        if isinstance(value, dict):
            return {key: self.clean(each) for key, each in value.items()}
        return value

    def are_in(self, value: Any) -> bool:
        return self.clean(value) != value

    def _clean_text(self, text: str) -> str:
        folded, places = _folded(text)
        for found in reversed(list(self._pattern.finditer(folded))):
            start, end = places[found.start()], places[found.end() - 1] + 1
            while end < len(text) and not fold(text[end]):  # an accent that stands for itself
                end += 1
            text = text[:start] + ERASED + text[end:]
        return text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The longest first: what is together is replaced together."""
        last, first = _spelled(self.birth_name), _spelled(self.first_name)
        gap = r"[\W_]{1,3}"
        found = [f"{last}{gap}{first}", f"{first}{gap}{last}"] if last and first else []
        borne = _keys(self.others)
        for name, spelled in ((self.birth_name, last), (self.first_name, first)):
            if spelled and len(match_key(name)) >= SHORTEST and not _words(name) <= borne:
                found.append(spelled)
        found += [re.escape(fold(each)) for each in self._numbers()]
        return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)")

    def _numbers(self) -> list[str]:
        day = self.birthdate
        told = [f"{day:%d/%m/%Y}", day.isoformat(), f"{day:%d.%m.%Y}", f"{day:%d-%m-%Y}"]
        told += [f"{day.day}/{day.month}/{day.year}", date_format(day, "j F Y")]
        return [*told, self.external_id] if len(self.external_id) >= SHORTEST else told


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its signs the place of the one that it comes from."""
    folded, places = [], []
    for place, sign in enumerate(text):
        for each in fold(sign):
            folded.append(each)
            places.append(place)
    return "".join(folded), places


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", fold(name)))


def _spelled(name: str) -> str:
    """A pattern of the folded name: its words, apart or together."""
    words = re.findall(r"\w+", fold(name))
    return r"[\W_]{0,2}".join(map(re.escape, words))


def _keys(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in _words(name)}
