"""Frames lost, doubled and out of order on their way into the page, while histories begin anew.

At version v each page shows exactly what the journal says of version v, and its time never goes
back. Sessions are restored from backups meanwhile: the same versions then mean something else.
"""

import asyncio
import contextlib
import secrets
from collections import Counter
from random import Random

from django.db import transaction

from candidates import answering, seat_services, services
from candidates.models import Candidate
from candidates.rehearsal import COUNT
from incidents.services import accept_alert, note_incident, raise_alert, reject_alert
from sessions_app.models import Session
from sessions_app.refusals import Refusal
from tests import factories

from . import replay, rooms
from .backup import Backup, journal_of
from .browser import Unreachable
from .by_orm import by_orm
from .cluster import Cluster
from .people import SupervisorBrowser
from .progress import Progress
from .replay import Event, Replay, Sight
from .report import Result
from .screens import all_exact
from .tampering import TamperedScreen, Tampering
from .worker import Worker, all_ready

EVENTS = 10_000
ROOMS, PAGES = 3, 3  # pages of each room, on both workers
RESTORES = 20
AFTERWARDS = 12  # events in a room that come with its restore
PACE = 0.2  # of the waits of a page
POSTED = 0.05  # share of the events that come by POST
POST_PAUSE = 0.2  # seconds between two requests of one room's supervisor
QUIET = 25  # seconds in which heartbeats alone, tampered with as well, bring everybody up to date
AT_LAST = 15  # seconds for the same, once the network is good again


class Sights:
    """What pages have shown, by session, epoch and version; and what they should have."""

    def __init__(self) -> None:
        self.shown: Counter[tuple[int, str, int, Sight]] = Counter()
        self.journals: dict[tuple[int, str], list[Event]] = {}

    def note(self, screen: TamperedScreen) -> None:
        shown = screen.shown
        place = screen.browser.session.pk, shown.epoch, shown.version
        self.shown[(*place, replay.seen(shown))] += 1

    def wrong(self) -> list[str]:
        """A sentence for each page that showed, at a version, something else than it is."""
        replays = {
            place: Replay(_candidates(place[0]), events) for place, events in self.journals.items()
        }
        return [
            f"session {session_id} at {version}: {_difference(sight, true)} ({count} times)"
            for (session_id, epoch, version, sight), count in self.shown.items()
            if sight != (true := replays[session_id, epoch].sights.get(version))
        ]


def _candidates(session_id: int) -> list[int]:
    return list(Candidate.objects.filter(session=session_id).values_list("pk", flat=True))


def _difference(sight: Sight, true: Sight | None) -> str:
    if true is None:
        return "no such version"
    for shown, meant in zip(sight.rows, true.rows, strict=False):
        if shown != meant:
            return f"shows {shown}, is {meant}"
    return f"shows {sight}, is {true}"[:300]


class Writer:
    """Lives through the sessions by the product's services, in a thread. All by ORM."""

    def __init__(self, made: list[rooms.Room], sights: Sights):
        self.sights = sights
        self.chance = Random(4)
        self.rooms = made
        self.backups = {room.session.pk: Backup.take(room.session.pk) for room in made}
        self.happened = self.restored = 0
        self.posted = {room.running[0].pk for room in made}

    def write(self, count: int, rooms: list[rooms.Room] | None = None) -> None:
        """So many events, some of them together in one transaction."""
        while count > 0:
            room = self.chance.choice(rooms or self.rooms)
            together = min(count, self.chance.choice((1, 2, 3, 5, 8)))
            with transaction.atomic():
                for _ in range(together):
                    self._do_something(room)
            count -= together

    def restore(self, room: rooms.Room) -> None:
        """Back to the last backup, and further at once than it was before, for all to see."""
        pk = room.session.pk
        with transaction.atomic():
            epoch, events = self.backups[pk].restore()
            self.write(AFTERWARDS, [room])
        self.sights.journals[pk, epoch] = events
        self.restored += 1

    def back_up(self, room: rooms.Room) -> None:
        """And on, so that there is something to lose."""
        self.backups[room.session.pk] = Backup.take(room.session.pk)
        self.write(AFTERWARDS // 4, [room])

    def _do_something(self, room: rooms.Room) -> None:
        people = [each for each in room.running + room.waiting if each.pk not in self.posted]
        candidate = factories.fresh(self.chance.choice(people))
        with contextlib.suppress(Refusal), transaction.atomic():
            self._do(room, candidate)
            self.happened += 1

    def _do(self, room: rooms.Room, candidate: Candidate) -> None:
        by, seat = room.preparer, factories.seat_of(candidate)
        paused = candidate.session.paused_at is not None
        if paused and self.chance.random() < 0.5:
            services.resume_room(candidate.session, user=by)
        elif not paused and self.chance.random() < 0.01:
            services.pause_room(candidate.session, user=by)
        elif self.chance.random() < 0.3:
            services.add_time(candidate, user=by, minutes=self.chance.randint(1, 9))
        elif candidate.granted_seconds and self.chance.random() < 0.3:
            services.undo_time(candidate, user=by)
        elif candidate.alert_id:
            if self.chance.random() < 0.5:
                accept_alert(candidate, user=by, category="E11")
            else:
                reject_alert(candidate, user=by)
        elif candidate.state == "in_progress":
            self._take_the_test(candidate, seat, by)
        elif candidate.state == "not_started":
            self._wait_for_the_test(candidate, seat, by)
        else:
            note_incident(candidate, user=by, category="C6")

    def _take_the_test(self, candidate: Candidate, seat, by) -> None:
        fate = self.chance.random()
        if fate < 0.005:
            services.end_test(candidate, user=by)
        elif fate < 0.4:
            raise_alert(candidate, seat, subject="image")
        elif candidate.question < COUNT:
            answering.answer(candidate, seat, candidate.question, "a")
        else:
            note_incident(candidate, user=by, category="C6")

    def _wait_for_the_test(self, candidate: Candidate, seat, by) -> None:
        if not candidate.authorized_until:
            services.authorize_start(candidate, user=by)
        elif self.chance.random() < 0.95:
            services.withdraw_start(candidate, user=by)
        else:
            seat_services.start(candidate, seat)


class Run:
    def __init__(self, made: list[rooms.Room], workers: list[Worker], total: int, restores: int):
        self.rooms, self.total, self.restores = made, total, restores
        self.sights = Sights()
        self.writer = Writer(made, self.sights)
        addresses = [worker.address for worker in workers]
        self.posters = [
            SupervisorBrowser(addresses, room.session, room.supervisors[0], at=at)
            for at, room in enumerate(made)
        ]
        self.screens = [
            TamperedScreen(
                tab.twin(at=number), Tampering(seed), self.sights.note, pace=PACE, seed=seed
            )
            for seed, (number, tab) in enumerate(
                (number, tab) for tab in self.posters for number in range(PAGES)
            )
        ]
        self.answered: Counter[int] = Counter()
        self.progress = Progress()

    async def run(self, *, is_long: bool) -> list[str]:
        """Returns what differs from a fresh load in the end."""
        async with contextlib.AsyncExitStack() as stack:
            for screen in self.screens:
                await screen.load()
                await stack.enter_async_context(screen)
            await self._write_while_people_post()
            differences = await self._exact(QUIET) if is_long else []
            for screen in self.screens:
                screen.tampering.is_on = False
            await by_orm(self.writer.write, 3 * ROOMS)
            return differences + await self._exact(AT_LAST)

    async def _write_while_people_post(self) -> None:
        posting = [asyncio.create_task(self._post(tab)) for tab in self.posters]
        parts = self.restores + 1
        for part in range(parts):
            room = self.rooms[part % ROOMS]
            await by_orm(self._write_until, self.total * (part + 1) // parts)
            if part < self.restores:
                if part % 2 == 0:  # else from an old one
                    await by_orm(self.writer.back_up, room)
                await by_orm(self.writer.restore, room)
            self.progress(self.writer.happened, self.total)
        for task in posting:
            task.cancel()
        await asyncio.gather(*posting, return_exceptions=True)

    def _write_until(self, happened: int) -> None:
        while self.writer.happened + self.answered[200] < happened:
            self.writer.write(10)

    async def _post(self, tab: SupervisorBrowser) -> None:
        """Its own candidate, whom nobody else acts on."""
        room = next(each for each in self.rooms if each.session.pk == tab.session.pk)
        path = f"{tab.board_path}candidats/{room.running[0].pk}/add-time/"
        while self.answered[200] < self.total * POSTED:
            form = {"minutes": 1, "idempotency_key": secrets.token_hex(12)}
            try:
                self.answered[(await tab.post(path, form)).status] += 1
            except Unreachable:
                self.answered[0] += 1
            tab.elsewhere()
            await asyncio.sleep(POST_PAUSE)

    async def _exact(self, seconds: float) -> list[str]:
        for screen in self.screens:
            screen.browser.close()  # kept connections that the server has given up meanwhile
        return (await all_exact(self.screens, seconds))[1]

    def judge(self, differences: list[str]) -> Result:
        """By ORM."""
        for session in Session.objects.filter(pk__in=[room.session.pk for room in self.rooms]):
            self.sights.journals[session.pk, str(session.epoch)] = journal_of(session.pk)
        wrong = self.sights.wrong()
        count = sum((screen.tampering.counts for screen in self.screens), Counter())
        back = sum(screen.went_back for screen in self.screens)
        told = sum(self.sights.shown.values())
        frames = sum((screen.frames for screen in self.screens), Counter())
        others = sum(self.answered.values()) - self.answered[200]
        return Result(
            injected=self.writer.happened + self.answered[200],
            lost=0,
            doubled=0,
            wrong=len(wrong) + len(differences) + back,
            value=f"{len(wrong)} wrong of {told} sights, {back} back in time",
            goal="at version v exactly version v; never back in time",
            ok=not (wrong or differences or back or others),
            notes={
                "frames": count["frames"],
                "dropped": count["dropped"],
                "doubled frames": count["doubled"],
                "displaced": count["displaced"],
                "applied as": dict(frames),
                "by POST": self.answered[200],
                "POST not done": others,
                "restored": self.writer.restored,
                "pages": len(self.screens),
                "resumes": sum(screen.resumes for screen in self.screens),
                "closed": sum(len(screen.closes) for screen in self.screens),
                "why": "; ".join((wrong + differences)[:3]),
            },
        )


def run(scale: float, cluster: Cluster) -> Result:
    made = rooms.rooms(ROOMS, supervisors=1, running=6, waiting=2)
    with cluster.workers(2) as workers, asyncio.Runner() as loop:
        loop.run(all_ready(workers))
        everything = Run(made, workers, round(EVENTS * scale), max(2, round(RESTORES * scale)))
        differences = loop.run(everything.run(is_long=scale >= 1))
        return everything.judge(differences)
