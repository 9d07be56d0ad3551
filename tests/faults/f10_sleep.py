"""A worker frozen for 20 s in the middle of writes, and tabs asleep for 10 min.

Nobody else notices, but for the few seconds of a lock that the frozen one holds. On waking all
is exact within one heartbeat; its candidates, declared away meanwhile, are back in their seats.
"""

import asyncio
import contextlib
from time import monotonic, sleep

from django.db import transaction

from candidates import leases, services
from candidates.models import Candidate
from sessions_app.models import Session
from tests import factories

from . import people, rooms, steady
from .by_orm import by_orm
from .cluster import Cluster
from .history import History
from .people import CandidateBrowser, SupervisorBrowser
from .progress import Progress
from .report import Result
from .screens import Screen, SeatScreen, all_exact
from .steady import Deed, Follower, Steady, ms
from .worker import Worker, all_ready

FREEZES = 6
FROZEN = 20.0  # seconds
ASLEEP = 600.0  # seconds by the tab's clock, of which `FROZEN` pass for everybody
SLEEPERS = 3
CALM, PAUSE = 2.5, 0.5
HEARTBEAT = 10.0
DEAD_AFTER = 15.5  # seconds: by then its lease is over
TRIES = 100  # to freeze it in the middle of a write
LOCK = 5.0 + 1.5  # seconds until the database gives up a writer that says nothing, and a little
EXACT_WITHIN = 3.0  # seconds, on the other worker
SEATED = 6, 2, 3, 0  # candidates with a computer in each room; the first two at the frozen worker
THEIRS = 2  # so many rooms have their people at the frozen worker


class Sleeper(Screen):
    """A tab of a computer whose lid is closed: nothing is read, no ping is answered."""

    def fall_asleep(self) -> None:
        if self.socket is not None:
            self.socket.transport.pause_reading()

    def wake(self) -> None:
        """By its clock it has heard nothing for 10 min: that socket is dead, whatever it says."""
        self.heard_at -= ASLEEP
        self.drop()


class Row:
    def __init__(self, made: list[rooms.Room], workers: list[Worker], history: History):
        self.frozen, self.other = workers
        self.rooms = made
        theirs, ours = [each.address for each in workers], [self.other.address]
        self.seats = [
            SeatScreen(CandidateBrowser(theirs, person, at=place >= THEIRS))
            for place, room in enumerate(made)
            for person in room.waiting
        ]
        for room in made:
            room.waiting = []  # about to be in the test, where nobody acts on them
        actors = [_tab(room, 0, ours, history) for room in made]
        self.pushers = [_tab(room, 1, theirs, history) for room in made[:THEIRS]]
        self.near = [Follower(Screen(tab.twin(at=0))) for tab in actors]
        self.far = [Follower(Screen(tab.twin(at=0))) for tab in self.pushers]
        self.sleepers = [Sleeper(actors[-1 - at % 2].twin(at=0)) for at in range(SLEEPERS)]
        asleep = [Follower(each) for each in self.sleepers]
        pages = [*self.near, *self.far, *asleep]
        self.everybody = Steady(made, actors, pages, workers, PAUSE)
        self.holdings: list[tuple[float, float, set[int]]] = []  # from, to, sessions locked
        self.freezes = self.slept = self.declared_away = 0
        self.woken: list[float] = []  # seconds until everybody was exact
        self.wrong: list[str] = []
        self.is_pushing = False
        self.progress = Progress()

    async def run(self, count: int) -> None:
        async with contextlib.AsyncExitStack() as stack:
            for seat in self.seats:
                await stack.enter_async_context(seat)
            await stack.enter_async_context(self.everybody)
            for done in range(count):
                await asyncio.sleep(CALM)
                await self._freeze()
                self.everybody.begin()
                self.progress(done + 1, count)
            await asyncio.sleep(CALM)
            await self.everybody.rest()

    async def _freeze(self) -> None:
        for sleeper in self.sleepers:
            sleeper.fall_asleep()
        began, self.is_pushing = monotonic(), True
        pushing = [asyncio.create_task(self._push(tab)) for tab in self.pushers]
        locked = await self._in_the_middle_of_a_write()
        self.is_pushing = False
        frozen_at = monotonic()
        self.freezes += 1
        self.holdings.append((began, frozen_at + FROZEN, locked))
        self.everybody.set_aside(began, frozen_at)
        with self.everybody.injecting():
            await asyncio.sleep(DEAD_AFTER)
            away = await by_orm(self._away, True)
            self.declared_away += away
            await asyncio.sleep(frozen_at + FROZEN - monotonic())
            await self.everybody.rest()
            self.frozen.thaw()
            latest = {each.session_id: each.screen.shown.version for each in self.near}
            for sleeper in self.sleepers:
                self.slept += sleeper.shown.version < latest[sleeper.browser.session.pk]
                sleeper.wake()
            await self._wake(monotonic())
            await asyncio.gather(*pushing)
            await people.settle([*self.everybody.actors, *self.pushers])
        for screen in (*self.seats, *(each.screen for each in self.far)):
            if len(screen.browser.addresses) > 1 and self._is_elsewhere(screen):
                screen.drop()

    async def _push(self, tab: SupervisorBrowser) -> None:
        """Acts without a pause, so that the freeze meets a write."""
        mine = self.rooms[self.pushers.index(tab)].running[1::2]
        while self.is_pushing:
            for person in mine:
                await tab.act(person.pk, "add-time", reason="key", minutes=1)

    async def _in_the_middle_of_a_write(self) -> set[int]:
        """Freezes the worker while it holds a lock; returns the sessions that it holds."""
        for _ in range(TRIES):
            await asyncio.sleep(0.03)
            self.frozen.freeze()
            if held := await by_orm(self._held):
                return held
            self.frozen.thaw()
        self.frozen.freeze()
        return set()

    def _held(self) -> set[int]:
        """The sessions that somebody keeps locked for longer than a write takes."""
        held = {room.session.pk for room in self.rooms}
        for _ in range(3):
            free = Session.objects.filter(pk__in=held)
            free = free.select_for_update(skip_locked=True, no_key=True)
            with transaction.atomic():
                held -= {session.pk for session in free}
            sleep(0.04)
        return held

    def _away(self, declare: bool = False) -> int:
        """How many people of the frozen worker are shown away.

        The other worker declares them so, unless it is too young itself; then this process does.
        """
        people = Candidate.objects.filter(pk__in=[seat.browser.candidate.pk for seat in self.seats])
        away = people.filter(away_since__isnull=False)
        if declare and not away.exists():
            leases.declare_orphans_away()
        return away.count()

    async def _wake(self, thawed_at: float) -> None:
        """Until everybody is exact and shown present, or a heartbeat is over."""
        boards = [each.screen for each in self.everybody.followers]
        for board in boards:
            board.browser.close()  # kept connections that the server has given up meanwhile
        away, missing, differences = 1, ["not looked at"], []
        while monotonic() < thawed_at + HEARTBEAT:
            away = await by_orm(self._away)
            missing = [seat for seat in self.seats if seat.seat.get("stage") != "question"]
            missing += [each for each in (*self.seats, *boards) if not each.is_live]
            if not away and not missing:
                left = thawed_at + HEARTBEAT - monotonic()
                differences = (await all_exact(boards, left))[1]
                break
            await asyncio.sleep(0.1)
        self.woken.append(monotonic() - thawed_at)
        if away or missing or differences:
            what = f"{away} away, {len(missing)} pages not there, {differences[:2]}"
            self.wrong.append(f"a heartbeat after waking: {what}")

    def _is_elsewhere(self, screen) -> bool:
        is_theirs = screen.browser.session.pk in {each.session.pk for each in self.rooms[:THEIRS]}
        return is_theirs and screen.browser.at != 0

    def is_locked_out(self, deed: Deed) -> bool:
        """Asked while the frozen worker held its session."""
        return any(
            began <= deed.began <= ended and deed.intention.session_id in sessions
            for began, ended, sessions in self.holdings
        )

    def judge(self, tokens: dict[int, str]) -> Result:
        """By ORM. `tokens`: the seats as they were before."""
        everybody = self.everybody
        missing = everybody.number()
        calm, under = everybody.calm_and_not()
        held_up = [deed for deed in under if self.is_locked_out(deed)]
        others = [deed for deed in under if not self.is_locked_out(deed)]
        usual, taken = everybody.seconds(calm), everybody.seconds(others)
        limit = usual[-1] + steady.SLOWER
        slowed = sum(each > limit for each in taken)
        waited = everybody.seconds(held_up)
        slowed += sum(each > limit + LOCK for each in waited)
        late = steady.lateness(others + held_up, self.near)
        too_late = sum(each > EXACT_WITHIN for each in late)
        lost_seats = _lost_seats(tokens)
        findings = everybody.actors[0].history.check()
        refused = everybody.refused()
        wrong = self.wrong + lost_seats
        bad = refused + late.count(steady.NEVER) + len(wrong) + findings.wrong + missing
        back = sum(each.screen.went_back for each in everybody.followers)
        return Result(
            injected=self.freezes + self.slept,
            lost=findings.lost,
            doubled=findings.doubled,
            wrong=bad + back,
            value=f"exact in {max(self.woken):.1f} s, others: {refused} refused, {slowed} slowed",
            goal="others unaffected; exact within 10 s of waking",
            ok=not (bad or back or slowed or too_late or findings.lost or findings.doubled)
            and bool(held_up and self.slept),
            notes={
                "freezes": self.freezes,
                "with a lock held": sum(bool(sessions) for *_, sessions in self.holdings),
                "tabs asleep": self.slept,
                "declared away": self.declared_away,
                "seats lost": len(lost_seats),
                "actions": len(everybody.deeds),
                "of others in a freeze": len(others),
                "usual p99 and worst ms": ms(steady.share(usual, 0.99), usual[-1]),
                "in a freeze p99 and worst ms": ms(steady.share(taken, 0.99), *taken[-1:]),
                "with waits for a processor": ms(*(steady.raw(of)[-1] for of in (calm, under))),
                "on a locked session": len(held_up),
                "worst of them ms": ms(*waited[-1:]),
                "late p99 ms": ms(steady.share(late, 0.99)),
                "too late": too_late,
                "settled later": len(everybody.actors[0].history.ever_unknown()),
                "why": "; ".join((wrong + findings.what)[:4]),
            },
        )


def _tab(room: rooms.Room, place: int, addresses: list[str], history) -> SupervisorBrowser:
    return SupervisorBrowser(addresses, room.session, room.supervisors[place], history)


def _lost_seats(tokens: dict[int, str]) -> list[str]:
    """Those who do not sit where they sat, or have to ask."""
    people = Candidate.objects.filter(pk__in=tokens)
    fields = "state", "seat", "waiting_seat", "asks_resume_at", "lost_since"
    return [
        f"candidate {pk}: {state}, asks {asks}, lost {lost}"
        for pk, state, seat, other, asks, lost in people.values_list("pk", *fields)
        if (state, seat, other, asks, lost) != ("in_progress", tokens[pk], "", None, None)
    ]


async def _each(seats: list[SeatScreen], step: str) -> None:
    for seat in seats:
        answer = await getattr(seat.browser, step)()
        assert answer.status in {302, 303}, f"{step} is answered {answer.status}"


def _seat_everybody(row: Row, loop: asyncio.Runner) -> dict[int, str]:
    """Joined, authorised and in the test; returns the tokens of their seats."""
    loop.run(_each(row.seats, "join"))
    for seat in row.seats:
        candidate = factories.fresh(seat.browser.candidate)
        room = next(each for each in row.rooms if each.session.pk == candidate.session_id)
        services.authorize_start(candidate, user=room.preparer)
    loop.run(_each(row.seats, "start"))
    people = Candidate.objects.filter(pk__in=[seat.browser.candidate.pk for seat in row.seats])
    return dict(people.values_list("pk", "seat"))


def run(scale: float, cluster: Cluster) -> Result:
    made = [rooms.room(running=4, waiting=count) for count in SEATED]
    history = rooms.history_of(made)
    with cluster.workers(2) as workers, asyncio.Runner() as loop:
        loop.run(all_ready(workers))
        row = Row(made, workers, history)
        tokens = _seat_everybody(row, loop)
        loop.run(row.run(max(1, round(FREEZES * scale))))
        return row.judge(tokens)
