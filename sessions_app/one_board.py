"""A room at one version, and what its board shows of it: derived, never stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from .frame_text import as_text
from .models import Session

ONE_COLUMN = 8  # who needs me, beside the room; `static/js/supervision.js` counts alike
TOGETHER = 2  # so many past their end hour are proposed to be ended at once
FEW = 3  # so many left of a shared loss are named: nobody is forgotten


@dataclass(frozen=True)
class Board:
    """A session and its candidates, by key in the order of names, at one version."""

    session: Session
    people: Mapping[int, Any]

    @cached_property
    def epoch(self) -> str:
        return str(self.session.epoch)

    @property
    def rows(self) -> list:
        return list(self.people.values())

    @cached_property
    def counters(self) -> dict[str, int]:
        counts = {"not_started": 0, "in_progress": 0, "finished": 0, "needs_me": 0}
        seen = 0
        for candidate in self.rows:
            counts[candidate.state] += 1
            counts["needs_me"] += candidate.needs_me_since is not None
            seen += candidate.is_expected_here and candidate.away_since is None
        counts["needs_me"] += bool(self.lost_together)
        expected = sum(candidate.is_expected_here for candidate in self.rows)
        return {**counts, "seen": seen, "expected": expected}

    @cached_property
    def counters_json(self) -> str:
        return as_text(self.counters)

    @cached_property
    def lost_together(self) -> list:
        """Who is still away since the room's network was lost; one card for all of them."""
        return [row for row in self.rows if row.is_lost_together]

    @cached_property
    def late(self) -> list:
        """Who is past the end hour that is their own; one card proposes to end them at once."""
        return [row for row in self.rows if row.is_late]

    @property
    def is_closing(self) -> bool:
        return len(self.late) >= TOGETHER

    @property
    def without_pause(self) -> list:
        """In a suspended room, those whose computer has not received the pause."""
        return [row for row in self.rows if row.has_not_got_pause]

    @property
    def lost_since(self) -> datetime:
        return min(row.away_since for row in self.lost_together)

    @property
    def are_few_lost(self) -> bool:
        return len(self.lost_together) <= FEW

    @cached_property
    def needs_me(self) -> list:
        waiting = [row for row in self.rows if row.needs_me_since is not None]
        return sorted(waiting, key=lambda row: (row.needs_me_since, row.sort_key, row.pk))

    @property
    def are_many_waiting(self) -> bool:
        """On a wide screen their list takes two columns."""
        return len(self.needs_me) > ONE_COLUMN

    @cached_property
    def room(self) -> list:
        return [row for row in self.rows if row.needs_me_since is None]

    def after_answers(self, version: int, people: Mapping[int, Any]) -> "Board":
        """The board once these candidates have come to other questions: nothing else moves."""
        board = Board(self.session.at_version(version), {**self.people, **people})
        for name in ("epoch", "counters", "counters_json"):
            board.__dict__[name] = getattr(self, name)
        return board

    def html_of(self, candidate_ids: Iterable[int]) -> dict[str, str]:
        """The rows of those of these candidates who are still on the list, by key."""
        return {str(pk): self.people[pk].row_html for pk in candidate_ids if pk in self.people}
