"""What the row of a candidate shows and offers: derived from state and facts, never stored."""

import json
from datetime import datetime
from functools import cache, cached_property

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from sessions_app import languages
from sessions_app.frame_text import as_text

from . import rehearsal, states, timing
from .states import Action, Fact, State

LABELS = {
    Action.AUTHORIZE_START: gettext_lazy("Autoriser le départ"),
    Action.AUTHORIZE_RESUME: gettext_lazy("Autoriser la reprise"),
    Action.ACCEPT_ALERT: gettext_lazy("Voir le problème"),
    Action.END_TEST: gettext_lazy("Mettre fin au test"),
}
# Where room is short; always a part of the whole label.
SHORT = {
    Action.AUTHORIZE_START: gettext_lazy("Autoriser"),
    Action.END_TEST: gettext_lazy("Mettre fin"),
}


def _shown(question: int | None) -> int | None:
    return min(question, rehearsal.COUNT) if question else None


@cache
def _marks_of(question: int | None) -> tuple[str, str]:
    """Where a row, as JSON text, tells the question that is open."""
    return f'data-question=\\"{question}\\"', f"'at'>{_shown(question)}<"


class MovingRow:
    """The row of a candidate who answers, when nothing else of it moves.

    It is the one that rendering it again would give (`test_answered_rows`), at a hundredth of the
    price: an answer is what happens most.
    """

    __slots__ = ("_candidate", "_question", "_rows")

    def __init__(self, candidate: "RowDisplay", question: int | None, rows: dict[str, str]):
        self._candidate, self._question, self._rows = candidate, question, rows

    def open(self, number: int) -> None:
        (at, told), (new_at, new_told) = _marks_of(self._question), _marks_of(number)
        self._rows = {
            language: row.replace(at, new_at, 1).replace(told, new_told, 1)
            for language, row in self._rows.items()
        }
        self._question = number

    def row_in(self, language: str) -> str:
        """As `RowDisplay.row_in`."""
        if language in self._rows:
            return self._rows[language]
        return self.candidate_now().row_in(language)

    def candidate_now(self) -> "RowDisplay":
        return self._candidate.at_question(self._question, self._rows)


class RowDisplay:
    """Mixed into `Candidate`; needs `with_facts()`."""

    @property
    def display_name(self) -> str:
        return f"{self.birth_name.upper()} {self.first_name}"

    @cached_property
    def _rows(self) -> dict[str, str]:
        """By language, once it has been asked for in it."""
        return {}

    @cached_property
    def _pages(self) -> dict[str, str]:
        return {}

    def row_in(self, language: str) -> str:
        """The row of the board, as the JSON text of a frame has it."""
        if language not in self._rows:
            self._rows[language] = languages.within(language, self._rendered)
        return self._rows[language]

    def _rendered(self) -> str:
        html = render_to_string("candidates/_row.html", {"candidate": self})
        return as_text("".join(map(str.strip, html.splitlines())))

    @property
    def row_html(self) -> str:
        """The row of the board; the page and the frames show this very text."""
        return self.page_row_in(languages.current())

    def page_row_in(self, language: str) -> str:
        if language not in self._pages:
            self._pages[language] = json.loads(self.row_in(language))
        return self._pages[language]

    def moving_row(self) -> MovingRow:
        return MovingRow(self, self.question, self._rows)

    def at_question(self, number: int, rows: dict[str, str]):
        """The same candidate once question `number` is open, which these rows show."""
        return self._twin({"question": number, "_rows": rows, "_pages": {}})

    def with_changes(self, changes: dict):
        """The same candidate once `changes` of columns are made; nothing derived is kept."""
        derived = {"needs", "needs_me_since", "actions", "likely_action", "flags"}
        derived |= {"_rows", "_pages"}
        twin = self._twin(changes)
        for name in derived:
            twin.__dict__.pop(name, None)
        return twin

    def _twin(self, changes: dict):
        twin = type(self).__new__(type(self))
        twin.__dict__ = {**self.__dict__, **changes}
        return twin

    def needs_someone_after(self, changes: dict) -> bool:
        after = self.with_changes(changes)
        return after.state != State.FINISHED and bool(after.needs)

    @property
    def state_words(self) -> str:
        """As `get_state_display`, which looks for it in all that a state may be."""
        return State(self.state).label

    @cached_property
    def flags(self) -> list[str]:
        hidden = {Fact.HAS_GRANT, Fact.LOST}
        return sorted(fact.value for fact in self.facts() - hidden)

    @property
    def is_expected_here(self) -> bool:
        """Their computer should be connected: in the waiting room or in the test."""
        return self.state == State.IN_PROGRESS or self.asks_start_at is not None

    @property
    def is_lost_together(self) -> bool:
        """Away with the room's network: one card stands for all of them.

        Written by each departure; while nobody is away it says nothing.
        """
        return self.away_together and self.away_since is not None

    @property
    def is_late(self) -> bool:
        """Past the end hour, own extra time included, and still in the test."""
        return self.overtime_at is not None and self.state == State.IN_PROGRESS

    @property
    def is_lapsing(self) -> bool:
        return Fact.LAPSING in self.facts()

    @property
    def is_claimed(self) -> bool:
        return self.claimed_by_id is not None and bool(self.needs)

    @property
    def is_unseen(self) -> bool:
        """The last that a supervisor did has not been acknowledged by the candidate's computer.

        Who has finished by themselves has no use for it any more.
        """
        is_over = self.state == State.FINISHED and self.ended_by != self.EndedBy.SUPERVISOR
        return self.unseen_version is not None and not is_over

    @property
    def has_not_got_pause(self) -> bool:
        paused_at = self.session.paused_at
        return bool(paused_at and self.unseen_since and self.unseen_since <= paused_at)

    @cached_property
    def needs(self) -> list[tuple[Fact, datetime]]:
        """What needs a person, with the instant since when, longest wait first."""
        facts = self.facts()
        needs = []
        if Fact.ALERT in facts:
            needs.append((Fact.ALERT, self.alert_raised_at))
        if Fact.ASKS_RESUME in facts:
            needs.append((Fact.ASKS_RESUME, self.asks_resume_at))
        if Fact.ASKS_START in facts and Fact.AUTHORIZED not in facts:
            needs.append((Fact.ASKS_START, self.asks_start_at))
        if Fact.LAPSING in facts:
            needs.append((Fact.LAPSING, self.authorized_until - timing.LAPSE_NOTICE))
        is_alone = not self.is_lost_together
        if Fact.AWAY in facts and self.state == State.IN_PROGRESS and is_alone:
            needs.append((Fact.AWAY, self.away_since))
        if self.is_late:
            needs.append((Fact.OVERTIME, self.overtime_at))
        return sorted(needs, key=lambda need: need[1])

    @cached_property
    def needs_me_since(self) -> datetime | None:
        return self.needs[0][1] if self.needs else None

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        return states.supervisor_actions(self.state, self.facts())

    @cached_property
    def likely_action(self) -> Action | None:
        """The one button of the row: what this candidate most likely needs."""
        order = (
            Action.ACCEPT_ALERT,
            Action.AUTHORIZE_RESUME if self.asks_resume_at or self.is_lapsing else None,
            Action.AUTHORIZE_START,
            Action.END_TEST if self.overtime_at else None,
            None if self.is_lost_together else Action.AUTHORIZE_RESUME,
        )
        return next((action for action in order if action in self.actions), None)

    @cached_property
    def sheet_url(self) -> str:
        """The page of this candidate; each action is an address below it."""
        return reverse("sheet", args=[self.session.number, self.pk])

    @property
    def likely_label(self) -> str:
        if self._extends:
            minutes = timing.AUTHORIZATION.seconds // 60
            return gettext("Prolonger %(minutes)s min") % {"minutes": minutes}
        if self.likely_action == Action.AUTHORIZE_RESUME and self.absent_minutes:
            told = {"minutes": self.absent_minutes}
            return gettext("Autoriser et rendre %(minutes)s min") % told
        return str(LABELS[self.likely_action])

    @property
    def likely_words(self) -> str:
        """The label where room is short."""
        is_short = self.likely_action in SHORT and not self._extends
        return str(SHORT[self.likely_action]) if is_short else self.likely_label

    @property
    def second_action(self) -> Action | None:
        """Past the end hour there are two honest choices, side by side."""
        return Action.ADD_TIME if self.likely_action == Action.END_TEST else None

    @property
    def likely_is_one_tap(self) -> bool:
        """Harmless and undone as easily as done: needs no confirmation."""
        return self.likely_action == Action.AUTHORIZE_START or self._extends

    @property
    def _extends(self) -> bool:
        authorizes = {Action.AUTHORIZE_START, Action.AUTHORIZE_RESUME}
        return self.is_lapsing and self.likely_action in authorizes

    @property
    def near_mark(self) -> int | None:
        """Fewer minutes than this remain, as last told; past the end hour the overtime says it."""
        is_running = self.state == State.IN_PROGRESS and self.overtime_at is None
        return self.warned_minutes if is_running else None

    @property
    def question_count(self) -> int:
        return rehearsal.COUNT

    @property
    def shown_question(self) -> int | None:
        return _shown(self.question)

    @property
    def absent_minutes(self) -> int:
        """How long who asks to resume had been away when they came back."""
        if self.asks_resume_at is None or self.lost_since is None:
            return 0
        return timing.lost_minutes(self.lost_since, self.asks_resume_at)

    @property
    def granted_minutes(self) -> int:
        return self.granted_seconds // 60
