"""Workers are killed (SIGKILL) in the middle of groups of answers, in rooms that others write too.

Every answer that was acknowledged is kept, with a value that was sent, and told once, however
often it was sent and through however many processes.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from copy import copy
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from random import Random

from django.db.models import Count

from candidates import rehearsal
from candidates.models import Answer, Candidate, Timer
from sessions_app.models import SessionEvent

from . import rooms
from .answerers import Answerer, Answers, Given
from .cluster import Cluster
from .history import ACKNOWLEDGED, REFUSED, UNKNOWN, Findings, History, check_versions
from .load import CONFLICT
from .people import SupervisorBrowser
from .progress import Progress
from .report import Result
from .worker import Worker, all_ready

KILLS, ANSWERS = 100, 15_000
ROOMS, SEATS = 8, 64  # candidates who answer at the same time
SPARES = 2
NEVER = datetime.max.replace(tzinfo=UTC)
# Of what may be answered from one kill to the next: when connections are cut, and the kill.
MOVED, AIM = 0.1, (0.2, 0.7)


class Colleagues(History):
    """What supervisors were told, without the end hours: the whole seconds noted of many short
    pauses do not add up to them."""

    def check(self) -> Findings:
        outcomes = Counter(each.outcome for each in self.intentions)
        findings = Findings(outcomes[ACKNOWLEDGED], outcomes[REFUSED])
        findings.note("wrong", outcomes[UNKNOWN], "intentions never answered")
        self._check_commands_and_events(findings)
        check_versions(list(self.since), findings)
        return findings


class Exam:
    """`made`: rooms with far more candidates than sit at one time; one follows the other."""

    def __init__(self, made: list[rooms.Room], workers: list[Worker], kills: int, every: int):
        self.workers, self.kills, self.every = workers, kills, every
        self.chance, self.answers = Random(14), Answers()
        self.history = Colleagues([room.session.pk for room in made])
        self.desks = [(room, *room.browsers(workers, self.history)) for room in made]
        addresses = [worker.address for worker in workers]
        people = chain.from_iterable(zip(*(room.running for room in made), strict=True))
        self.waiting = iter(
            [Answerer(addresses, each, self.answers, n) for n, each in enumerate(people)]
        )
        self.seated: set[Answerer] = set()
        self.in_flight: list[int] = []  # answers under way at each kill

    async def everything(self) -> None:
        await all_ready(self.workers)
        colleagues = [asyncio.create_task(self._supervise(*desk)) for desk in self.desks]
        seats = asyncio.gather(*(self._seat() for _ in range(SEATS)))
        killing = asyncio.create_task(self._kill_by_turns())
        await asyncio.wait([seats, killing], return_when=asyncio.FIRST_COMPLETED)
        if not killing.cancel():
            await killing
        self.answers.is_over = True
        for _ in range(SEATS):
            self.answers.permits.release()
        await asyncio.gather(seats, *colleagues)
        cut_short = len(self.in_flight) < self.kills
        self.answers.findings.note("wrong", cut_short, "nobody was left to answer")

    async def _seat(self) -> None:
        """One place, taken by one candidate after the other."""
        for each in self.waiting:
            self.seated.add(each)
            await each.take_the_test()
            self.seated.remove(each)
            if self.answers.is_over:
                return

    async def _kill_by_turns(self) -> None:
        """One worker, then the other, at a moment that nobody chose while answers are told."""
        progress = Progress()
        for number in range(self.kills):
            victim = self.workers[number % 2]
            before = self.answers.acknowledged
            for _ in range(self.every):
                self.answers.permits.release()
            await self.answers.until(before + round(self.every * MOVED))
            self._share(victim)
            target = before + round(self.every * self.chance.uniform(*AIM))
            at_once = number // 2 % 2  # or a little later: a group is being written
            await self.answers.until(target, partial(self._kill, victim) if at_once else None)
            if len(self.in_flight) == number:
                await asyncio.sleep(self.chance.uniform(0, self.answers.seconds))
                self._kill(victim, victim.address)
            victim.standby.keep(min(SPARES, self.kills - number - 1))
            victim.restart()
            await victim.wait_ready()
            progress(number + 1, self.kills)

    def _kill(self, victim: Worker, address: str) -> bool:
        """Whether it was killed: only when it is the one at this address."""
        if address != victim.address:
            return False
        victim.process.kill()
        self.in_flight.append(sum(each.waits for each in self._of(victim)))
        return True

    def _share(self, worker: Worker) -> None:
        """Half of those of one worker, where all are after a kill, go to the other."""
        for each in self._of(worker)[::2]:
            each.move()

    def _of(self, worker: Worker) -> list[Answerer]:
        return [each for each in self.seated if each.address == worker.address]

    async def _supervise(self, room: rooms.Room, desk: SupervisorBrowser) -> None:
        """Writes the room beside the groups: adds time, pauses, and resumes in any case."""
        chance = Random(room.session.pk)
        while not self.answers.is_over:
            await asyncio.sleep(chance.uniform(0.3, 2))
            if chance.random() < 0.7:
                person = chance.choice(room.running)
                await _act(desk, person.pk, "add-time", minutes=1, reason="key")
            else:
                await _act(desk, None, "pause-room")
                await asyncio.sleep(chance.uniform(0.05, 0.3))
                await _act(desk, None, "resume-room")


async def _act(desk: SupervisorBrowser, candidate: int | None, action: str, **body) -> None:
    intention = await desk.act(candidate, action, **body)
    if intention.outcome == UNKNOWN:
        await desk.settle(intention)
    if intention.outcome == REFUSED and intention.status != CONFLICT:
        raise AssertionError(f"{intention.path} is answered {intention.status}")


class Kept:
    """What the database holds in the end of the rooms' answers. Sync."""

    def __init__(self, session_ids: Iterable[int]):
        self.people = Candidate.objects.filter(session__in=session_ids)
        rows = Answer.objects.filter(candidate__in=self.people)
        self.values: dict[tuple[int, int], list[str]] = defaultdict(list)
        for *key, value in rows.values_list("candidate_id", "question", "value"):
            self.values[tuple(key)].append(value)
        self.told: dict[tuple[int, int], list[tuple[datetime, int]]] = defaultdict(list)
        events = SessionEvent.objects.filter(session__in=session_ids, type="answered")
        for candidate, data, at, version in events.values_list(
            "candidate_id", "data", "at", "version"
        ):
            self.told[candidate, data["question"]].append((at, version))
        self.groups = Counter(at for told in self.told.values() for at, _ in told)

    def check(self, given: list[Given], findings: Findings) -> None:
        for each in given:
            self._check_one(each, findings)
        keys = self.values.keys() | self.told.keys()
        doubled = sum(len(self.values[key]) > 1 or len(self.told[key]) > 1 for key in keys)
        findings.note("doubled", doubled, "answers kept or told more than once")
        apart = sum(bool(self.values[key]) != bool(self.told[key]) for key in keys)
        findings.note("wrong", apart, "answers kept without their event, or told and not kept")
        strangers = keys - {(each.candidate_id, each.question) for each in given}
        findings.note("wrong", len(strangers), "answers that nobody gave")
        for pk, question, count in self.people.annotate(count=Count("answers")).values_list(
            "pk", "question", "count"
        ):
            astray = question != count + 1
            findings.note("wrong", astray, f"candidate {pk}: {count} answers, question {question}")

    def _check_one(self, given: Given, findings: Findings) -> None:
        key = given.candidate_id, given.question
        values, told = self.values[key], self.told[key]
        at, version = max(told, default=(NEVER, 0))
        # A refused one did nothing, and one that was sent later cannot have been the one.
        sent = {each.value for each in given.sendings if not each.refused and each.at <= at}
        is_kept = bool(sent.intersection(values))
        if given.version is None:
            findings.note("wrong", values and not is_kept, f"{key} refused, and kept")
            return
        findings.note("lost", not is_kept, f"{key} acknowledged as {sent}, kept: {values}")
        if given.version < version:
            findings.note("wrong", 1, f"{key} acknowledged at {given.version}, told at {version}")

    def settled(self, interrupted: list[Given]) -> int:
        """Those of them that turned out saved when they were sent again."""
        return sum(
            any(at < each.sendings[-1].at for at, _ in self.told[each.candidate_id, each.question])
            for each in interrupted
            if each.version is not None
        )


def _many(room: rooms.Room, count: int) -> None:
    """More candidates like the one who runs, not one by one through the services."""
    (first,) = room.running
    people = [_twin(first, number) for number in range(count)]
    Candidate.objects.bulk_create(people)
    timers = [copy(first.timer) for _ in people]
    for timer, person in zip(timers, people, strict=True):
        timer.pk, timer.candidate = None, person
    Timer.objects.bulk_create(timers)
    room.running += people


def _twin(first: Candidate, number: int) -> Candidate:
    twin = copy(first)
    twin.pk, twin.birth_name, twin.seat = None, f"Martin {number:04}", f"seat-{number}"
    twin.set_keys()
    return twin


def run(scale: float, cluster: Cluster) -> Result:
    kills, total = round(KILLS * scale), round(ANSWERS * scale)
    people = SEATS + total // rehearsal.COUNT
    with cluster.workers(2, spares=SPARES) as workers, asyncio.Runner() as loop:
        made = rooms.rooms(ROOMS, supervisors=1, running=1, grace_seconds=600)
        for room in made:
            _many(room, people // ROOMS)
        exam = Exam(made, workers, kills, total // kills)
        loop.run(exam.everything())
    return _result(exam)


def _result(exam: Exam) -> Result:
    commands, given, answers = exam.history.check(), exam.answers.given, exam.answers
    kept = Kept(exam.history.since)
    kept.check(given, answers.findings)
    lost = commands.lost + answers.findings.lost
    doubled = commands.doubled + answers.findings.doubled
    wrong = commands.wrong + answers.findings.wrong
    killed = [each for each in given if each.killed]
    moved = [each for each in given if each.moved and not each.killed]
    largest = max(kept.groups.values(), default=0)
    return Result(
        injected=len(exam.in_flight),
        lost=lost,
        doubled=doubled,
        wrong=wrong,
        value=lost + doubled + wrong,
        goal="0 of all answers",
        # Kills that interrupt nobody prove nothing, nor do answers saved one by one.
        ok=bool(killed) and largest > 1 and not (lost or doubled or wrong),
        notes={
            "answers": sum(each.version is not None for each in given),
            "groups": len(kept.groups),
            "largest_group": largest,
            "in_flight_at_a_kill": round(sum(exam.in_flight) / max(1, len(exam.in_flight)), 1),
            "interrupted": len(killed),
            "settled": kept.settled(killed),
            "moved": len(moved),
            "moved_settled": kept.settled(moved),
            "refused_in_a_pause": answers.refused[409],
            "refused_busy": answers.refused[503],
            "commands": commands.acknowledged,
            "commands_refused": commands.refused,
            "why": "; ".join((answers.findings.what + commands.what)[:5]),
        },
    )
