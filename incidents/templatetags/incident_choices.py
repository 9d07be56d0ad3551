"""Lets the templates of other apps offer what `incidents` knows."""

from django import template

from ..categories import NEEDS_QUESTION, Category
from ..models import Alert

register = template.Library()

# Which categories fit what the candidate reports, the likeliest first.
FITTING = {
    Alert.Subject.IMAGE: [Category.E1, Category.E11],
    Alert.Subject.EMBED: [Category.E2, Category.E11],
    Alert.Subject.FILE: [Category.E3, Category.E9],
    Alert.Subject.PAGE: [Category.E11, Category.E4, Category.E5, Category.E12],
}


@register.simple_tag
def incident_categories() -> list[tuple[str, str]]:
    return Category.choices


@register.simple_tag
def room_categories() -> list[tuple[str, str]]:
    """Those which need no question: they can concern the whole room."""
    return [(c.value, c.label) for c in Category if c not in NEEDS_QUESTION]


@register.simple_tag
def alert_subjects() -> list[tuple[str, str]]:
    return Alert.Subject.choices


@register.simple_tag
def open_alert(candidate) -> Alert | None:
    return candidate.alerts.filter(closed_at=None).first()


@register.simple_tag
def fitting_categories(alert: Alert) -> list[tuple[str, str]]:
    """The reasons offered for an alert: those that fit first, then every other on a question."""
    first = FITTING.get(Alert.Subject(alert.subject), [])
    others = [category for category in Category if category in NEEDS_QUESTION - set(first)]
    return [(category.value, category.label) for category in [*first, *others]]
