"""The built-in rehearsal test: 20 short questions, read and checked once at import.

It stands in when no outside platform is connected. The questions are in the JSON file beside.
"""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from .identity import fold

LONGEST_ANSWER = 200  # signs
# An image; a simulator, a video or another embedded page; a file to open; a page not to be left.
CONTENTS = frozenset({"image", "embed", "file", "focus"})
_FILE = Path(__file__).with_name("rehearsal_questions.json")

_UNKNOWN_OPTION = _("Choisissez parmi les réponses proposées.")
_ONE_ONLY = _("Choisissez une seule réponse.")
_within = lazy(lambda sentence: sentence % {"most": LONGEST_ANSWER}, str)
_TOO_LONG = _within(_("Votre réponse dépasse %(most)s signes : raccourcissez-la."))
_CONTROL = _("Votre réponse contient un signe invisible : retapez-la.")


class Kind(StrEnum):
    CHOICE = "choice"  # one answer
    CHOICES = "choices"  # several answers
    SHORT = "short"  # a few typed words


@dataclass(frozen=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True)
class Material:
    """What a question shows beside its text.

    `kind` is a word of CONTENTS; `source` a static file, or for "embed" the template of a small
    simulator; `text` what a person reads or hears of it: of an image, its alternative.
    """

    kind: str
    source: str
    text: str


@dataclass(frozen=True)
class Question:
    """One question. `seconds` is None when it is not timed.

    `answer` holds every right value of a choice, and every accepted spelling of a short answer:
    it never goes to the candidate's page. `contains` says what the question is made of beside its
    text, in the words of the official question data (see CONTENTS); `shows` is that very thing,
    but for "focus", which has nothing to show.
    """

    number: int
    kind: Kind
    topic: str
    text: str
    options: tuple[Option, ...]
    answer: tuple[str, ...]
    seconds: int | None
    contains: tuple[str, ...]
    shows: tuple[Material, ...] = ()

    @cached_property
    def values(self) -> frozenset[str]:
        return frozenset(option.value for option in self.options)


def question(number: int) -> Question:
    """The question of that number, from 1. Raises `LookupError`."""
    if not 1 <= number <= COUNT:
        raise LookupError(f"no question {number}")
    return QUESTIONS[number - 1]


def deadline(number: int, opened_at: datetime) -> datetime | None:
    """When the time of a timed question is over; None for the others."""
    seconds = question(number).seconds
    return opened_at + timedelta(seconds=seconds) if seconds else None


def clean_answer(question: Question, raw_values: list[str]) -> str:
    """What was sent, in the one form that is stored; "" means no answer.

    A choice gives its value, several give "a,c" in order, a short answer its text of at most
    200 signs. Raises `ValueError` with a sentence.
    """
    values = [value.strip() for value in raw_values if value.strip()]
    if question.kind != Kind.CHOICES and len(values) > 1:
        raise ValueError(_ONE_ONLY)
    if question.kind == Kind.SHORT:
        return _short_text("".join(values))
    if not question.values.issuperset(values):
        raise ValueError(_UNKNOWN_OPTION)
    return _joined(values)


def is_correct(question: Question, stored: str) -> bool:
    """Case, accents and spaces do not count in a short answer; several choices must all match."""
    if question.kind == Kind.SHORT:
        return _spelling(stored) in {_spelling(accepted) for accepted in question.answer}
    return stored == _joined(question.answer)


def _joined(values: Iterable[str]) -> str:
    return ",".join(sorted(set(values)))


def _short_text(text: str) -> str:
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise ValueError(_CONTROL)
    if len(text) > LONGEST_ANSWER:
        raise ValueError(_TOO_LONG)
    return text


def _spelling(text: str) -> str:
    return "".join(fold(text).split())


def _load() -> tuple[Question, ...]:
    """Every question, numbered from 1. Raises `ValueError` when the file is not sound."""
    questions = tuple(_read(item) for item in json.loads(_FILE.read_text(encoding="utf-8")))
    if [question.number for question in questions] != list(range(1, len(questions) + 1)):
        raise ValueError("rehearsal questions must be numbered 1, 2, 3…")
    return questions


def _read(item: dict[str, Any]) -> Question:
    read = Question(
        number=item["number"],
        kind=Kind(item["kind"]),
        topic=item["topic"],
        text=item["text"],
        options=tuple(Option(**option) for option in item["options"]),
        answer=tuple(item["answer"]),
        seconds=item["seconds"],
        contains=tuple(item["contains"]),
        shows=tuple(Material(**shown) for shown in item.get("shows", [])),
    )
    if not _is_sound(read):
        raise ValueError(f"rehearsal question {read.number} is not sound")
    return read


def _is_sound(question: Question) -> bool:
    if not question.answer or not CONTENTS.issuperset(question.contains):
        return False
    if {each.kind for each in question.shows} != set(question.contains) - {"focus"}:
        return False
    if question.kind == Kind.SHORT:
        return not question.options
    has_room = 3 <= len(question.options) <= 5 and len(question.values) == len(question.options)
    is_one = len(question.answer) == 1
    return (
        has_room
        and question.values.issuperset(question.answer)
        and is_one == (question.kind == Kind.CHOICE)
    )


QUESTIONS: tuple[Question, ...] = _load()
COUNT = len(QUESTIONS)
