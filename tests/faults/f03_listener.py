"""The connection by which a process hears of changes: killed, swallowed, its messages lost.

Nobody may notice: no action is refused or slower, no socket is closed, and every page shows
each change within 3 s. The supervisors' actions never pass there, and go on all the time.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from candidates.models import Candidate

from . import rooms, steady
from .cluster import Cluster
from .people import CandidateBrowser
from .progress import Progress
from .proxy import DropAnnouncements, Proxy
from .report import Result
from .screens import Screen, SeatScreen, all_exact
from .steady import Follower, Steady, ms
from .worker import Worker, all_ready

EACH_KIND = 20  # kills, black holes, times of losses
ROOMS, PAUSE = 3, 0.6  # seconds between two actions of one of the two supervisors of a room
EXACT_WITHIN = 3.0  # seconds
BLACK_HOLE, SHORT_BLACK_HOLE = 30.0, 8.0  # seconds; the short one in a tenth of the run
LOSSES, LOST_SHARE = 3.0, 0.3  # seconds of losses, share of the announcements
CALM, SHORT_CALM = 5.0, 1.5  # seconds between two injections, to know what is usual
# A silent line is asked after 10 s, given up 5 s later; a try to open another takes 5 s, and
# the next begins 1 s after.
BACK_WITHIN = 10 + 5 + 1 + 5 + 1
SHARES = 0.5, 0.9, 0.99
HEARD_SOON = 1.0  # seconds, 9 times of 10: without announcements it would be up to 2


class Line:
    """The way of one worker to the announcements."""

    def __init__(self, cluster: Cluster, number: int):
        self.announcements = DropAnnouncements(Random(number))
        self.target = "127.0.0.1", cluster.database.port
        self.lost: list[Proxy] = []
        self.proxy = self._proxy(cluster.port())
        database = cluster.database
        self.url = database.url.replace(f":{database.port}/", f":{self.proxy.port}/")

    def _proxy(self, port: int) -> Proxy:
        proxy = Proxy(*self.target, self.announcements)
        proxy.port = port
        return proxy

    @property
    def heard(self) -> int:
        return self.announcements.seen - self.announcements.dropped

    async def swallow(self, seconds: float) -> int:
        """A black hole; afterwards the network forwards again, but what was open then is lost
        for ever, as when a firewall forgets it. Returns the number of connections lost."""
        swallowed = self.proxy.open
        self.proxy.hold()
        await asyncio.sleep(seconds)
        await self.proxy.refuse()
        self.lost.append(self.proxy)
        self.proxy = self._proxy(self.proxy.port)
        await self.proxy.listen()
        return swallowed

    async def comes_back(self, accepted: int = 0) -> bool:
        """Whether announcements are heard again, on a connection after the first `accepted`."""
        give_up = monotonic() + BACK_WITHIN
        while self.proxy.accepted <= accepted and monotonic() < give_up:
            await asyncio.sleep(0.02)
        before = self.heard
        while self.heard == before and monotonic() < give_up:
            await asyncio.sleep(0.02)
        return self.heard > before

    async def close(self) -> None:
        for proxy in (*self.lost, self.proxy):
            await proxy.__aexit__()


@dataclass
class Injected:
    kills: int = 0
    holes: int = 0
    losses: int = 0
    came_back: int = 0
    stayed_away: int = 0
    after: list[tuple[float, float]] = field(default_factory=list)  # calm that follows a return

    @property
    def all(self) -> int:
        return self.kills + self.holes + self.losses


class Row:
    def __init__(self, scale: float, lines: list[Line], everybody: Steady):
        self.lines, self.everybody = lines, everybody
        self.rounds = max(1, round(EACH_KIND * scale / len(lines)))
        self.hole, self.calm = (BLACK_HOLE, CALM) if scale >= 1 else (SHORT_BLACK_HOLE, SHORT_CALM)
        self.injected = Injected()
        self.progress = Progress()

    async def run(self) -> list[str]:
        """Returns what still differs from a fresh load in the end."""
        await asyncio.sleep(2 * self.calm)
        kinds = [self._kill, self._lose, self._swallow]
        for done, kind in enumerate(kind for kind in kinds for _ in range(self.rounds)):
            with self.everybody.injecting():
                back = await asyncio.gather(*(kind(*each) for each in enumerate(self.lines, done)))
            self.injected.came_back += sum(back)
            self.injected.stayed_away += len(back) - sum(back)
            began = monotonic()
            await asyncio.sleep(self.calm)
            self.injected.after.append((began, monotonic()))
            self.progress(done + 1, len(kinds) * self.rounds)
        await self.everybody.rest()
        for screen in self._boards():
            screen.browser.close()  # kept connections that the server has given up meanwhile
        return (await all_exact(self._boards(), EXACT_WITHIN))[1]

    async def _kill(self, number: int, line: Line) -> bool:
        accepted = line.proxy.accepted
        self.injected.kills += line.proxy.cut() if number % 2 else line.proxy.reset()
        return await line.comes_back(accepted)

    async def _lose(self, number: int, line: Line) -> bool:
        before, line.announcements.probability = line.announcements.dropped, LOST_SHARE
        await asyncio.sleep(LOSSES)
        line.announcements.probability = 0
        self.injected.losses += line.announcements.dropped > before
        return await line.comes_back()

    async def _swallow(self, number: int, line: Line) -> bool:
        swallowed = await line.swallow(self.hole)
        self.injected.holes += swallowed
        return await line.comes_back()

    def _boards(self) -> list[Screen]:
        screens = [each.screen for each in self.everybody.followers]
        return [each for each in screens if isinstance(each, Screen)]


def _everybody(made: list[rooms.Room], workers: list[Worker], history) -> Steady:
    """Each supervisor has a tab on each worker; the candidates who wait follow, too."""
    addresses = [worker.address for worker in workers]
    actors = [tab for room in made for tab in room.browsers(workers, history)]
    followers = []
    for tab in actors:
        followers += [Follower(Screen(tab.twin(at=at))) for at in range(len(workers))]
    for at, person in enumerate(person for room in made for person in room.waiting):
        seat = SeatScreen(CandidateBrowser(addresses, person, at=at))
        followers.append(Follower(seat, person.pk))
    return Steady(made, actors, followers, workers, PAUSE)


async def _join(everybody: Steady) -> None:
    seats = [each.screen for each in everybody.followers if each.candidate_id]
    for seat in seats:
        answer = await seat.browser.join()
        assert answer.status == 302, f"a candidate is answered {answer.status}"


async def _serve(row: Row, workers: list[Worker]) -> list[str]:
    await _join(row.everybody)
    async with row.everybody:
        return await row.run()


def _shown_stages(everybody: Steady) -> list[str]:
    """The candidates whose page shows another stage than the database means. By ORM."""
    wrong = []
    for each in everybody.followers:
        if each.candidate_id:
            candidate = Candidate.objects.get(pk=each.candidate_id)
            stage = "ready" if candidate.authorized_until else "waiting"
            if each.screen.seat.get("stage") != stage:
                wrong.append(f"candidate {candidate.pk} is shown {each.screen.seat}")
    return wrong


def _judge(row: Row, differences: list[str]) -> Result:
    everybody, injected = row.everybody, row.injected
    missing = everybody.number()
    calm, under = everybody.calm_and_not()
    usual, taken = everybody.seconds(calm), everybody.seconds(under)
    slowed = sum(each > usual[-1] + steady.SLOWER for each in taken)
    late = steady.lateness(everybody.deeds, everybody.followers)
    too_late = sum(each > EXACT_WITHIN for each in late)
    never = late.count(steady.NEVER)
    after = [
        deed
        for deed in calm
        if any(began <= deed.began and deed.answered <= ended for began, ended in injected.after)
    ]
    soon = steady.share(steady.lateness(after, everybody.followers), 0.9)
    closed = sum(len(each.screen.closes) for each in everybody.followers)
    differences += _shown_stages(everybody)
    findings = everybody.actors[0].history.check()
    bad = everybody.refused() + closed + never + len(differences)
    bad += injected.stayed_away + findings.wrong + missing
    is_quick = not slowed and not too_late and soon < HEARD_SOON
    kinds = injected.kills, injected.losses, injected.holes
    return Result(
        injected=injected.all,
        lost=findings.lost,
        doubled=findings.doubled,
        wrong=bad,
        value=f"{everybody.refused()} refused, {slowed} slowed, {closed} closed, {late[-1]:.1f} s",
        goal="0 actions refused or slowed by 0.3 s, 0 sockets closed, exact within 3 s",
        ok=not (bad or findings.lost or findings.doubled) and all(kinds) and is_quick,
        notes={
            "killed": injected.kills,
            "times of losses": injected.losses,
            "black holes": injected.holes,
            "seconds each": row.hole,
            "announcements": sum(line.announcements.seen for line in row.lines),
            "dropped": sum(line.announcements.dropped for line in row.lines),
            "came back": injected.came_back,
            "stayed away": injected.stayed_away,
            "actions": len(everybody.deeds),
            "under a fault": len(under),
            "usual p99 and worst ms": ms(steady.share(usual, 0.99), usual[-1]),
            "under a fault p99 and worst ms": ms(steady.share(taken, 0.99), taken[-1]),
            "with waits for a processor": ms(steady.raw(calm)[-1], steady.raw(under)[-1]),
            "pages": len(everybody.followers),
            "sights": len(late),
            "too late": too_late,
            "late p50, p90 and p99 ms": ms(*(steady.share(late, part) for part in SHARES)),
            "after a return p90 ms": ms(soon),
            "why": "; ".join((differences + findings.what)[:5]),
        },
    )


def run(scale: float, cluster: Cluster) -> Result:
    made = rooms.rooms(ROOMS, running=4, waiting=2)
    history = rooms.history_of(made)
    lines = [Line(cluster, number) for number in range(4 if scale >= 1 else 2)]
    with contextlib.ExitStack() as stack:
        loop = stack.enter_context(asyncio.Runner())
        for line in lines:
            loop.run(line.proxy.listen())
            stack.callback(lambda line=line: loop.run(line.close()))
        workers = [
            stack.enter_context(cluster.workers(1, listen_url=line.url))[0] for line in lines
        ]
        loop.run(all_ready(workers))
        row = Row(scale, lines, _everybody(made, workers, history))
        differences = loop.run(_serve(row, workers))
    return _judge(row, differences)
