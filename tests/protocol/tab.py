"""The specification of a supervisor's tab: what `static/js/` does, without a browser.

A tab shows one `version` of one history (`epoch`) of the session: the rows, the counters and
whether the room is suspended. Frames may be lost, doubled, late or out of order. The rules:

1. Every frame names how far the server is. A history that the tab has left is over: nothing of
   it is heard any more.
2. `board` replaces everything, never by an older version of the same history.
3. `rows` are applied only in their own history, and only if `from` ≤ version < `v`.
4. As long as what is shown is behind what was named (a gap, a heartbeat ahead, another history),
   the tab says what it shows (`resume`); the server answers with what brings it up to date.
5. A click says what was seen: the epoch, and the version of the row.
6. One intention has one key, minted with the click. Without an answer the same key is sent
   again; once answered, yes or no, it is never sent again.
7. A refusal (409) holds the rows as they are at its version: newer ones are shown at once, and
   no older frame takes them back.

Each rule is a small method, so that a mutant is one of them overridden.
"""

import re
from dataclasses import dataclass, field
from itertools import count

ROW = re.compile(r'<li class="row" id="row-(\d+)".*?</li>', re.DOTALL)
COUNTER = re.compile(r'data-counter="(\w+)">(\d+)<')
SUSPENDED = 'class="paused-room"'


@dataclass(frozen=True)
class Row:
    """One candidate as shown, true at version `v` of the session."""

    html: str
    v: int

    @property
    def row_version(self) -> int:
        return int(self._data("row-version"))

    @property
    def state(self) -> str:
        return self._data("state")

    @property
    def flags(self) -> set[str]:
        return set(self._data("flags").split())

    @property
    def has_grant(self) -> bool:
        return re.search(r"\+\d+&nbsp;min", self.html) is not None

    def _data(self, name: str) -> str:
        return re.search(f'data-{name}="([^"]*)"', self.html)[1]


@dataclass
class Shown:
    """What a person can see of a whole board."""

    rows: dict[int, Row]
    counters: dict[str, int]
    is_suspended: bool

    @classmethod
    def of(cls, frame: dict) -> "Shown":
        html = frame["html"]
        rows = {int(match[1]): Row(match[0], frame["v"]) for match in ROW.finditer(html)}
        counters = {name: int(number) for name, number in COUNTER.findall(html)}
        return cls(rows, counters, SUSPENDED in html)


@dataclass
class Intention:
    """One click: what was asked, on which sight, and whether an answer has come."""

    number: int
    path: str
    action: str
    body: dict
    candidate_id: int | None = None
    seen: tuple[str, int] | None = None  # epoch and row version of what the person saw
    is_settled: bool = False


@dataclass
class Tab:
    epoch: str
    version: int
    shown: Shown
    heard: tuple[str, int]  # the latest epoch and version that the server has named
    past: set[str] = field(default_factory=set)  # epochs that are over
    intentions: list[Intention] = field(default_factory=list)
    _numbers = count(1)

    @classmethod
    def load(cls, frame: dict) -> "Tab":
        """The page, fresh from the server."""
        return cls(frame["epoch"], frame["v"], Shown.of(frame), (frame["epoch"], frame["v"]))

    @property
    def shows(self) -> tuple[str, int]:
        """Told with each new connection: the server sends what that lacks."""
        return self.epoch, self.version

    # Frames

    def receive(self, frame: dict) -> dict | None:
        """Apply one frame; returns the message to send when something was missed."""
        if not self.is_over(frame):
            self.hear(frame)
            if frame["type"] == "board" and not self.is_old_board(frame):
                self.take_board(frame)
            elif frame["type"] == "rows" and self.is_next(frame):
                self.take_rows(frame)
        if self.is_up_to_date():
            return None
        return {"type": "resume", "epoch": self.epoch, "v": self.version}

    def is_over(self, frame: dict) -> bool:
        return frame["epoch"] in self.past

    def hear(self, frame: dict) -> None:
        epoch, version = self.heard
        newest = max(frame["v"], version) if frame["epoch"] == epoch else frame["v"]
        self.heard = frame["epoch"], newest

    def is_up_to_date(self) -> bool:
        epoch, version = self.heard
        return epoch == self.epoch and version <= self.version

    def is_old_board(self, frame: dict) -> bool:
        return frame["epoch"] == self.epoch and frame["v"] <= self.version

    def is_next(self, frame: dict) -> bool:
        return self.is_same_history(frame) and self.is_new(frame) and not self.is_gap(frame)

    def is_same_history(self, frame: dict) -> bool:
        return frame["epoch"] == self.epoch

    def is_new(self, frame: dict) -> bool:
        return self.version < frame["v"]

    def is_gap(self, frame: dict) -> bool:
        return frame["from"] > self.version

    def take_board(self, frame: dict) -> None:
        old, self.shown = self.shown, Shown.of(frame)
        if frame["epoch"] == self.epoch:
            newer = {pk: row for pk, row in old.rows.items() if row.v > frame["v"]}
            self.shown.rows |= newer
        else:
            self.past.add(self.epoch)
        self.epoch, self.version = frame["epoch"], frame["v"]

    def take_rows(self, frame: dict) -> None:
        self.show_rows(frame)
        self.shown.counters |= frame["counters"]
        self.version = frame["v"]

    def show_rows(self, frame: dict) -> None:
        for pk, html in frame["rows"].items():
            if self.shown.rows[int(pk)].v <= frame["v"]:
                self.shown.rows[int(pk)] = Row(html.strip(), frame["v"])

    # Intentions

    def click(self, path: str, action: str, candidate_id: int | None = None, **body) -> Intention:
        """The person decides, on what is shown at this instant."""
        seen = None
        if candidate_id is not None:
            seen = (self.epoch, self.shown.rows[candidate_id].row_version)
            body |= {"epoch": seen[0], "row_version": seen[1]}
        number = next(Tab._numbers)
        body["idempotency_key"] = self.mint(number)
        made = Intention(number, path, action, body, candidate_id, seen)
        self.intentions.append(made)
        return made

    def mint(self, number: int) -> str:
        return f"intention-{number}"

    def repeat(self, intention: Intention) -> dict:
        """The body to send again while no answer has come: the same."""
        return intention.body

    @property
    def pending(self) -> list[Intention]:
        return [each for each in self.intentions if not each.is_settled]

    def hear_answer(self, intention: Intention, status: int, answer: dict) -> None:
        """The reply to a POST: the intention is settled, and a refusal shows how things are."""
        intention.is_settled = True
        if status == 409 and "rows" in answer and answer["epoch"] == self.epoch == self.heard[0]:
            self.show_rows(answer)
