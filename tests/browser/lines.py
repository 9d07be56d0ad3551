"""The line between a page and the server, in the hands of a test."""

import difflib
import json
import random
from collections.abc import Callable

from django.test import Client
from playwright.sync_api import WebSocketRoute, expect

from sessions_app.models import Session, SupervisorAccess
from tests import factories

from .people import Supervisor

# What ticks is left out: it depends on the second at which one looks.
BOARD = """() => {
  const board = document.getElementById("board").cloneNode(true);
  for (const node of board.querySelectorAll(".wait, .left, [data-since]")) node.textContent = "";
  for (const node of board.querySelectorAll("[class~=over]")) node.classList.remove("over");
  for (const node of board.querySelectorAll('[class=""]')) node.removeAttribute("class");
  return board.outerHTML.replace(/\\s+/g, " ");
}"""
# Every state that the board ever shows, in order: its version, and the version of each row.
WATCH = """() => {
  const board = document.getElementById("board");
  const rows = () => [...board.querySelectorAll(".row")];
  const look = () => [
    Number(board.dataset.version),
    Object.fromEntries(rows().map((row) => [row.dataset.candidate, row.dataset.rowVersion])),
  ];
  window.seen = [look()];
  new MutationObserver(() => window.seen.push(look()))
    .observe(board, { attributes: true, attributeFilter: ["data-version"] });
}"""


class Line:
    """The page's sockets: clean, or as `weather` makes them.

    `weather(text)` returns the messages to deliver in the place of one; `is_refused` closes
    each new socket at once; `is_black` swallows everything, both ways, without closing.
    """

    def __init__(self) -> None:
        self.weather: Callable[[str], list[str]] | None = None
        self.is_refused = self.is_black = False
        self.opened = 0
        self.route: WebSocketRoute | None = None
        self.resumes: list[dict] = []

    def __call__(self, route: WebSocketRoute) -> None:
        self.opened += 1
        if self.is_refused:
            route.close()
            return
        self.route = route
        if self.is_black:
            return
        server = route.connect_to_server()
        route.on_message(lambda text: self._to_server(server, text))
        server.on_message(lambda text: self._to_page(route, text))

    def _to_server(self, server: WebSocketRoute, text: str) -> None:
        self.resumes.append(json.loads(text))
        if not self.is_black:
            server.send(text)

    def _to_page(self, route: WebSocketRoute, text: str) -> None:
        if self.is_black:
            return
        for each in self.weather(text) if self.weather else [text]:
            route.send(each)

    def send(self, frame: dict) -> None:
        self.route.send(json.dumps(frame))

    def beat(self, room: Session) -> None:
        """A heartbeat, before its time."""
        present = Session.objects.get(pk=room.pk)
        self.send({"type": "hb", "epoch": str(present.epoch), "v": present.version})


class Storm:
    """Drops a fifth of what comes, doubles a tenth, and lets a fifth be overtaken."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.late: list[str] = []
        self.dropped = self.doubled = self.overtaken = 0

    def __call__(self, text: str) -> list[str]:
        late, self.late = self.late, []
        luck = self.random.random()
        if luck < 0.2:
            self.dropped += 1
            return late
        if luck < 0.4:
            self.overtaken += 1
            self.late = [text]
            return late
        if luck < 0.5:
            self.doubled += 1
            return [text, text, *late]
        return [text, *late]


def open_room(browser, site, room, *, size=None, clock=False, before=None, **options):
    """A supervisor before the board, with the line in hand: no form to fill.

    `before(page)` is called before the board is asked for.
    """
    account = factories.user()
    SupervisorAccess.objects.create(session=room, user=account)
    client = Client()
    client.force_login(account)
    person, line = Supervisor(browser, site, **options), Line()
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
    person.context.add_cookies([cookie])
    page = person.page
    if size:
        page.set_viewport_size(size)
    page.route_web_socket("**/ws/**", line)
    if clock:
        page.clock.install()
    if before:
        before(page)
    page.goto(f"{site}/surveillance/{room.number}/", timeout=30_000)
    expect_pulse(person, "on")
    person.account = account
    return person, line


def expect_pulse(person: Supervisor, state: str, timeout: int = 20_000) -> None:
    expect(person.page.locator("#pulse")).to_have_attribute("data-live", state, timeout=timeout)


def expect_version(person: Supervisor, room: Session, timeout: int = 20_000) -> None:
    version = str(Session.objects.get(pk=room.pk).version)
    expect(person.page.locator("#board")).to_have_attribute(
        "data-version", version, timeout=timeout
    )


def expect_exact(person: Supervisor, room: Session) -> None:
    """What the frames left is what a reload shows."""
    expect_version(person, room)
    person.page.mouse.move(2, 2)  # nobody is at the rows: all fall into place
    expect(person.page.locator("#reorder")).to_be_hidden()
    after_frames = person.page.evaluate(BOARD).split("<")
    person.page.reload()
    expect_pulse(person, "on")
    reloaded = person.page.evaluate(BOARD).split("<")
    differences = "\n".join(difflib.unified_diff(after_frames, reloaded, n=0))
    assert not differences, differences
