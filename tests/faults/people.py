"""Those who use the site while it breaks: lean browsers that follow the product's own rules."""

import asyncio
import re
import secrets
from time import monotonic

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from candidates.models import Candidate
from sessions_app.models import Session, User

from .browser import PAGE, Answer, Browser, Unreachable
from .history import Attempt, History, Intention

# As in static/js/actions.js; multiplied by the pace of the run.
WAITS = (1, 2, 4, 8)
BUSY = {502, 503, 504}


def session_cookie(user: User) -> str:
    """A login by force: what the browser's cookie holds after it. Sync, outside the loop."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key


class SupervisorBrowser(Browser):
    """A supervisor of one session, whose every command goes into the history.

    `pace` scales the waits before a resend. Made outside the loop (it logs in by force, unless
    told to `log_in` and `enter` through the forms).
    """

    def __init__(
        self,
        addresses: list[str],
        session: Session,
        user: User,
        history: History | None = None,
        *,
        at: int = 0,
        pace: float = 0.1,
        logged_in: bool = True,
    ):
        super().__init__(addresses, at=at)
        self.session, self.user, self.history, self.pace = session, user, history, pace
        self.cookies["csrftoken"] = secrets.token_hex(16)
        if logged_in:
            self.cookies["sessionid"] = session_cookie(user)

    @property
    def board_path(self) -> str:
        return f"/surveillance/{self.session.number}/"

    def twin(self, *, at: int) -> "SupervisorBrowser":
        """Another tab of the same browser, which speaks to another worker. No query."""
        tab = SupervisorBrowser(
            self.addresses,
            self.session,
            self.user,
            self.history,
            at=at,
            pace=self.pace,
            logged_in=False,
        )
        tab.cookies = self.cookies
        return tab

    async def log_in(self, password: str) -> None:
        """Through the login form. Raises `AssertionError` when it is refused."""
        await self.get("/compte/login/")
        form = {"login": self.user.email, "password": password}
        answer = await self.post("/compte/login/", form, PAGE)
        assert answer.status == 302, f"the login is answered {answer.status}"

    async def enter(self) -> None:
        """Through the entry form, by number and code."""
        await self.get("/surveillance/")
        codes = {
            "session_number": self.session.number,
            "supervisor_code": self.session.supervisor_code,
        }
        answer = await self.post("/surveillance/", codes, PAGE)
        assert answer.header("location") == self.board_path, f"the entry is {answer.status}"

    def intend(self, candidate: int | None, action: str, *, key: str = "", **body) -> Intention:
        """A new intention, not sent yet; `reason="key"` writes the key as the reason."""
        key = key or secrets.token_hex(12)
        if body.get("reason") == "key":
            body["reason"] = key
        where = f"candidats/{candidate}/" if candidate else ""
        return self.history.intend(
            key=key,
            session_id=self.session.pk,
            user_id=self.user.pk,
            candidate_id=candidate,
            action=action,
            path=f"{self.board_path}{where}{action}/",
            body=body | {"idempotency_key": key},
        )

    async def act(self, candidate: int | None, action: str, **body) -> Intention:
        """Intends and sends, with the resend rule; the outcome is in what it returns."""
        intention = self.intend(candidate, action, **body)
        await self.send(intention)
        return intention

    async def send(self, intention: Intention) -> None:
        """As static/js/actions.js: again after a lost reply or a 502, 503, 504, then given up."""
        for wait in (*WAITS, None):
            if await self.send_once(intention):
                return
            self.elsewhere()
            if wait is not None:
                await asyncio.sleep(wait * self.pace)

    async def send_once(self, intention: Intention) -> Answer | None:
        """One request; None when nothing is known after it."""
        began, status, answer = monotonic(), None, None
        address = self.address
        try:
            answer = await self.post(intention.path, intention.body)
            status = answer.status
        except Unreachable:
            pass
        intention.attempts.append(Attempt(address, began, monotonic(), status))
        if answer is None or status in BUSY:
            return None
        intention.status = status
        if status < 500:
            intention.answer = answer.json()
        return answer

    async def settle(self, intention: Intention, seconds: float = 60) -> None:
        """Sends it again with its key until it is answered."""
        give_up = monotonic() + seconds
        while intention.outcome == "unknown" and monotonic() < give_up:
            await self.send_once(intention)
            if intention.outcome == "unknown":
                self.elsewhere()
                await asyncio.sleep(0.05)


async def settle(supervisors: list[SupervisorBrowser]) -> int:
    """Each one settles what they left unknown; returns how many that were."""
    own = {(each.session.pk, each.user.pk): each for each in supervisors}
    unknown = supervisors[0].history.unknown()
    for intention in unknown:
        await own[intention.session_id, intention.user_id].settle(intention)
    return len(unknown)


class CandidateBrowser(Browser):
    """A candidate, from the join form to the end of the test; see `screens.SeatScreen`."""

    def __init__(self, addresses: list[str], candidate: Candidate, *, at: int = 0):
        super().__init__(addresses, at=at)
        self.candidate, self.session = candidate, candidate.session
        self.cookies["csrftoken"] = secrets.token_hex(16)

    async def join(self) -> Answer:
        """Through the join form; afterwards the seat is in the cookies when the answer is 302."""
        return await self.post(
            "/candidat/",
            {
                "session_number": self.session.number,
                "last_name": self.candidate.birth_name,
                "first_name": self.candidate.first_name,
                "birthdate": self.candidate.birthdate.isoformat(),
                "access_code": self.session.access_code,
            },
            PAGE,
        )

    async def stage(self) -> str:
        """The stage that the page shows now (`data-stage`)."""
        found = re.search(r'data-stage="([a-z]+)"', (await self.get("/candidat/test/")).text)
        return found[1] if found else ""

    async def start(self) -> Answer:
        return await self.post("/candidat/commencer/", {}, PAGE)

    async def reply(self, question: int, value: str = "") -> Answer:
        """An answer to question 1 to n (`value`: one of its choices; empty passes)."""
        return await self.post("/candidat/repondre/", {"question": question, "answer": value}, PAGE)

    async def finish(self) -> Answer:
        return await self.post("/candidat/terminer/", {}, PAGE)
