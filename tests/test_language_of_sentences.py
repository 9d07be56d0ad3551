"""French in the code goes through the catalogue, and the English one lacks nothing of it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.utils import translation

from tests.catalogue import compiled, entries
from tests.test_conventions import ROOT, modules, name_of, texts, where

# How a function of translation is called, and how many of its arguments are sentences.
ASKED = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1}
ASKED |= {"ngettext": 2, "ngettext_lazy": 2}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
APART = {"management", "simulation", "migrations"}  # what is run in a terminal, in French
# Whole modules that are French for everybody, and why.
FRENCH = {
    "candidates/import_columns.py": "names of the columns of a file",
    "candidates/style_page.py": "people and rooms that do not exist, in development only",
    "incidents/documents.py": "a paper of the centre",
    "incidents/draft.py": "what the PV says",
    "incidents/exports.py": "a paper of the centre",
    "incidents/lived.py": "what the PV says",
    "incidents/papers.py": "a paper of the centre",
    "incidents/report.py": "what the PV says",
    "pix_surveillance/settings.py": "errors of whoever installs the site, names of languages",
    "sessions_app/data_page.py": "docs/data.md",
    "sessions_app/data_register.py": "docs/data.md",
    "sessions_app/demonstration.py": "people and rooms that do not exist",
    "sessions_app/kit.py": "a paper of the centre",
    "sessions_app/retention.py": "docs/data.md",
}
# What is kept in the database or printed in the PV, whoever the reader is.
KEPT = {
    "candidates/services.py": {"Temps perdu pendant une déconnexion"},
    "incidents/services.py": {"Attente après un signalement"},
    "incidents/entries.py": {
        "Arrivée en retard",
        "Sortie de la salle",
        "Retour dans la salle",
        "Changement de place ou d’ordinateur",
        "N’a pas signé la feuille d’émargement.",
        "Identité à corriger",
        "Départ anticipé",
    },
    "incidents/erasure.py": {"Personne effacée"},
    "incidents/identity_correction.py": {
        "Nom de naissance",
        "Prénom",
        "Date de naissance",
        " au lieu de ",
        "«\u00a0",
        "\u00a0»",
    },
}
FRENCH_SIGN = re.compile(r"[àâäéèêëîïôöùûüçœÀÂÄÉÈÊËÎÏÔÖÙÛÜÇŒ«»’]")
FRENCH_WORD = re.compile(
    r"\b(le|la|les|un|une|des|du|de|au|et|ou|est|sont|pas|par|pour|sur|dans|votre|vous|ce|cette)\b",
    re.IGNORECASE,
)
LETTER = re.compile(r"[^\W\d_]")


def is_french(text: str) -> bool:
    """A sentence or a few words that only somebody who reads French understands."""
    if not LETTER.search(text):
        return "«" in text or "»" in text
    words = re.split(r"[\s\u00a0\u202f]+", text.strip())
    if FRENCH_SIGN.search(text) and (len(words) > 1 or re.fullmatch(r"[\w’-]{2,}", text)):
        return True
    return len(words) > 1 and not text.isupper() and bool(FRENCH_WORD.search(text))


@cache
def asked() -> dict[tuple[str, str | None], str]:
    """Every sentence that the code asks for (singular, plural), and the first place of it."""
    found: dict[tuple[str, str | None], str] = {}
    for path, tree in modules().items():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and name_of(call.func) in ASKED and call.args:
                forms = [getattr(each, "value", None) for each in call.args]
                if isinstance(forms[0], str):
                    plural = forms[1] if ASKED[name_of(call.func)] == 2 else None
                    found.setdefault((forms[0], plural), where(path, call.lineno))
    return found


def bare(path: Path, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """French that is not given to a function of translation, nor to the log."""
    given = {
        (text.value, text.lineno)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        if name_of(call.func) in ASKED or name_of(call.func).startswith("logger.")
        for text in call.args
        if isinstance(text, ast.Constant)
    }
    for text, line in texts(tree):
        if is_french(text) and (text, line) not in given:
            yield text, line


def english(singular: str, plural: str | None) -> list[tuple[str, str | None]]:
    """Each French form with its English one, as the compiled catalogue has them."""
    forms = compiled()
    if plural is None:
        return [(singular, forms.get(singular))]
    return [(singular, forms.get((singular, 0))), (plural, forms.get((singular, 1)))]


def test_every_sentence_has_its_english():
    lacking = [
        f"{place}: {french}"
        for (singular, plural), place in asked().items()
        for french, words in english(singular, plural)
        if not words
    ]
    assert lacking == [], "Write their English in locale/en/LC_MESSAGES/django.po and compile it"
    assert len(asked()) > 300


def test_english_says_the_same_names_and_numbers():
    wrong = [
        f"{place}: {french} → {words}"
        for (singular, plural), place in asked().items()
        for french, words in english(singular, plural)
        if sorted(PLACEHOLDER.findall(french)) != sorted(PLACEHOLDER.findall(words or ""))
    ]
    assert wrong == []


def test_what_is_asked_for_is_written_out():
    """`_(f"…")` and `_(name)` are in no catalogue; `gettext(name)` needs a `gettext_noop`."""
    wrong = [
        where(path, call.lineno)
        for path, tree in modules().items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and name_of(call.func) in ASKED
        for sentence in call.args[: ASKED[name_of(call.func)]]
        if not isinstance(sentence, ast.Constant)
        if not (name_of(call.func) == "gettext" and isinstance(sentence, ast.Name))
    ]
    assert wrong == [], "Write the sentence itself, with %(names)s filled in after the call"


def test_french_is_what_the_code_says():
    """A word that Django's own catalogue has, as an English one, would change in French."""
    with translation.override("fr"):
        changed = [
            f"{place}: {singular} → {shown}"
            for (singular, _), place in asked().items()
            if (shown := translation.gettext(singular)) != singular
        ]
    assert changed == [], "Choose another word"


def test_no_french_is_shown_untranslated():
    wrong = [
        f"{where(path, line)} {text!r}"
        for path, tree in modules().items()
        if where(path) not in FRENCH and not APART & set(path.parts)
        for text, line in bare(path, tree)
        if text not in KEPT.get(where(path), ())
    ]
    assert wrong == [], "Write gettext(“…”) around it (gettext_lazy in a table), and its English"


def test_nothing_is_excused_in_vain():
    found = {
        where(path): {text for text, _ in bare(path, tree)} for path, tree in modules().items()
    }
    assert [name for name in FRENCH if not found.get(name)] == []
    assert {name: kept - found[name] for name, kept in KEPT.items() if kept - found[name]} == {}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("say('Ce fichier est vide.')", ["Ce fichier est vide."]),
        ("say('déconnecté')", ["déconnecté"]),
        ("say(f'{name} est parti')", [" est parti"]),
        ("say(f'«{name}»')", ["«", "»"]),
        ("say(_('Ce fichier est vide.'))", []),
        ("say(ngettext('un événement', '%(n)s événements', n))", []),
        ("logger.info('œuf %s', name)", []),
        ("'''Une explication déjà donnée.'''", []),
        ("say('a frame was not sent')", []),
        ("say('Pix Surveillance')", []),
    ],
)
def test_bare_french_is_found(code, found):
    assert [text for text, _ in bare(ROOT / "somewhere.py", ast.parse(code))] == found


def test_nothing_of_the_catalogue_is_unused():
    """An entry of the code names the files that ask for it; those of templates are theirs."""
    unused = [
        entry.singular
        for entry in entries()
        if any(place.endswith(".py") for place in entry.places)
        and (entry.singular, entry.plural) not in asked()
    ]
    assert unused == []


def test_the_catalogue_is_compiled():
    stale = [
        entry.singular
        for entry in entries()
        for number, words in enumerate(entry.words)
        if compiled().get((entry.key, number) if entry.plural else entry.key) != words
    ]
    assert stale == [], "msgfmt -o django.mo django.po, in locale/en/LC_MESSAGES"
