"""One supervisor who is lost again and again, and comes back by number and code each time."""

import asyncio
import contextlib
from collections import Counter
from random import Random
from time import monotonic

import psycopg

from tests import factories

from . import session_rows
from .browser import PAGE, Unreachable
from .full_rooms import FullRoom, seated
from .history import Findings, History, Intention
from .people import SupervisorBrowser
from .proxy import Proxy
from .screens import Screen, SeatScreen
from .worker import Worker

CLOSES_WITHIN = 12  # seconds after a logout
COMES_BACK_WITHIN = 20
LATENCY = 0.15  # seconds each way, so that an answer is on its way for a while
KINDS = ("closed", "reset", "black hole", "tab killed", "logged out", "mid-command")
# A lost network leaves the login in the browser; a closed browser forgets it.
KEEPS_LOGIN = {"reset", "black hole", "mid-command"}


class FromSchool(SupervisorBrowser):
    """Its requests come from an address of their own, as those of another school would."""

    school = 0

    async def _connect(self):
        host, port = self.address.removeprefix("http://").split(":")
        own = f"127.0.1.{self.school + 1}"
        return await asyncio.open_connection(host, port, limit=2**20, local_addr=(own, 0))


class Lost:
    """One room whose first supervisor is lost again and again; the second one stays."""

    def __init__(self, number: int, full: FullRoom, workers: list[Worker], history: History):
        self.number, self.full, self.history = number, full, history
        self.addresses = [worker.address for worker in workers]
        self.chance = Random(number)
        self.proxies: list[Proxy] = []
        self.at = 0
        self.browser: SupervisorBrowser
        self.screen: Screen
        self.ghosts: list[tuple[Proxy, Screen]] = []
        self.leaving: list[asyncio.Task] = []
        self.happened: Counter[str] = Counter()
        self.disturbed: Counter[Proxy] = Counter()
        self.findings = Findings()
        self.seconds: list[float] = []
        self.rows: session_rows.Rows = {}
        stays = SupervisorBrowser(
            self.addresses, full.room.session, full.room.supervisors[1], at=number
        )
        self.stays = Screen(stays, seed=number)
        self.seat = SeatScreen(seated(self.addresses, full.connected, at=number))

    async def begin(self, database: psycopg.AsyncConnection, proxies: list[Proxy]) -> None:
        self.database, self.proxies = database, proxies
        await self.stays.load()
        await self._come_back(keeps_login=False)
        self.rows = await self._rows()

    async def lose(self, kind: str) -> None:
        """One loss, the way back, and the comparison."""
        command = await getattr(self, "_" + kind.replace(" ", "_").replace("-", "_"))()
        began = monotonic()
        if command:
            cut = await self._rows()
            self.happened["done when cut"] += len(cut) > len(self.rows)
            moved = session_rows.strangers(self.rows, cut, command)
            self._wrong(len(moved), f"{kind}, when cut: {sorted(moved)}")
        keeps_login = kind in KEEPS_LOGIN and self.chance.random() < 0.5
        try:
            async with asyncio.timeout(COMES_BACK_WITHIN):
                await self._come_back(keeps_login=keeps_login)
                if command:
                    await self.browser.settle(command)
                await self._is_exact(kind)
        except (TimeoutError, AssertionError, OSError, ValueError, Unreachable) as error:
            self._wrong(1, f"{kind}: not back, {type(error).__name__} {error}")
        self.seconds.append(monotonic() - began)
        await self._same_rows(kind, command)

    async def end(self, patience: float) -> None:
        """The last losses are over for the server too, and nothing has moved since."""
        await asyncio.sleep(patience)
        for proxy, screen in self.ghosts:
            await self._bury(proxy, screen)
        await asyncio.gather(*self.leaving)
        await self._same_rows("afterwards", None)
        self.stays.browser.close()  # kept open for longer than the server keeps it
        fresh = await self.stays.fresh()
        await self.stays.reaches(fresh.version, COMES_BACK_WITHIN)
        if told := self.stays.shown.difference(fresh):
            self._wrong(1, f"the other supervisor: {told}")
        self._wrong(len(self.stays.closes), "a socket of the other supervisor was closed")
        self._wrong(len(self.seat.closes), "a candidate's socket was closed")
        self._wrong(abs(self.seat.frames["seat"] - 1), "a candidate was disturbed")
        await _left(self.screen)

    # The losses: each leaves what the browser had open behind

    async def _closed(self) -> None:
        self._count("closed", self.screen.is_live)
        await _left(self.screen)

    async def _reset(self) -> None:
        loading = asyncio.create_task(self.browser.get(self.browser.board_path))
        await asyncio.sleep(self.chance.random() * 0.03)
        self._count("reset", self._cut())
        await asyncio.gather(loading, _left(self.screen), return_exceptions=True)

    async def _black_hole(self) -> None:
        """Nobody is told: the old socket stays as it is, and so does what it will miss."""
        while self.ghosts:
            await self._bury(*self.ghosts.pop())
        self._proxy.hold()
        self.disturbed[self._proxy] += 1
        self._count("black hole", self._proxy.open)
        self.ghosts.append((self._proxy, self.screen))
        self.at = 1 - self.at

    async def _tab_killed(self) -> None:
        """In the middle of loading a page: no closing frame, no answer read."""
        loading = asyncio.create_task(self.browser.get(self.browser.board_path))
        await asyncio.sleep(self.chance.random() * 0.02)
        self._count("tab killed", self.screen.socket is not None)
        self.screen.drop()
        loading.cancel()
        await asyncio.gather(loading, _left(self.screen), return_exceptions=True)

    async def _logged_out(self) -> None:
        """By the form; the tab stays open, and its socket must not."""
        self.browser.close()  # a server ends what it has kept open for too long
        answer = await self.browser.post("/compte/logout/", {}, PAGE)
        self._count("logged out", answer.status == 302)
        self.leaving.append(asyncio.create_task(self._is_sent_away(self.screen, self._proxy)))

    async def _mid_command(self) -> Intention:
        """Its network is cut before the server heard of it, before the answer, or at any moment."""
        candidate = self.full.acted_on
        command = self.browser.intend(candidate.pk, "add-time", minutes=1, reason="key")
        moment = self.chance.choice(["not heard", "not answered", "any"])
        if moment == "not heard":
            self._proxy.hold()
        self._proxy.delay = LATENCY if moment == "not answered" else 0
        sending = asyncio.create_task(self.browser.send_once(command))
        if moment == "not answered":
            while not (sending.done() or await session_rows.is_done(self.database, command)):
                await asyncio.sleep(0.01)
        else:
            await asyncio.sleep(self.chance.random() * 0.05)
        self._cut()
        await asyncio.gather(sending, _left(self.screen), return_exceptions=True)
        self._proxy.delay = 0
        self._proxy.release()
        self._count("mid-command", command.status is None)
        self.happened["answered when cut"] += command.status is not None
        return command

    # The way back

    async def _come_back(self, *, keeps_login: bool) -> None:
        """Login, number and code by the real forms, from another browser unless `keeps_login`."""
        room = self.full.room
        door = FromSchool(
            self.addresses,
            room.session,
            room.supervisors[0],
            self.history,
            at=self.chance.randrange(2),
            logged_in=False,
        )
        door.school = self.number
        if keeps_login:
            door.cookies = dict(self.browser.cookies)
        else:
            await door.log_in(factories.PASSWORD)
            self.happened["logins"] += 1
        await door.enter()
        address = f"http://127.0.0.1:{self._proxy.port}"
        self.browser = SupervisorBrowser(
            [address], room.session, room.supervisors[0], self.history, logged_in=False
        )
        self.browser.cookies = door.cookies
        self.screen = Screen(self.browser, seed=self.number)
        await self.screen.load()
        await self.screen.__aenter__()
        while not self.screen.frames["board"]:
            await asyncio.sleep(0.002)

    async def _is_exact(self, kind: str) -> None:
        fresh = await self.screen.fresh()
        await self.screen.reaches(fresh.version, COMES_BACK_WITHIN)
        told = self.screen.shown.difference(fresh)
        self._wrong(bool(told), f"{kind}: the screen shows another {told}")

    # What is compared

    async def _same_rows(self, kind: str, command: Intention | None) -> None:
        before, self.rows = self.rows, await self._rows()
        if command is None:
            moved = sum(self.rows.get(key) != before.get(key) for key in before | self.rows)
            self._wrong(moved, f"{kind}: {moved} rows changed")
            return
        moved = session_rows.strangers(before, self.rows, command)
        self._wrong(len(moved), f"{kind}: {sorted(moved)}")
        new = Counter(model for model, _ in self.rows.keys() - before.keys())
        expected = {"TimeGrant": 1, "Command": 1, "SessionEvent": 1}
        self._wrong(new != expected, f"{kind}: settled as {dict(new)}")

    async def _rows(self) -> session_rows.Rows:
        return await session_rows.of_session(self.database, self.full.room.session.pk)

    async def _is_sent_away(self, screen: Screen, proxy: Proxy) -> None:
        """The server closes it, unless its network does in the meantime."""
        disturbed = self.disturbed[proxy]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSES_WITHIN):
                while not screen.closes:
                    await asyncio.sleep(0.05)
        codes = [code for _, code in screen.closes[:1]]
        self.happened["sent away"] += codes == [4401]
        if disturbed == self.disturbed[proxy]:
            self._wrong(codes != [4401], f"the socket of a logged-out tab: {codes}")
        await _left(screen)

    async def _bury(self, proxy: Proxy, screen: Screen) -> None:
        proxy.reset()
        proxy.release()
        await _left(screen)

    def _cut(self) -> int:
        self.disturbed[self._proxy] += 1
        return self._proxy.reset()

    @property
    def _proxy(self) -> Proxy:
        return self.proxies[self.at]

    def _count(self, kind: str, happened: object) -> None:
        self.happened[kind] += bool(happened)

    def _wrong(self, count: int, sentence: str) -> None:
        self.findings.note("wrong", int(count), sentence)


async def _left(screen: Screen) -> None:
    """Nobody looks at it any more."""
    if screen._task:
        screen._task.cancel()
        await asyncio.wait([screen._task])
