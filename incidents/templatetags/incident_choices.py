"""Lets the templates of other apps offer what `incidents` knows."""

from django import template

from candidates import rehearsal
from candidates.states import State
from sessions_app import clock

from .. import categories, waiting
from ..categories import NEEDS_QUESTION, Category
from ..entries import ENTRIES, EVENTS, DayEntry
from ..models import Alert

register = template.Library()

# Which categories fit what the candidate reports, the likeliest first.
LIKELY = {
    Alert.Subject.IMAGE: [Category.E1, Category.E11],
    Alert.Subject.EMBED: [Category.E2, Category.E11],
    Alert.Subject.FILE: [Category.E3, Category.E9],
    Alert.Subject.FOCUS: [Category.E10],
    Alert.Subject.PAGE: [Category.E11, Category.E4, Category.E5, Category.E12],
}


@register.simple_tag
def question_categories() -> list[tuple[str, str]]:
    """Those about a question, whose number they need."""
    return [(c.value, c.label) for c in Category if c in NEEDS_QUESTION]


@register.simple_tag
def room_categories() -> list[tuple[str, str]]:
    """Those which need no question: they can concern the whole room."""
    return [(c.value, c.label) for c in Category if c not in NEEDS_QUESTION]


@register.simple_tag
def day_entries(candidate) -> list[tuple[str, DayEntry]]:
    """The entries of the day that make sense now for this candidate, with their addresses."""
    events = candidate.events.filter(type__in=EVENTS).order_by("version")
    latest = {event.type: event.version for event in events}
    return [(name, entry) for name, entry in ENTRIES.items() if _is_next(name, candidate, latest)]


def _is_next(name: str, candidate, latest: dict[str, int]) -> bool:
    def is_open(opening: str, closing: str) -> bool:
        return latest.get(opening, 0) > latest.get(closing, 0)

    is_out = is_open("left_room", "returned_to_room")
    lacks_signature = is_open("signature_missing", "signature_given")
    is_over = candidate.state == State.FINISHED
    return {
        "late-arrival": not is_over and "arrived_late" not in latest,
        "leave-room": not is_out and not is_over,
        "return-to-room": is_out,
        "change-seat": not is_over,
        "signature-missing": not lacks_signature,
        "signature-given": lacks_signature,
        "leave-early": candidate.state == State.IN_PROGRESS,
        "mark-absent": candidate.state == State.NOT_STARTED and "marked_absent" not in latest,
    }.get(name, True)


@register.simple_tag
def alert_subjects() -> list[tuple[str, str]]:
    return Alert.Subject.choices


@register.simple_tag
def open_alert(candidate) -> Alert | None:
    return candidate.alerts.filter(closed_at=None).first()


@register.simple_tag
def fitting_categories(alert: Alert) -> list[tuple[str, str]]:
    """The reasons that fit the question of an alert, those that fit its subject first."""
    fitting = categories.fitting(rehearsal.question(alert.question))
    likely = [each for each in LIKELY.get(Alert.Subject(alert.subject), []) if each in fitting]
    others = [each for each in fitting if each not in likely]
    return [(category.value, category.label) for category in [*likely, *others]]


@register.simple_tag
def waited_minutes(alert: Alert, candidate) -> int:
    """What the dialog offers to give back for the wait."""
    return waiting.waited_minutes(alert, candidate.session, clock.now())
