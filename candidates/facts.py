"""What is true beside the state, read off the columns of a candidate."""

from datetime import datetime

from . import timing
from .states import Fact, State


class HasFacts:
    """For `Candidate.with_facts()`, and for whatever has the columns named here.

    Columns: `state`, `authorized_until`, `asks_start_at`, `asks_resume_at`, `away_since`,
    `lost_since`, `overtime_at`, `alert_id`, `granted_seconds`, `lapse_told`,
    `claimed_by_id`; and `session`, of which `paused_at` and `grace_seconds`.
    """

    __slots__ = ()

    def facts(self, now: datetime | None = None) -> frozenset[Fact]:
        """Without `now`, as everyone was last told; with it, an authorisation that has lapsed
        counts no more, and an absence counts as lost from the end of the grace on.
        """
        authorized = self.authorized_until is not None
        lost = self.lost_since is not None
        if now is not None:
            authorized = authorized and self.authorized_until > now
            lost = lost or self._must_ask(now)
        present = {
            Fact.AUTHORIZED: authorized,
            Fact.LAPSING: authorized and self.lapse_told,
            Fact.ASKS_START: self.asks_start_at is not None and self.away_since is None,
            Fact.ASKS_RESUME: self.asks_resume_at is not None,
            Fact.AWAY: self.away_since is not None,
            Fact.LOST: lost and not authorized,
            Fact.ALERT: self.alert_id is not None,
            Fact.OVERTIME: self.overtime_at is not None,
            Fact.PAUSED: self.session.paused_at is not None,
            Fact.HAS_GRANT: self.granted_seconds > 0,
            Fact.CLAIMED: self.claimed_by_id is not None,
        }
        return frozenset(fact for fact, is_true in present.items() if is_true)

    def _must_ask(self, now: datetime) -> bool:
        if self.away_since is None or self.state != State.IN_PROGRESS:
            return False
        session = self.session
        return timing.must_ask_to_resume(
            self.away_since, now, session.grace_seconds, session.paused_at
        )
