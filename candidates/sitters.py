"""A candidate as their own browser needs them: a few columns, no model.

A process holds one for each socket, and reads one again for each answer.
"""

from dataclasses import dataclass
from datetime import datetime

from sessions_app.journal import HeldSession

from .facts import HasFacts

# Of a candidate's row, in the order of `Sitter`.
COLUMNS = (
    *("id", "seat", "question", "question_opened_at", "state", "authorized_until"),
    *("asks_start_at", "asks_resume_at", "away_since", "lost_since", "overtime_at"),
)


@dataclass(slots=True)
class Sitter(HasFacts):
    """What was read at one instant. What follows the alert is left out where answers are saved."""

    # Nothing that a candidate's browser does hangs on these.
    granted_seconds = 0
    lapse_told = False
    claimed_by_id = None

    session: HeldSession
    pk: int
    seat: str
    question: int | None
    question_opened_at: datetime | None
    state: str
    authorized_until: datetime | None
    asks_start_at: datetime | None
    asks_resume_at: datetime | None
    away_since: datetime | None
    lost_since: datetime | None
    overtime_at: datetime | None
    alert_id: int | None
    waiting_seat: str = ""
    node: str = ""
    ends_at: datetime | None = None
    unseen_version: int | None = None

    @property
    def session_id(self) -> int:
        return self.session.pk
