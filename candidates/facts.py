"""What is true beside the state, read off the columns of a candidate."""

from datetime import datetime
from functools import cache
from itertools import compress

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
        return _present(  # in the order of `Fact`
            authorized,
            authorized and self.lapse_told,
            self.asks_start_at is not None and self.away_since is None,
            self.asks_resume_at is not None,
            self.away_since is not None,
            lost and not authorized,
            self.alert_id is not None,
            self.overtime_at is not None,
            self.session.paused_at is not None,
            self.granted_seconds > 0,
            self.claimed_by_id is not None,
        )

    def _must_ask(self, now: datetime) -> bool:
        if self.away_since is None or self.state != State.IN_PROGRESS:
            return False
        session = self.session
        return timing.must_ask_to_resume(
            self.away_since, now, session.grace_seconds, session.paused_at
        )


@cache
def _present(*are_true: bool) -> frozenset[Fact]:
    """Asked for each candidate of each change, of which nearly all have the same few."""
    return frozenset(compress(Fact, are_true))
