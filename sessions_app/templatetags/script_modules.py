"""A page's script and, at once, all that it imports: a browser learns of an import only after it
has read who imports it, and each such step costs a phone a journey to the server and back.
"""

import re
from functools import cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join

register = template.Library()

IMPORT = re.compile(r'^import [^;]* from "\./([^"]+)";$', re.MULTILINE)
FOLDER = "js"


@cache
def imports(name: str) -> tuple[str, ...]:
    """The modules that one needs, near or far, each once: `("board.js", "order.js")`."""
    found: dict[str, None] = {}
    near = IMPORT.findall(Path(finders.find(f"{FOLDER}/{name}")).read_text())
    for each in near:
        found |= dict.fromkeys((each, *imports(each)))
    return tuple(found)


@register.simple_tag
def script_module(name: str) -> str:
    """A module of `static/js/`, by its file's name, and the links that load its imports."""
    links = format_html_join(
        "", '<link rel="modulepreload" href="{}">', ((_url(each),) for each in imports(name))
    )
    return format_html('<script type="module" src="{}"></script>{}', _url(name), links)


def _url(name: str) -> str:
    return static(f"{FOLDER}/{name}")
