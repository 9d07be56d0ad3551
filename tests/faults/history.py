"""What each client was told, and whether the database holds exactly that."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from candidates import timing
from candidates.models import Candidate, TimeGrant
from sessions_app.models import Command, Session, SessionEvent
from tests.actions import EVENTS

ACKNOWLEDGED, REFUSED, UNKNOWN = "acknowledged", "refused", "unknown"


@dataclass
class Attempt:
    """One request: the worker asked, from when to when (`monotonic`), None for no answer."""

    address: str
    began: float
    ended: float
    status: int | None


@dataclass
class Intention:
    """One command of one person, whatever the number of requests that it took."""

    key: str
    session_id: int
    user_id: int
    candidate_id: int | None
    action: str
    path: str
    body: dict
    attempts: list[Attempt] = field(default_factory=list)
    status: int | None = None
    answer: dict | None = None

    @property
    def outcome(self) -> str:
        """A 5xx tells nothing: the commit may have been done before it."""
        if self.status is None or self.status >= 500:
            return UNKNOWN
        return ACKNOWLEDGED if self.status < 300 else REFUSED

    @property
    def group(self) -> tuple:
        return self.session_id, self.user_id, self.candidate_id, EVENTS[self.action]


@dataclass
class Findings:
    acknowledged: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    what: list[str] = field(default_factory=list)

    def note(self, kind: str, count: int, sentence: str) -> None:
        if count:
            setattr(self, kind, getattr(self, kind) + int(count))
            self.what.append(f"{kind} {int(count)}: {sentence}")


class History:
    """Begins at the present versions of the sessions; what is older is not its affair.

    Sync: made and checked outside the event loop. During the run, the events of the supervisors
    who send commands must come from those commands only.
    """

    def __init__(self, session_ids: list[int]):
        sessions = Session.objects.filter(pk__in=session_ids)
        self.since = dict(sessions.values_list("pk", "version"))
        self.commands_before = set(self._commands())
        self.intentions: list[Intention] = []

    def intend(self, **fields) -> Intention:
        intention = Intention(**fields)
        self.intentions.append(intention)
        return intention

    def unknown(self) -> list[Intention]:
        return [each for each in self.intentions if each.outcome == UNKNOWN]

    def ever_unknown(self) -> list[Intention]:
        """Those with at least one request that was not answered."""
        return [
            each
            for each in self.intentions
            if any(attempt.status is None or attempt.status >= 500 for attempt in each.attempts)
        ]

    def check(self) -> Findings:
        """Lost: acknowledged, not there. Doubled: there more than once. Wrong: all other lies."""
        outcomes = Counter(each.outcome for each in self.intentions)
        findings = Findings(outcomes[ACKNOWLEDGED], outcomes[REFUSED])
        findings.note("wrong", outcomes[UNKNOWN], "intentions never answered")
        self._check_commands_and_events(findings)
        check_versions(list(self.since), findings)
        check_ends(list(self.since), findings)
        return findings

    def _commands(self) -> dict[tuple[int, int, str], dict]:
        rows = Command.objects.filter(session__in=list(self.since))
        return {
            (session, user, key): answer
            for session, user, key, answer in rows.values_list(
                "session_id", "user_id", "key", "answer"
            )
        }

    def _check_commands_and_events(self, findings: Findings) -> None:
        stored = self._commands()
        grants = Counter(
            TimeGrant.objects.filter(candidate__session__in=list(self.since)).values_list(
                "reason", flat=True
            )
        )
        told, missing, doubles = Counter(), Counter(), Counter()
        for each in self.intentions:
            identity = each.session_id, each.user_id, each.key
            if each.outcome == ACKNOWLEDGED:
                told[each.group] += 1
                has_line = each.action == "add-time" and each.body.get("reason") == each.key
                lines = grants[each.key] if has_line else 1
                missing[each.group] += identity not in stored or lines == 0
                doubles[each.group] += max(0, lines - 1)
                if identity in stored and stored[identity] != each.answer:
                    findings.note("wrong", 1, f"{each.action}: another answer than the stored one")
            elif each.outcome == REFUSED and (identity in stored or grants[each.key]):
                findings.note("wrong", 1, f"{each.action}: told {each.status}, but it was done")
        known = {(each.session_id, each.user_id, each.key) for each in self.intentions}
        strangers = stored.keys() - known - self.commands_before
        findings.note("wrong", len(strangers), "commands that nobody sent")
        self._compare(told, missing, doubles, findings)

    def _compare(
        self, told: Counter, missing: Counter, doubles: Counter, findings: Findings
    ) -> None:
        happened = self._events()
        for group in told.keys() | happened.keys():
            lost = max(missing[group], told[group] - happened[group])
            doubled = max(doubles[group], happened[group] - told[group])
            findings.note("lost", max(0, lost), f"{group}")
            findings.note("doubled", max(0, doubled), f"{group}")

    def _events(self) -> Counter:
        """The events of the people who sent commands, since the beginning."""
        people = {each.user_id for each in self.intentions}
        happened: Counter = Counter()
        rows = SessionEvent.objects.filter(session__in=list(self.since), user__in=people)
        for session, version, *rest in rows.values_list(
            "session_id", "version", "user_id", "candidate_id", "type"
        ):
            if version > self.since[session]:
                happened[session, *rest] += 1
        return happened


def check_versions(session_ids: list[int], findings: Findings) -> None:
    """The journal has each version once, without a hole, up to that of the session."""
    versions = defaultdict(list)
    rows = SessionEvent.objects.filter(session__in=session_ids).order_by("session", "version")
    for session, version in rows.values_list("session_id", "version"):
        versions[session].append(version)
    for session, last in Session.objects.filter(pk__in=session_ids).values_list("pk", "version"):
        if versions[session] != list(range(1, last + 1)):
            findings.note("wrong", 1, f"session {session}: versions are not 1 to {last}")


def check_ends(session_ids: list[int], findings: Findings) -> None:
    """`ends_at` is start + duration + grants + pauses, of every test that was ever started."""
    started = Candidate.objects.filter(session__in=session_ids, timer__isnull=False)
    for candidate in started.with_facts().select_related("timer"):
        timer = candidate.timer
        due = timing.end(
            timer.started_at,
            timer.duration_minutes,
            timer.extra_time_percent,
            candidate.granted_seconds + timer.paused_seconds,
        )
        rounding = timedelta(seconds=1 if timer.paused_seconds else 0)
        if abs(timer.ends_at - due) > rounding:
            findings.note("wrong", 1, f"candidate {candidate.pk}: ends at another instant")
