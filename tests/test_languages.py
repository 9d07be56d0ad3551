"""French in every template goes through the catalogue, and the English one lacks nothing."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation

from tests.catalogue import compiled, entries
from tests.template_texts import every_text, name_of, template_files

# What a template may show as it stands, and why.
SAME_IN_BOTH = {
    "Pix Surveillance": "the name of the product",
    "min": "a unit",
    "s": "a unit",
    "Q": "the initial of a question, of which a screen reader hears the whole word",
    "English": "each language has its own name",
    "Français": "each language has its own name",
    "docs/look.md": "a file",
    "rem": "a unit",
    "CDI": "the name of a room",
}
FILES_APART = {
    "allauth/elements/button.html": "the name of its tag is a choice; its text is in a slot",
    "candidates/simulators/folders.html": "a question of the rehearsal, like candidates/rehearsal",
}
READ_ALOUD = {"aria-label", "aria-description", "title", "placeholder", "alt", "label", "data-word"}
HIDDEN = "\ue000"
TAG = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
WHOLE = re.compile(
    r"{% blocktranslate\b.*?{% endblocktranslate %}"
    r"|{% block (?:body_class|body_attributes|coltype) %}.*?{% endblock %}"
    r"|{% comment %}.*?{% endcomment %}",
    re.DOTALL,
)
# A text given to a tag or a filter: `_("…")` is asked for, "…" is not.
GIVEN = re.compile(r"""(?:\b(?:label|words|title)=|\|(?:default|pluralize|add):)(["'])([^"']*)\1""")
LETTERS = re.compile(r"[^\W\d_]")
PLACEHOLDER = re.compile(r"%\(\w+\)s|<[^>]+>|%%")


def hidden(text: str) -> str:
    """As long, with the same lines."""
    return re.sub(r"[^\n]", HIDDEN, text)


class Shown(HTMLParser):
    """Every text of a page that people read or hear, with its line."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self.inside = ""
        for whole in (WHOLE, TAG):
            source = whole.sub(lambda match: hidden(match[0]), source)
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        is_button = tag == "input" and dict(attrs).get("type") in {"submit", "button", "reset"}
        for name, value in attrs:
            if name in READ_ALOUD or (name == "value" and is_button):
                self.keep(value or "")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside not in {"script", "style"}:
            self.keep(data)

    def keep(self, text: str) -> None:
        for number, line in enumerate(text.split("\n")):
            for piece in line.split(HIDDEN):
                words = piece.replace("· Pix Surveillance", "").strip(" \u00a0·:/+,.-–→0123456789")
                if LETTERS.search(words) and words not in SAME_IN_BOTH:
                    self.found.append((self.getpos()[0] + number, words))


def bare_texts(source: str) -> list[tuple[int, str]]:
    given = [
        (source.count("\n", 0, tag.start()) + 1, words)
        for tag in TAG.finditer(source)
        for _, words in GIVEN.findall(tag[0])
        if LETTERS.search(words)
    ]
    return Shown(source).found + given


@pytest.mark.parametrize("path", template_files(), ids=name_of)
def test_no_text_is_shown_untranslated(path):
    if name_of(path) in FILES_APART:
        assert FILES_APART[name_of(path)]
        return
    bare = [f"{path.name}:{line} {words}" for line, words in bare_texts(path.read_text())]
    assert bare == [], "Write {% translate “…” %} around it, and its English in locale/en"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Bonjour</p>", [(1, "Bonjour")]),
        ('<p>\n{% translate "Bonjour" %} à tous</p>', [(2, "à tous")]),
        ("<p>{% if a %}Oui{% else %}\nNon{% endif %}</p>", [(1, "Oui"), (2, "Non")]),
        ('<a aria-label="Retour">{{ name }}</a>', [(1, "Retour")]),
        ('<input type="submit" value="Envoyer">', [(1, "Envoyer")]),
        ('<input type="hidden" value="Alarme incendie">', []),
        ('{{ name|default:"sans nom" }}', [(1, "sans nom")]),
        ('{% include "_field.html" with label="Nom" %}', [(1, "Nom")]),
        ('{% include "_field.html" with label=_("Nom") %}', []),
        ("{% blocktranslate %}Bonjour {{ name }}{% endblocktranslate %}", []),
        ("<script>Rien</script><b>+10&nbsp;min</b> · Pix Surveillance", []),
    ],
)
def test_bare_texts_are_found(source, found):
    assert bare_texts(source) == found


@pytest.mark.parametrize("text", every_text(), ids=lambda text: text.singular[:40])
def test_every_text_has_its_english(text):
    forms = compiled()
    if text.plural is None:
        pairs = [(text.singular, forms.get(text.singular))]
    else:
        pairs = [
            (text.singular, forms.get((text.singular, 0))),
            (text.plural, forms.get((text.singular, 1))),
        ]
    for french, english in pairs:
        assert english, f"locale/en lacks “{french}”, of {every_text()[text]}"
        assert sorted(PLACEHOLDER.findall(english)) == sorted(PLACEHOLDER.findall(french))


def test_french_is_what_the_templates_say():
    """A word that Django's own catalogue has, as an English one, would change in French."""
    with translation.override("fr"):
        changed = [
            (text.singular, shown)
            for text in every_text()
            for shown in [translation.gettext(text.singular)]
            if shown != text.singular
        ]
    assert changed == [], "Choose another word, or give it a context"


def test_nothing_of_the_catalogue_is_unused():
    used = {(text.singular, text.plural): set(places) for text, places in every_text().items()}
    wrong = []
    for entry in entries():
        told = {place for place in entry.places if place.startswith("templates/")}
        shown = {f"templates/{name}" for name in used.get((entry.singular, entry.plural), ())}
        if told != shown:
            wrong.append((entry.singular, sorted(told ^ shown)))
    assert wrong == [], "The places of locale/en/…/django.po are not those of the templates"


def test_the_catalogue_is_compiled_and_certain():
    forms = compiled()
    for entry in entries():
        assert not entry.is_fuzzy, entry.singular
        for number, words in enumerate(entry.words):
            key = entry.key if entry.plural is None else (entry.key, number)
            assert forms.get(key) == words, f"Compile it again: {entry.singular}"
