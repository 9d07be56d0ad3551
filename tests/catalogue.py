"""The English catalogue, as people edit it and as Django reads it."""

import ast
import gettext
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parent.parent / "locale" / "en" / "LC_MESSAGES"
PART = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) (".*")$')


class Entry(NamedTuple):
    """`key`: the text with its context, as it is compiled. `words`: every translation, one for
    each number. `places`: the files that ask for it.
    """

    key: str
    singular: str
    plural: str | None
    words: tuple[str, ...]
    places: tuple[str, ...]
    is_fuzzy: bool


@cache
def entries() -> list[Entry]:
    """Of `django.po`, its header not counted."""
    blocks = (FOLDER / "django.po").read_text().split("\n\n")
    return [entry for entry in map(_entry, blocks) if entry.singular]


def _entry(block: str) -> Entry:
    parts: dict[str, str] = {}
    places: list[str] = []
    flags, name = "", ""
    for line in block.splitlines():
        if line.startswith("#: "):
            places += line.removeprefix("#: ").split()
        elif line.startswith("#, "):
            flags += line
        elif begun := PART.match(line):
            name = begun[1]
            parts[name] = ast.literal_eval(begun[2])
        elif line.startswith('"'):
            parts[name] += ast.literal_eval(line)
    words = tuple(text for name, text in parts.items() if name.startswith("msgstr"))
    plural = parts.get("msgid_plural")
    singular = parts.get("msgid", "")
    key = f"{parts['msgctxt']}\x04{singular}" if "msgctxt" in parts else singular
    return Entry(key, singular, plural, words, tuple(places), "fuzzy" in flags)


@cache
def compiled() -> dict:
    """What `django.mo` holds: a text, or a text and the number of its form, and its translation."""
    with (FOLDER / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)._catalog
