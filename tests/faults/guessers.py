"""Who guesses codes, in every way that the limits know, and the honest people meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from random import Random
from time import monotonic

from django.conf import settings
from django.urls import reverse

from candidates.models import Candidate
from sessions_app import codes
from sessions_app.models import Session, User
from tests import factories

from .browser import PAGE, Browser, Unreachable

TOKEN = "a" * 32  # any will do, as long as cookie and header agree
COMPARED, ENTERED, REFUSED = 422, 302, 429
MISTYPES = 0.1  # of honest people
INVENTED = 0.5  # of the guesses: of somebody on no list


class FromElsewhere(Browser):
    """A browser behind another address, as the machine in front tells it."""

    def __init__(self, addresses: list[str], place: str, *, at: int = 0):
        super().__init__(addresses, at=at)
        self.place, self.cookies = place, {settings.CSRF_COOKIE_NAME: TOKEN}

    def _head_and_body(self, method, path, accept, form):
        head, _, body = super()._head_and_body(method, path, accept, form).partition(b"\r\n\r\n")
        return head + f"\r\nX-Forwarded-For: {self.place}\r\n\r\n".encode() + body


def identity_of(person: Candidate) -> dict:
    born = f"{person.birthdate:%d/%m/%Y}"
    return {"last_name": person.birth_name, "first_name": person.first_name, "birthdate": born}


class Attack:
    """`known`: candidates whose identity the attacker has found out; `accounts`: logged in."""

    def __init__(self, addresses: list[str], known: list[Candidate], accounts: list[str]):
        self.addresses, self.known, self.accounts = addresses, known, accounts
        self.numbers = sorted({each.session.number for each in known})
        self.told: Counter[int] = Counter()

    async def guess(self, count: int, *, side_by_side: int) -> None:
        todo = iter(range(count))
        await asyncio.gather(*(self._guess_some(n, todo) for n in range(side_by_side)))

    async def _guess_some(self, seed: int, todo: Iterator[int]) -> None:
        chance = Random(seed)
        browser = FromElsewhere(self.addresses, "", at=seed)
        for number in todo:
            browser.place = self._place(chance, number)
            try:
                answer = await self._try(browser, chance, number)
            except Unreachable:
                self.told[0] += 1
                continue
            self.told[answer.status] += 1
            browser.cookies = {settings.CSRF_COOKIE_NAME: TOKEN}

    async def _try(self, browser: Browser, chance: Random, number: int):
        """A fifth at the supervisors' door, a tenth of all at numbers that do not exist."""
        at_entry = number % 5 == 0
        named = chance.choice(self.known)
        exists = chance.random() < 0.9
        typed = {"session_number": named.session.number if exists else codes.new_number()}
        if at_entry:
            browser.cookies[settings.SESSION_COOKIE_NAME] = chance.choice(self.accounts)
            typed["supervisor_code"] = _code(chance, 8)
            return await browser.post(reverse("entry"), typed)
        who = identity_of(named)
        if chance.random() < INVENTED:
            who["last_name"] = f"Inconnu {_code(chance, 6)}"
        return await browser.post(reverse("join"), typed | who | {"access_code": _code(chance, 6)})

    def _place(self, chance: Random, number: int) -> str:
        """One address for a third of them, as many as one likes for the others, a third IPv6."""
        if number % 3 == 0:
            return "198.51.100.7"
        if number % 3 == 1:
            return f"{chance.randrange(11, 99)}.{chance.randrange(256)}.{chance.randrange(256)}.9"
        return f"2001:db8:{chance.randrange(65536):x}:{chance.randrange(65536):x}::{number % 7}"


def _code(chance: Random, length: int) -> str:
    return "".join(chance.choice(codes.ALPHABET) for _ in range(length))


class School:
    """Honest people behind one address. `refused`: what anyone was refused who typed right."""

    def __init__(self, addresses: list[str], people: list[Candidate]):
        self.addresses, self.people = addresses, people
        self.refused: list[str] = []
        self.took: list[float] = []
        self.joined: list[Browser] = []

    async def join_within(self, seconds: float) -> None:
        """All of them, at instants that spread over so long; some mistype first."""
        gap = seconds / len(self.people)
        await asyncio.gather(*(self._join(each, n, n * gap) for n, each in enumerate(self.people)))

    async def _join(self, person: Candidate, at: int, after: float) -> None:
        await asyncio.sleep(after)
        browser = FromElsewhere(self.addresses, "192.0.2.10", at=at)
        typed = identity_of(person) | {"session_number": person.session.number}
        if Random(at).random() < MISTYPES:
            await browser.post(reverse("join"), typed | {"access_code": "AAAAAA"})
        began = monotonic()
        right = typed | {"access_code": person.session.access_code}
        answer = await browser.post(reverse("join"), right)
        self.took.append(monotonic() - began)
        self._expect(answer.status == ENTERED, f"{answer.status} to join")
        self.joined.append(browser)

    async def look_again(self) -> None:
        """Who has joined goes on with their seat alone."""
        for browser in self.joined:
            answer = await browser.get(reverse("test"), PAGE)
            self._expect(answer.status == 200, f"{answer.status} with a seat")

    async def enter(self, logins: list[str], session: Session) -> None:
        """Supervisors, with the right codes."""
        for at, login in enumerate(logins):
            browser = FromElsewhere(self.addresses, "192.0.2.10", at=at)
            browser.cookies[settings.SESSION_COOKIE_NAME] = login
            typed = {"session_number": session.number, "supervisor_code": session.supervisor_code}
            answer = await browser.post(reverse("entry"), typed)
            self._expect(answer.status == ENTERED, f"{answer.status} to enter")

    def _expect(self, holds: bool, sentence: str) -> None:
        if not holds:
            self.refused.append(sentence)


def accounts(count: int) -> list[User]:
    return [factories.user() for _ in range(count)]
