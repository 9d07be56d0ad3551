"""Scripts arrive in one journey: what a page asks for at once is all that its module imports."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import engines

from sessions_app.templatetags.script_modules import imports

SCRIPTS = Path(settings.ROOT, "static", "js")
STORAGE = "pix_surveillance.static_storage.StaticStorage"
# As a browser finds them, whatever their form.
ANY_IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*["']\./([^"']+)["']""")


def reached(name: str) -> set[str]:
    near = set(ANY_IMPORT.findall((SCRIPTS / name).read_text()))
    return near.union(*map(reached, near))


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.glob("*.js")))
def test_every_import_is_asked_for(name):
    assert set(imports(name)) == reached(name)
    assert len(imports(name)) == len(set(imports(name)))


def page(name: str) -> str:
    text = "{% load script_modules %}{% script_module '" + name + "' %}"
    return engines["django"].from_string(text).render()


def test_the_tag():
    assert page("copy.js") == (
        '<script type="module" src="/static/js/copy.js"></script>'
        '<link rel="modulepreload" href="/static/js/words.js">'
    )


def test_in_production_the_names_asked_for_are_those_that_are_imported(settings, tmp_path):
    """A module under two names would be fetched, and run, twice."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": STORAGE}}
    call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    asked = set(re.findall(r'href="/static/([^"]+)"', page("supervision.js")))
    assert asked == {names[f"js/{each}"] for each in imports("supervision.js")}
    for each in {*asked, names["js/supervision.js"]}:
        assert re.fullmatch(r"js/\w+\.[0-9a-f]{12}\.js", each)
        for imported in ANY_IMPORT.findall((tmp_path / each).read_text()):
            assert f"js/{imported}" in asked
