"""A simulated supervisor, who lets people start and go on through the public actions."""

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass
from random import Random
from time import monotonic, perf_counter

from .browser import DATA, Browser
from .pages import Page, Row
from .sockets import LiveSocket

LOGIN, ENTRY = "/compte/login/", "/surveillance/"
LOOKS_EVERY_SECONDS = 0.2


class TurnedAway(Exception):
    """The account or the codes were refused; the text says why in French."""


@dataclass(frozen=True)
class Account:
    email: str
    password: str
    supervisor_code: str


@dataclass(frozen=True)
class Chore:
    """What to do about a flag of a row, after how many simulated seconds, with which fields.

    `leaves_one_in`: of a colleague who leaves some to the person, one in how many (1: all).
    """

    action: str
    after: tuple[float, float]
    fields: dict[str, str]
    leaves_one_in: int = 0


CHORES = {
    "asks-start": Chore("authorize-start", (10, 60), {}),
    "asks-resume": Chore("authorize-resume", (60, 180), {"minutes": "2"}, leaves_one_in=2),
    "alert": Chore("accept-alert", (40, 150), {"category": "E11"}, leaves_one_in=2),
    "overtime": Chore("end-test", (30, 60), {"reason": "Temps écoulé"}, leaves_one_in=1),
}


class Colleague:
    """`ends_at`: from this `monotonic()` on, tests still running are ended; None for never."""

    def __init__(
        self,
        browser: Browser,
        number: str,
        *,
        clicks: dict[int, float],
        speed: float,
        chance: Random,
        leaves_some: bool,
        ends_at: float | None,
    ):
        self.browser, self.number, self.clicks = browser, number, clicks
        self.speed, self.chance = speed, chance
        self.leaves_some, self.ends_at = leaves_some, ends_at
        self.rows: dict[int, Row] = {}
        self.due: dict[tuple[int, str], float] = {}
        self.seen: Counter = Counter()

    async def enter(self, account: Account) -> None:
        """Log in and open the room. Raises `TurnedAway`."""
        page = await self._fill(LOGIN, "login", login=account.email, password=account.password)
        if any(form.asks("login") for form in page.forms):
            raise TurnedAway("le compte du collègue simulé est refusé")
        code = account.supervisor_code
        page = await self._fill(
            ENTRY, "supervisor_code", session_number=self.number, supervisor_code=code
        )
        if page.csrf is None:
            raise TurnedAway("le code surveillant du collègue simulé est refusé")
        self.csrf = page.csrf

    async def work(self) -> None:
        """Follow the room and do the chores, until cancelled."""
        async with LiveSocket(self.browser, f"/ws/surveillance/{self.number}/", self._hear):
            while True:
                await asyncio.sleep(LOOKS_EVERY_SECONDS)
                await self._do_chores()

    async def _fill(self, path: str, field: str, **values: str) -> Page:
        form = (await self.browser.page(path)).form_asking(field)
        return Page((await self.browser.post(form.action or path, form.filled(**values))).text)

    def _hear(self, frame: dict) -> None:
        if frame["type"] == "board":
            self.rows = {row.candidate_id: row for row in Page(frame["html"]).rows}
        elif frame["type"] == "rows":
            for html in frame["rows"].values():
                self.rows |= {row.candidate_id: row for row in Page(html).rows}

    async def _do_chores(self) -> None:
        wanted = {(row.candidate_id, flag) for row in self.rows.values() for flag in self._of(row)}
        self.due = {key: instant for key, instant in self.due.items() if key in wanted}
        for candidate_id, flag in sorted(wanted - set(self.due)):
            self.due[candidate_id, flag] = self._moment(flag)
        for key, instant in list(self.due.items()):
            if instant <= monotonic():
                del self.due[key]
                await self._do(*key)

    def _of(self, row: Row) -> set[str]:
        flags = row.flags & set(CHORES)
        if "authorized" in row.flags:
            flags -= {"asks-start", "asks-resume"}
        if self.ends_at and monotonic() > self.ends_at and row.state == "in_progress":
            flags = flags | {"overtime"}
        return set(flags) if row.state != "finished" else set()

    def _moment(self, flag: str) -> float:
        """When to act; never for what is left to the person."""
        chore = CHORES[flag]
        self.seen[flag] += 1
        one_in = chore.leaves_one_in if self.leaves_some else 0
        if one_in and self.seen[flag] % one_in == 0:
            return float("inf")
        return monotonic() + self.chance.uniform(*chore.after) / self.speed

    async def _do(self, candidate_id: int, flag: str) -> None:
        chore = CHORES[flag]
        values = {
            "csrfmiddlewaretoken": self.csrf,
            "idempotency_key": secrets.token_hex(16),
            "row_version": self.rows[candidate_id].version,
            **chore.fields,
        }
        self.clicks[candidate_id] = perf_counter()
        path = f"/surveillance/{self.number}/candidats/{candidate_id}/{chore.action}/"
        response = await self.browser.post(path, values, DATA)
        if response.status_code not in {200, 204}:
            self.clicks.pop(candidate_id, None)
            # 409: somebody else was quicker, or the row has moved; the next look decides.
            if response.status_code != 409:
                self.browser.summary.count("errors")
