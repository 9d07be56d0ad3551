"""People who go on using the site through an outage, and what each of them was told.

Each works until told to stop; `good` holds the instants of what succeeded, by what was done.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from time import monotonic

from django.contrib.sessions.models import Session as Login

from candidates import rehearsal
from candidates.models import Answer as SavedAnswer
from candidates.models import Candidate
from tests import factories

from .browser import DATA, PAGE, Answer, Unreachable
from .history import ACKNOWLEDGED
from .people import CandidateBrowser, SupervisorBrowser

PAUSE = 0.08  # seconds between two requests of one person
SENTENCE = "Le service ne répond pas pour l’instant. Réessayez dans un instant."
# Who logs in while the limits of the account pages cannot be counted, or just after.
LOGIN, HELD_UP = "/compte/login/", "Trop de demandes en même temps."
TRACES = re.compile(r"Traceback|psycopg|django\.db|OperationalError|File \"")


class Witness:
    """Hears every answer. `told` counts statuses; `odd` is what should not have been said."""

    def __init__(self) -> None:
        self.told: Counter[int | str] = Counter()
        self.odd: Counter[str] = Counter()
        self.good: dict[str, list[float]] = defaultdict(list)
        self.joined: list[int] = []
        self.answers: dict[tuple[int, int], str] = {}
        self.logged_out: list[str] = []

    def hears(self, path: str, accept: str, answer: Answer) -> None:
        self.told[answer.status] += 1
        if answer.status < 400:
            return
        if (path, answer.status) == (LOGIN, 429) and answer.text.count(HELD_UP) == 1:
            return
        what = re.sub(r"\d+", "…", path)
        if answer.status != 503:
            self.odd[f"{answer.status} at {what}: {answer.text[:80]}"] += 1
            return
        if answer.header("retry-after") != "2":
            self.odd[f"no Retry-After at {what}"] += 1
        is_plain = answer.text.count(SENTENCE) == 1 and not TRACES.search(answer.text)
        if accept == DATA:
            is_plain = answer.json() == {"message": SENTENCE}
        if not is_plain:
            self.odd[f"not plain at {what}: {answer.text[:80]}"] += 1

    def succeeded(self, what: str) -> None:
        self.good[what].append(monotonic())

    def first_good(self, since: float) -> dict[str, float]:
        """By what was done, the seconds from `since` to the first success after it."""
        after = {what: [at for at in when if at >= since] for what, when in self.good.items()}
        return {what: when[0] - since for what, when in after.items() if when}

    def lies(self) -> list[str]:
        """What was told done and is not in the database. Outside the loop."""
        ids = {candidate for candidate, _ in self.answers}
        rows = SavedAnswer.objects.filter(candidate__in=ids)
        saved = {(row.candidate_id, row.question): row.value for row in rows}
        lies = [
            f"candidate {key[0]}, question {key[1]}: {value!r} told, {saved.get(key)!r} saved"
            for key, value in self.answers.items()
            if saved.get(key) != value
        ]
        seatless = Candidate.objects.filter(pk__in=self.joined, seat="").count()
        lies += ["told to have joined, without a seat"] * seatless
        logins = Login.objects.filter(session_key__in=self.logged_out).count()
        return lies + ["told to be logged out, and is not"] * logins


class _Watched:
    """A browser whose every answer the witness hears."""

    witness: Witness

    async def request(self, method: str, path: str, accept: str = PAGE, **options) -> Answer:
        try:
            answer = await super().request(method, path, accept, **options)
        except Unreachable:
            self.witness.told["no reply"] += 1
            raise
        self.witness.hears(path, accept, answer)
        return answer


class WatchedSupervisor(_Watched, SupervisorBrowser):
    pass


class WatchedCandidate(_Watched, CandidateBrowser):
    pass


Work = Callable[[asyncio.Event], Awaitable[None]]


def acting(browser: SupervisorBrowser, candidate: int) -> Work:
    """A supervisor adds time again and again; what stays unknown is settled later."""

    async def work(stop: asyncio.Event) -> None:
        while not stop.is_set():
            done = await browser.act(candidate, "add-time", minutes=1, reason="key")
            if done.outcome == ACKNOWLEDGED:
                browser.witness.succeeded("act")
            await asyncio.sleep(PAUSE)

    return work


def answering(browser: CandidateBrowser) -> Work:
    """A candidate answers question after question, each until it is taken."""

    async def work(stop: asyncio.Event) -> None:
        for question in range(1, rehearsal.COUNT + 1):
            values = sorted(rehearsal.question(question).values) or ["réponse"]
            while not stop.is_set():
                answer = await _ask(browser.reply(question, values[0]))
                if answer and answer.status == 303:
                    browser.witness.answers[browser.candidate.pk, question] = values[0]
                    browser.witness.succeeded("answer")
                    break
                await asyncio.sleep(PAUSE)
            await asyncio.sleep(PAUSE * 3)

    return work


def joining(browser: CandidateBrowser) -> Work:
    """A candidate asks for the waiting room until let in, again each time it is forgotten."""

    async def work(stop: asyncio.Event) -> None:
        while not stop.is_set():
            browser.cookies.pop("seat", None)
            answer = await _ask(browser.join())
            if answer and answer.status == 302:
                browser.witness.joined.append(browser.candidate.pk)
                browser.witness.succeeded("join")
            await asyncio.sleep(PAUSE * 2)

    return work


def looking(browser: SupervisorBrowser, paths: list[str]) -> Work:
    """Somebody opens one page after the other."""

    async def work(stop: asyncio.Event) -> None:
        turn = 0
        while not stop.is_set():
            answer = await _ask(browser.get(paths[turn % len(paths)]))
            if answer and answer.status == 200:
                browser.witness.succeeded("look")
            turn += 1
            await asyncio.sleep(PAUSE)

    return work


def coming_and_going(browser: SupervisorBrowser) -> Work:
    """A supervisor logs in, enters by number and code, and logs out, by the forms."""
    login = {"login": browser.user.email, "password": factories.PASSWORD}
    codes = {
        "session_number": browser.session.number,
        "supervisor_code": browser.session.supervisor_code,
    }

    async def work(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.sleep(PAUSE * 2)
            browser.cookies.pop("sessionid", None)
            await _ask(browser.get("/compte/login/"))
            answer = await _ask(browser.post("/compte/login/", login, PAGE))
            if answer is None or answer.status != 302:
                continue
            key = browser.cookies["sessionid"]
            entered = await _ask(browser.post("/surveillance/", codes, PAGE))
            if entered and entered.status == 302:
                if entered.header("location") != browser.board_path:
                    browser.witness.odd[f"logged in, and sent to {entered.header('location')}"] += 1
                browser.witness.succeeded("enter")
            left = await _ask(browser.post("/compte/logout/", {}, PAGE))
            if left and left.status == 302:
                browser.witness.logged_out.append(key)

    return work


async def _ask(request: Awaitable[Answer]) -> Answer | None:
    try:
        return await request
    except Unreachable:
        return None
