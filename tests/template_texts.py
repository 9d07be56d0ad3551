"""The texts of templates that are translated, as Django's own compiler reads them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.template import Template
from django.template.base import Node, NodeList
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
# `_("…")` given to another tag. Django makes it lazy while it compiles, and forgets the words.
GIVEN = re.compile(r'_\("([^"]+)"\)')


class Text(NamedTuple):
    """What a catalogue is asked for: `plural` is None for a text that counts nothing."""

    singular: str
    plural: str | None = None


@cache
def template_files() -> list[Path]:
    """Every template of ours, pages and e-mails; the PDF documents are French, whoever reads."""
    files = [path for kind in ("*.html", "*.txt") for path in TEMPLATES.rglob(kind)]
    return sorted(files)


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def texts_of(path: Path) -> set[Text]:
    """The texts that a template asks to translate, its includes and its parent not counted."""
    template: Template = get_template(name_of(path)).template
    found = {Text(words) for words in GIVEN.findall(path.read_text())}
    for node in walk(template.nodelist):
        if isinstance(node, TranslateNode):
            literal = node.filter_expression.var.literal
            # As makemessages writes it: a sign of percentage is a sign of format there.
            found.add(Text(literal.replace("%", "%%")))
        elif isinstance(node, BlockTranslateNode):
            singular, _ = node.render_token_list(node.singular)
            plural = node.render_token_list(node.plural)[0] if node.plural else None
            found.add(Text(singular, plural))
    return found


def walk(nodes: NodeList) -> Iterator[Node]:
    """Each node, those inside branches, blocks and inclusions in the text included."""
    for node in nodes:
        yield node
        for name in node.child_nodelists:
            yield from walk(getattr(node, name, None) or [])
        for _, branch in getattr(node, "conditions_nodelists", []):
            yield from walk(branch)


@cache
def every_text() -> dict[Text, tuple[str, ...]]:
    """Each text, with the names of the templates that show it."""
    places: dict[Text, tuple[str, ...]] = {}
    for path in template_files():
        for text in texts_of(path):
            places[text] = (*places.get(text, ()), name_of(path))
    return places
