"""The hidden fields of every action form."""

import uuid

from django import template

register = template.Library()


@register.simple_tag
def new_key() -> str:
    """A key for one human intention, minted when its form is shown."""
    return uuid.uuid4().hex
