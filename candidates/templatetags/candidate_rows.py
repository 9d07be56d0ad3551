"""How a row writes hours, percentages and needs."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from django import template
from django.template.loader import render_to_string
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils.formats import get_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from sessions_app import languages
from sessions_app.event_sentences import spelled
from sessions_app.models import Session

from .. import end_reasons
from ..models import Candidate
from ..states import Fact

register = template.Library()

NEEDS = {
    Fact.ALERT: _("problème question %(question)s"),
    Fact.ASKS_RESUME: _("demande à reprendre"),
    Fact.ASKS_START: _("demande à commencer"),
    Fact.LAPSING: _("autorisation bientôt expirée"),
    Fact.AWAY: _("déconnecté"),
    Fact.OVERTIME: _("temps dépassé"),
}


class RowsNode(template.Node):
    """Not an `include` each: a row that has been rendered for one page or frame serves for all."""

    def __init__(self, people: template.base.FilterExpression):
        self.people = people

    def render(self, context: template.Context) -> str:
        language = languages.current()
        people = self.people.resolve(context)
        # Each with the line end after it that `static/js/board.js` counts on.
        return "".join(f"{each.page_row_in(language)}\n" for each in people)


class KeptWordsNode(TranslateNode):
    """The words of a `translate`, looked up once in each language: a board has rows by the
    dozen, and each lookup is a part of what a row costs."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.words: dict[str | None, str] = {}

    def render(self, context: template.Context) -> str:
        language = get_language()
        if language not in self.words:
            self.words[language] = super().render(context)
        return self.words[language]


@register.tag
def translate(parser, token):
    """Django's own, for fixed words, which it keeps."""
    node = do_translate(parser, token)
    is_fixed = node.filter_expression.var.literal and not node.asvar and not node.message_context
    return KeptWordsNode(node.filter_expression, node.noop) if is_fixed else node


@register.tag("candidate_rows")
def candidate_rows(parser, token):
    """`{% candidate_rows people %}`: their rows on the board."""
    return RowsNode(parser.compile_filter(token.split_contents()[1]))


@register.simple_tag
@cache
def icon(name: str) -> str:
    """`_icon.html`, rendered once: a board shows the same few over and over."""
    return render_to_string("_icon.html", {"icon": name})


@register.filter
def need_label(fact: Fact, candidate: Candidate) -> str:
    return NEEDS[fact] % {"question": candidate.alert_question}


@register.filter
def local_hour(instant: datetime, session: Session) -> str:
    """HH:MM in the time zone of the session's centre."""
    return session.hour_of(instant)


register.filter(spelled)


@register.filter
def instant(at: datetime) -> str:
    """For scripts, which count in ms: `2026-11-26T21:31:36.767Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@register.filter
def local_second(instant: datetime, session: Session) -> str:
    """HH:MM:SS in the time zone of the session's centre."""
    return instant.astimezone(session.zone).strftime("%H:%M:%S")


@register.filter
def split_words(text: str) -> list[str]:
    return text.split()


@register.filter
def percent(value: Decimal) -> str:
    """`33.00` → `33 %` (no-break space), `12.50` → `12,5 %`, or `12.5 %` in English."""
    number = f"{value.normalize():f}".replace(".", get_format("DECIMAL_SEPARATOR"))
    return number + "\u00a0%"


@register.filter
def ended_by(candidate: Candidate) -> str:
    """The supervisor's reason says more than that it was the supervisor."""
    match candidate.ended_by:
        case Candidate.EndedBy.CANDIDATE:
            return gettext("par le candidat")
        case Candidate.EndedBy.SYSTEM:
            return gettext("fin automatique")
    if candidate.end_reason:
        return end_reasons.shown(candidate.end_reason)
    return gettext("par le surveillant")


register.filter("end_reason", end_reasons.shown)
