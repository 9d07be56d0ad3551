"""What really happened, kept beside the product: the judge of every answer and every screen."""

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from candidates.models import TimeGrant, Timer
from sessions_app.models import SessionEvent
from tests import fresh_boards
from tests.actions import EVENTS

from .tab import Intention, Shown, Tab


@dataclass
class Facts:
    """What a backup would hold: the effects so far, as counted by the judge alone."""

    version: int = 0
    applied: set[int] = field(default_factory=set)  # numbers of intentions
    answers: dict[int, dict] = field(default_factory=dict)
    ledger: dict[int, list[list]] = field(default_factory=dict)  # candidate: [seconds, undone]
    pauses: dict[int, timedelta] = field(default_factory=dict)
    paused_at: datetime | None = None
    log_starts_after: int = 0
    shared: dict[str, int] = field(default_factory=dict)  # other epoch: same up to that version


class History:
    """The judge. `boards` holds what a fresh load showed at each version of each epoch."""

    def __init__(self, session_id: int, page: dict):
        self.session_id = session_id
        self.facts = Facts(page["v"])
        self.epoch = page["epoch"]
        self.boards = {(page["epoch"], page["v"]): Shown.of(page)}

    def witness(self) -> list[SessionEvent]:
        """Look at the session after anything that may have moved it; returns the new events."""
        fresh, before = fresh_boards.whole(self.session_id), self.facts.version
        self.epoch, self.facts.version = fresh["epoch"], fresh["v"]
        known = self.boards.setdefault((self.epoch, fresh["v"]), Shown.of(fresh))
        assert known == Shown.of(fresh), "the board changed without a new version"
        if fresh["v"] == before:
            return []
        events = list(SessionEvent.objects.filter(session=self.session_id, version__gt=before))
        versions = [event.version for event in events]
        assert versions == list(range(before + 1, fresh["v"] + 1)), "one event a version"
        for event in events:
            self._note_pause(event)
        return events

    @property
    def fresh(self) -> Shown:
        return self.boards[self.epoch, self.facts.version]

    # The answers

    def is_stale(self, intention: Intention) -> bool:
        """The row has moved since it was seen, or belongs to a history that is no more."""
        if intention.seen is None:
            return False
        epoch, seen = intention.seen
        current = self.fresh.rows[intention.candidate_id].row_version
        if epoch == self.epoch:
            return seen < current
        return seen != current or seen > self.facts.shared[epoch]

    def judge(self, intention: Intention, user, status: int | None, answer: dict) -> bool:
        """Whether the attempt did what it said, once, and only if it might.

        `status` is None when no reply left the server. Returns True when something was done.
        """
        was_stale, was_applied = self.is_stale(intention), intention.number in self.facts.applied
        events = self.witness()
        if events:
            assert not was_applied, "an intention was applied twice"
            assert not was_stale, f"an action on a stale sight was applied: {intention}"
            assert status in {None, 200}, "a refusal changed something"
            (event,) = events
            assert event.type == EVENTS[intention.action]
            assert (event.candidate_id, event.user_id) == (intention.candidate_id, user.pk)
            self._apply(intention)
        if status == 200:
            assert intention.number in self.facts.applied, "acknowledged, and not applied"
            first = self.facts.answers.setdefault(intention.number, answer)
            assert answer == first, "a repeat got another answer than the first"
        elif status is not None:
            assert status == 409, f"{status}: {answer}"
            assert not was_applied, "a repeat of what was applied was refused"
            self._judge_refusal(intention, answer)
        return bool(events)

    def _judge_refusal(self, intention: Intention, answer: dict) -> None:
        if intention.candidate_id is None:
            return
        then = self.boards[answer["epoch"], answer["v"]]
        rows = {int(pk): html.strip() for pk, html in answer["rows"].items()}
        assert rows == {intention.candidate_id: then.rows[intention.candidate_id].html}
        row_version = then.rows[intention.candidate_id].row_version
        assert answer.get("row_version", row_version) == row_version

    # The effects

    def _apply(self, intention: Intention) -> None:
        self.facts.applied.add(intention.number)
        ledger = self.facts.ledger.setdefault(intention.candidate_id, [])
        minutes = intention.body.get("minutes", 0)
        if minutes:
            ledger.append([minutes * 60, False])
        if intention.action == "undo-time":
            last = next(line for line in reversed(ledger) if not line[1])
            last[1] = True
        self.check_time()

    def _note_pause(self, event: SessionEvent) -> None:
        if event.type == "room_paused":
            self.facts.paused_at = event.at
        elif event.type == "room_resumed":
            pause = event.at - self.facts.paused_at
            for pk, row in self.fresh.rows.items():
                if row.state == "in_progress":
                    self.facts.pauses[pk] = self.facts.pauses.get(pk, timedelta()) + pause

    def check_time(self) -> None:
        """The ledger holds each applied grant once; each end hour is their exact sum."""
        ledger: dict[int, list[list]] = {pk: [] for pk in self.fresh.rows}
        for grant in TimeGrant.objects.filter(candidate__in=ledger).order_by("pk"):
            ledger[grant.candidate_id].append([grant.seconds, grant.undone_at is not None])
        assert ledger == {pk: self.facts.ledger.get(pk, []) for pk in ledger}, "the ledger"
        for timer in Timer.objects.filter(candidate__in=ledger):
            exact = timer.duration_minutes * 60 * (100 + timer.extra_time_percent) / Decimal(100)
            granted = sum(seconds for seconds, undone in ledger[timer.candidate_id] if not undone)
            length = timedelta(seconds=-int(-exact // 1) + granted)
            length += self.facts.pauses.get(timer.candidate_id, timedelta())
            assert timer.ends_at - timer.started_at == length, "the end hour"

    def check_log(self) -> None:
        events = SessionEvent.objects.filter(session_id=self.session_id).order_by("version")
        kept = range(self.facts.log_starts_after + 1, self.facts.version + 1)
        assert list(events.values_list("version", flat=True)) == list(kept), "the journal"

    # The screens

    def check_screen(self, tab: Tab) -> None:
        """At version v of an epoch, a tab shows exactly that; a row may be newer (a refusal's)."""
        if tab.epoch == self.epoch:
            assert tab.version <= self.facts.version, "a screen is ahead of the server"
        then = self.boards[tab.epoch, tab.version]
        assert tab.shown.counters == then.counters, "the counters"
        assert tab.shown.is_suspended == then.is_suspended, "the suspended room"
        assert tab.shown.rows.keys() == then.rows.keys()
        for pk, row in tab.shown.rows.items():
            true = self.boards[tab.epoch, max(row.v, tab.version)].rows[pk]
            assert row.html == true.html, "a row is not as it was at the version shown"

    def check_up_to_date(self, tab: Tab) -> None:
        assert (tab.epoch, tab.version) == (self.epoch, self.facts.version), "a screen is late"
        self.check_screen(tab)

    # Backups

    def saved(self) -> Facts:
        return copy.deepcopy(self.facts)

    def restored(self, saved: Facts) -> None:
        epochs = {epoch for epoch, _ in self.boards}
        self.facts = copy.deepcopy(saved)
        shared = {epoch: saved.shared.get(epoch, saved.version) for epoch in epochs}
        self.facts.shared = {epoch: min(v, saved.version) for epoch, v in shared.items()}
        self.witness()
