"""What scripts say goes through `word`, and every other language has all of it, and no more."""

import re
from functools import cache
from pathlib import Path

import pytest
from django.template import engines
from django.utils import translation

from sessions_app.templatetags.script_words import words
from tests import catalogue
from tests.test_conventions import ROOT, where

SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
TEXT = r'"((?:[^"\\\n]|\\.)*)"'
ONE = re.compile(rf"\bword\(\s*{TEXT}")
TWO = re.compile(rf"\bcounted\(\s*[\w.]+,\s*{TEXT},\s*{TEXT}")
COMMENT = re.compile(r"/\*[\s\S]*?\*/|^\s*//.*$|\s//\s.*$", re.MULTILINE)
FRENCH = re.compile(r"[àâäéèêëîïôöùûüçÀÂÉÈÊÎÔÙÛÇ«»’\u00a0]|\\u00a0")
PLACEHOLDER = re.compile(r"\{\w+\}")
UNITS = {r"\u00a0", r"\u00a0min", r"\u00a0h\u00a0"}


def read(text: str) -> str:
    return text.replace(r"\u00a0", "\u00a0")


@cache
def said() -> dict[str, tuple[str | None, str]]:
    """Each sentence (for one), what it is for several, and the script that says it."""
    found: dict[str, tuple[str | None, str]] = {}
    for path in SCRIPTS:
        source = path.read_text()
        found |= {read(one): (None, path.name) for one in ONE.findall(source)}
        found |= {read(one): (read(many), path.name) for one, many in TWO.findall(source)}
    return found


def bare(source: str) -> list[str]:
    """French texts of a script that it does not give to `word` or `counted`."""
    source = COMMENT.sub("", source)
    for call in (ONE, TWO):
        source = call.sub("", source)
    texts = [one for one, _ in re.findall(rf"{TEXT}|(`)", source) if one]
    written = [re.sub(r"\$\{[^}]*\}", "", each) for each in re.findall(r"`([^`]*)`", source)]
    return [text for text in [*texts, *written] if FRENCH.search(text) and text not in UNITS]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_says_french_untranslated(path: Path):
    assert bare(path.read_text()) == [], where(path)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("Copié");', ["Copié"]),
        ('say(word("Copié"));', []),
        ("say(`${name} est déconnecté`);", [" est déconnecté"]),
        ('say(counted(count, "une clé", "{count} clés"));', []),
        ("// l’heure du « serveur »", []),
        ('// déjà dit\nsay("Copié"); /* là */', ["Copié"]),
        ('const text = "look"; // déjà gardé', []),
    ],
)
def test_bare_french_is_found(source, found):
    assert bare(source) == found


def test_every_sentence_of_a_script_has_its_english():
    english = words("en")
    wrong = []
    for sentence, (several, script) in said().items():
        given = english.get(sentence)
        forms = given if isinstance(given, list) else [given]
        french = [sentence, several] if several else [sentence]
        if len(forms) != len(french) or not all(forms):
            wrong.append(f"{script} lacks {sentence}")
        elif set(PLACEHOLDER.findall(forms[-1])) != set(PLACEHOLDER.findall(french[-1])):
            wrong.append(f"{script}: {french[-1]} → {forms[-1]}")
    assert wrong == [], "Write it in locale/en/LC_MESSAGES/djangojs.po, and compile it"
    assert len(said()) > 40


def test_nothing_of_the_catalogue_of_scripts_is_unused():
    assert sorted(words("en").keys() - said().keys()) == []


def test_the_catalogue_of_scripts_is_compiled():
    blocks = (catalogue.FOLDER / "djangojs.po").read_text().split("\n\n")
    entries = [entry for entry in map(catalogue._entry, blocks) if entry.singular]
    read = {
        entry.singular: list(entry.words) if entry.plural else entry.words[0] for entry in entries
    }
    assert words("en") == read, "msgfmt -o djangojs.mo djangojs.po, in locale/en/LC_MESSAGES"


def test_a_page_brings_words_unless_it_is_french():
    page = engines["django"].from_string("{% load script_words %}{% script_words %}")
    with translation.override("fr"):
        assert page.render() == ""
    with translation.override("en"):
        block = page.render()
    assert block.startswith('<script id="script-words" type="application/json">')
    assert "Copied" in block
