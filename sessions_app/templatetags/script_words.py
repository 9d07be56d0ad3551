"""The words of scripts, for pages that are not in French: see `static/js/words.js`."""

from functools import cache

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

from sessions_app import languages

register = template.Library()


@cache
def words(language: str) -> dict[str, str | list[str]]:
    """French sentence → its translation, or those for one and for several; of our scripts only."""
    catalog = JavaScriptCatalog()
    catalog.translation = DjangoTranslation(language, "djangojs", settings.LOCALE_PATHS)
    return catalog.get_catalog()


@register.simple_tag
def socket_language() -> str:
    """The end of the address of a page's socket."""
    return languages.query()


@register.simple_tag
def script_words() -> str:
    """A block of JSON; nothing in French, in which the scripts are written."""
    language = languages.current()
    if language == languages.DEFAULT:
        return ""
    return json_script(words(language), "script-words")
