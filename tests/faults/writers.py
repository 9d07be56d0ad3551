"""Supervisors who type their words on the PV, in a real browser, without ever pausing."""

import asyncio
from dataclasses import dataclass, field
from time import monotonic

from django.conf import settings
from playwright.async_api import Browser, BrowserContext, Page

from incidents.models import Remark
from sessions_app.models import Session, User

EVERY = 0.25  # seconds between two words


@dataclass(eq=False)
class Writer:
    """One supervisor; `cookie` is that of their login.

    `typed` is all that their page shows, `marks` when each length was reached, `kept` the text of
    theirs that was last found in the database.
    """

    address: str
    session: Session
    user: User
    cookie: str
    typed: str = ""
    kept: str = ""
    marks: list[tuple[float, int]] = field(default_factory=list)
    words: int = 0
    errors: list[str] = field(default_factory=list)
    context: BrowserContext | None = None
    page: Page | None = None

    async def open(self, browser: Browser) -> str:
        """A computer of their own, at the PV; returns the words that the page shows."""
        self.context = await browser.new_context()
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": self.cookie, "url": self.address}
        await self.context.add_cookies([cookie])
        self.page = await self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        await self.page.goto(f"{self.address}/surveillance/{self.session.number}/pv/")
        field = self.page.locator("#remarks")
        await field.focus()
        await self.page.keyboard.press("Control+End")
        self.typed = await field.input_value()
        self.marks = [(monotonic(), len(self.typed))]
        return self.typed

    async def write(self, seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            self.words += 1
            word = f"{self.user.pk}·{self.words} "
            await self.page.keyboard.insert_text(word)
            self.typed += word
            self.marks.append((monotonic(), len(self.typed)))
            await asyncio.sleep(EVERY)

    async def crash(self) -> float:
        """The computer dies, without a last word; returns when."""
        at = monotonic()
        await self.context.set_offline(True)
        await self.page.close()
        await self.context.close()
        return at

    def look(self) -> None:
        """By ORM: what is kept of theirs."""
        found = Remark.objects.filter(session=self.session, author=self.user).first()
        self.kept = found.text if found else ""

    def unkept_since(self, now: float) -> float:
        """For how many seconds, at `now`, words had been there that are not kept."""
        older = [at for at, length in self.marks if length > len(self.kept) and at <= now]
        return now - older[0] if older else 0.0
