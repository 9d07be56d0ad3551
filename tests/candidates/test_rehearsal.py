import re

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from candidates import rehearsal
from candidates.rehearsal import QUESTIONS, Kind, Option, Question

every_question = pytest.mark.parametrize(
    "question", QUESTIONS, ids=lambda question: str(question.number)
)

# How the page shows what a question contains.
SHOWN = {
    "image": "img.shown",
    "embed": "figure.simulator",
    "file": "a[download]",
    "focus": "[data-focus]",
}


def of_kind(kind: Kind) -> Question:
    """A question of our own, so that rewording the real ones breaks no test."""
    is_short = kind == Kind.SHORT
    return Question(
        number=1,
        kind=kind,
        topic="essai",
        text="Essai ?",
        options=() if is_short else tuple(Option(value, value.upper()) for value in "abcd"),
        answer={Kind.CHOICE: ("b",), Kind.CHOICES: ("c", "a"), Kind.SHORT: ("Été 3000",)}[kind],
        seconds=None,
        contains=(),
    )


def test_twenty_questions_numbered_from_one():
    assert rehearsal.COUNT == 20
    assert [question.number for question in QUESTIONS] == list(range(1, 21))


def test_every_kind_is_there_and_some_are_timed():
    assert {question.kind for question in QUESTIONS} == set(Kind)
    assert len([question for question in QUESTIONS if question.seconds]) >= 5


def test_no_text_twice():
    assert len({question.text for question in QUESTIONS}) == rehearsal.COUNT


def test_the_right_choice_is_not_always_in_the_same_place():
    places = {question.answer for question in QUESTIONS if question.kind == Kind.CHOICE}
    assert places == {("a",), ("b",), ("c",), ("d",)}


@every_question
def test_a_question_is_short_and_its_options_differ(question):
    assert 20 <= len(question.text) <= 200
    assert question.topic
    labels = [option.label for option in question.options]
    assert len(set(labels)) == len(labels)
    assert all(0 < len(label) <= 100 for label in labels)


@every_question
def test_options_and_answers_fit_the_kind(question):
    if question.kind == Kind.SHORT:
        assert question.options == ()
        return
    assert 3 <= len(question.options) <= 5
    assert question.values.issuperset(question.answer)
    expected = {Kind.CHOICE: {1}, Kind.CHOICES: {2, 3, 4}}[question.kind]
    assert len(question.answer) in expected
    assert len(question.answer) < len(question.options)


@every_question
def test_a_timed_question_leaves_time_to_read(question):
    assert question.seconds is None or 45 <= question.seconds <= 120


@pytest.mark.parametrize("content", sorted(rehearsal.CONTENTS))
def test_every_content_is_rehearsed(content):
    assert [question for question in QUESTIONS if content in question.contains]


@every_question
def test_what_it_contains_is_what_the_page_shows(question):
    context = {"question": question, "question_count": rehearsal.COUNT}
    page = BeautifulSoup(
        render_to_string("candidates/stages/question.html", context), "html.parser"
    )
    shown = {kind for kind, selector in SHOWN.items() if page.select(selector)}
    assert shown == set(question.contains)
    for image in page.select("img"):
        assert len(image["alt"]) >= 20
    for told in page.select("img[src], a[download]"):
        source = told.get("src") or told["href"]
        assert finders.find(source.removeprefix(settings.STATIC_URL))
    for figure in page.select("figure"):
        assert figure.figcaption.get_text(strip=True)
        assert figure.select("summary, button, input")  # reached with the keyboard


@pytest.mark.parametrize("contains", [[], ["file"], ["image", "file"], ["image", "embed"]])
def test_contents_that_are_not_those_shown_are_not_sound(contains):
    image = {"kind": "image", "source": "rehearsal/search.svg", "text": "Un essai."}
    item = {"number": 1, "kind": "short", "topic": "essai", "text": "Essai\u00a0?", "options": []}
    item |= {"answer": ["un"], "seconds": None, "shows": [image]}
    assert rehearsal._read({**item, "contains": ["image", "focus"]}).shows
    with pytest.raises(ValueError, match="not sound"):
        rehearsal._read({**item, "contains": contains})


@every_question
def test_french_typography(question):
    options, shown = question.options, question.shows
    for text in (question.text, *(each.label for each in options), *(each.text for each in shown)):
        assert not re.search(r"['\"]| [:;?!»%]|« ", text), text
        assert not re.search(r"[^\u00a0\u202f][;?!»]", text), text


@every_question
def test_the_right_answer_is_right_once_cleaned(question):
    sent = question.answer[:1] if question.kind == Kind.SHORT else question.answer
    assert rehearsal.is_correct(question, rehearsal.clean_answer(question, list(sent)))
    assert not rehearsal.is_correct(question, "")


@pytest.mark.parametrize("number", [-1, 0, 21, 10**9])
def test_there_is_no_other_question(number):
    with pytest.raises(LookupError):
        rehearsal.question(number)


def test_a_question_is_found_by_its_number():
    assert rehearsal.question(1) is QUESTIONS[0]
    assert rehearsal.question(20) is QUESTIONS[-1]


@pytest.mark.parametrize(
    ("kind", "raw", "stored"),
    [
        (Kind.CHOICE, [], ""),
        (Kind.CHOICE, [""], ""),
        (Kind.CHOICE, ["b"], "b"),
        (Kind.CHOICE, [" b "], "b"),
        (Kind.CHOICES, [], ""),
        (Kind.CHOICES, ["c", "a"], "a,c"),
        (Kind.CHOICES, ["a", "a"], "a"),
        (Kind.SHORT, [], ""),
        (Kind.SHORT, ["   "], ""),
        (Kind.SHORT, ["  été \n"], "été"),
        (Kind.SHORT, ["<b>été</b>"], "<b>été</b>"),
        (Kind.SHORT, ["é" * 200], "é" * 200),
    ],
)
def test_clean_answer(kind, raw, stored):
    assert rehearsal.clean_answer(of_kind(kind), raw) == stored


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Kind.CHOICE, ["z"]),
        (Kind.CHOICE, ["B"]),
        (Kind.CHOICE, ["a", "b"]),
        (Kind.CHOICES, ["a", "z"]),
        (Kind.CHOICES, ["a,c"]),
        (Kind.SHORT, ["un", "deux"]),
        (Kind.SHORT, ["é" * 201]),
        (Kind.SHORT, ["un\0deux"]),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_in_french(kind, raw):
    with pytest.raises(ValueError, match=r"^(Votre réponse|Choisissez) .+\.$"):
        rehearsal.clean_answer(of_kind(kind), raw)


@pytest.mark.parametrize(
    ("kind", "stored", "right"),
    [
        (Kind.CHOICE, "b", True),
        (Kind.CHOICE, "a", False),
        (Kind.CHOICES, "a,c", True),
        (Kind.CHOICES, "a", False),
        (Kind.CHOICES, "a,b,c", False),
        (Kind.SHORT, "ETE 3000", True),
        (Kind.SHORT, "été\N{NARROW NO-BREAK SPACE}3 000", True),
        (Kind.SHORT, "hiver", False),
    ],
)
def test_is_correct(kind, stored, right):
    assert rehearsal.is_correct(of_kind(kind), stored) is right
