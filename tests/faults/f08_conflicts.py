"""Two supervisors act on the same sight of one candidate, at one instant, on two workers.

One must win with 200; the other gets 409 with the row as it is now. Both kinds of pairs are there:
those that the table of transitions alone would stop, and those that only the version of the row
that was seen does (two additions of time).
"""

import asyncio
import re
from dataclasses import dataclass
from random import Random

from candidates.models import Candidate, Timer
from candidates.states import State
from incidents.services import raise_alert
from tests import factories

from . import rooms
from .cluster import Cluster
from .history import Findings, History, Intention
from .people import SupervisorBrowser
from .progress import Progress
from .report import Result
from .worker import Worker, all_ready

PAIRS = 5_000
ROOMS, EACH_KIND = 8, 3  # rooms; candidates in the test, and as many not started, of each
AT_ONCE = ROOMS * EACH_KIND * 2  # pairs sent together, each on another candidate
ALERTS = 0.3  # share of the tests in which a problem is reported
HEAD_STARTS = (0.0, 0.0, 0.001, 0.003)  # seconds left to one of the two

# Both actions of a pair are allowed in the state that was seen: the loser always comes second.
RUNNING = [("add-time", "add-time"), ("add-time", "end-test"), ("end-test", "end-test")]
GRANTED = [("add-time", "undo-time"), ("undo-time", "undo-time"), ("undo-time", "end-test")]
ALERTED = [("accept-alert", "reject-alert"), ("reject-alert", "end-test")]
UNAUTHORIZED = [("authorize-start", "add-time"), ("authorize-start", "authorize-start")]
AUTHORIZED = [("withdraw-start", "add-time"), ("withdraw-start", "withdraw-start")]
FIELDS = {
    "add-time": {"minutes": 5, "reason": "key"},
    "end-test": {"reason": "key"},
    "accept-alert": {"category": "E11"},
}


@dataclass
class Pair:
    """`candidate` as both supervisors see it."""

    candidate: Candidate
    actions: tuple[str, str]
    sent: list[Intention]


class Conflicts:
    def __init__(self, made: list[rooms.Room], workers: list[Worker], history: History):
        self.history = history
        self.browsers = {each.session.pk: each.browsers(workers, history) for each in made}
        self.people = [person.pk for each in made for person in each.running + each.waiting]
        self.chance = Random(8)
        self.both_won = self.none_won = 0

    def prepare(self, count: int) -> list[Pair]:
        """The next pairs, each on another candidate as the database has it now."""
        _run_again(self.people)
        people = Candidate.objects.with_facts().filter(pk__in=self.people)
        seen = [self._seen(each) for each in people.select_related("session")]
        pairs = [Pair(each, self.chance.choice(_kinds(each)), []) for each in seen]
        return self.chance.sample(pairs, count)

    def _seen(self, candidate: Candidate) -> Candidate:
        """The candidate, with a problem now and then."""
        is_calm = candidate.state == State.IN_PROGRESS and candidate.alert_id is None
        if is_calm and self.chance.random() < ALERTS:
            raise_alert(candidate, factories.seat_of(candidate), subject="image")
            return factories.fresh(candidate)
        return candidate

    async def send(self, pairs: list[Pair]) -> None:
        await asyncio.gather(*(self._send(pair) for pair in pairs))

    async def _send(self, pair: Pair) -> None:
        tabs = self.browsers[pair.candidate.session_id]
        head_start = self.chance.choice(HEAD_STARTS)
        order = self.chance.sample([0, 1], 2)
        calls = []
        for place, (tab, action) in enumerate(zip(tabs, pair.actions, strict=True)):
            fields = FIELDS.get(action, {}) | {"row_version": pair.candidate.row_version}
            intention = tab.intend(pair.candidate.pk, action, **fields)
            pair.sent.append(intention)
            calls.append(self._later(head_start * order[place], tab, intention))
        await asyncio.gather(*calls)

    async def _later(self, seconds: float, tab: SupervisorBrowser, intention: Intention) -> None:
        await asyncio.sleep(seconds)
        await tab.send(intention)

    def judge(self, pairs: list[Pair], findings: Findings) -> None:
        """Exactly one 200 and one 409 each, and the row is the winner's."""
        fresh = Candidate.objects.with_facts().in_bulk([pair.candidate.pk for pair in pairs])
        for pair in pairs:
            statuses = sorted(each.status or 0 for each in pair.sent)
            self.both_won += statuses == [200, 200]
            self.none_won += 200 not in statuses
            findings.note("wrong", statuses != [200, 409], f"{pair.actions} got {statuses}")
            for each in pair.sent:
                now = fresh[pair.candidate.pk]
                if each.status == 200 and not _is_done(each.action, pair.candidate, now):
                    findings.note("lost", 1, f"{each.action} won, and is not to be seen")
                elif each.status == 409 and _shown_version(each) != now.row_version:
                    findings.note("wrong", 1, f"409 without the row as it is: {each.answer}"[:200])


def _run_again(people: list[int]) -> None:
    """Tests that were ended go on, behind the product's back: quicker than new candidates."""
    over = Candidate.objects.filter(pk__in=people, state=State.FINISHED)
    Timer.objects.filter(candidate__in=over).update(ended_at=None)
    over.update(state=State.IN_PROGRESS, ended_at=None, ended_by="", end_reason="")


def _kinds(candidate: Candidate) -> list[tuple[str, str]]:
    if candidate.state == State.NOT_STARTED:
        return AUTHORIZED if candidate.authorized_until else UNAUTHORIZED
    if candidate.alert_id:
        return ALERTED
    return RUNNING + GRANTED if candidate.granted_seconds else RUNNING


def _shown_version(refused: Intention) -> int | None:
    """The version of the row that comes with a 409."""
    row = refused.answer.get("rows", {}).get(str(refused.candidate_id), "")
    found = re.search(r'data-row-version="(\d+)"', row)
    return int(found[1]) if found else None


def _is_done(action: str, before: Candidate, after: Candidate) -> bool:
    moved = after.granted_seconds - before.granted_seconds
    return {
        "add-time": moved == 300,
        "undo-time": moved < 0,
        "end-test": after.state == State.FINISHED,
        "accept-alert": after.alert_id is None and after.state == State.IN_PROGRESS,
        "reject-alert": after.alert_id is None and after.state == State.IN_PROGRESS,
        "authorize-start": after.authorized_until is not None,
        "withdraw-start": after.authorized_until is None,
    }[action]


def run(scale: float, cluster: Cluster) -> Result:
    total = round(PAIRS * scale)
    made = rooms.rooms(ROOMS, running=EACH_KIND, waiting=EACH_KIND)
    history = rooms.history_of(made)
    judged, progress = Findings(), Progress()
    with cluster.workers(2) as workers:
        conflicts = Conflicts(made, workers, history)
        with asyncio.Runner() as loop:
            loop.run(all_ready(workers))
            done = 0
            while done < total:
                pairs = conflicts.prepare(min(AT_ONCE, total - done))
                loop.run(conflicts.send(pairs))
                conflicts.judge(pairs, judged)
                done += len(pairs)
                progress(done, total)
    findings = history.check()
    lost, wrong = judged.lost + findings.lost, judged.wrong + findings.wrong
    return Result(
        injected=total,
        lost=lost,
        doubled=findings.doubled,
        wrong=wrong,
        value=conflicts.both_won,
        goal="0 pairs both won",
        ok=not (conflicts.both_won or lost or findings.doubled or wrong),
        notes={"none_won": conflicts.none_won, "acknowledged": findings.acknowledged}
        | {"why": "; ".join((judged.what + findings.what)[:5])},
    )
