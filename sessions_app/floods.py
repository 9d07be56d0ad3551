"""How much one browser may ask of the sockets of a process: so much that no honest page notices.

Counted in each process for itself; the machine in front counts by address (`deploy/nginx.conf`).
"""

from time import monotonic
from typing import Protocol

LONGEST_MESSAGE = 16 * 1024  # bytes
MANY, FLOOD, BIG = "many", "flood", "big"  # why a socket is closed
# A page says something when somebody acts: at most a few times a second.
MESSAGES_AT_ONCE, MESSAGES_A_SECOND = 60, 10
# A socket that is cut comes back once, by each process that is started again in a row.
OPENINGS_AT_ONCE, OPENINGS_A_SECOND = 60, 2
TURNED_AWAY_SECONDS = 1  # for who opens more, before they are told so
OF_A_LOGIN, OF_A_SEAT = 24, 4  # sockets at a time: tabs and devices
MOST_PACES = 20_000


class Pace:
    """So many at once, and so many a second afterwards."""

    __slots__ = ("_at", "_left", "most", "rate")

    def __init__(self, most: float, rate: float):
        self.most, self.rate = most, rate
        self._left, self._at = float(most), monotonic()

    def allows(self) -> bool:
        """One more, now."""
        self._refill()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def is_rested(self) -> bool:
        self._refill()
        return self._left >= self.most

    def _refill(self) -> None:
        now = monotonic()
        self._left = min(self.most, self._left + (now - self._at) * self.rate)
        self._at = now


class Listening(Pace):
    """What one socket may say."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(MESSAGES_AT_ONCE, MESSAGES_A_SECOND)

    def refuses(self, said: str | bytes) -> str:
        """Why a message is not heard, or ""."""
        # A sign takes four bytes at most: the length in bytes is asked for rarely.
        if len(said) * 4 > LONGEST_MESSAGE:
            length = len(said.encode()) if isinstance(said, str) else len(said)
            if length > LONGEST_MESSAGE:
                return BIG
        return "" if self.allows() else FLOOD


class Closes(Protocol):
    def close(self, code: str) -> None: ...


class Crowd:
    """The sockets of each browser, told by its login or its seat."""

    def __init__(self) -> None:
        self._sockets: dict[str, list[Closes]] = {}
        self._paces: dict[str, Pace] = {}

    def may_open(self, browser: str) -> bool:
        """One more socket, now; asked before anything is read for it. Nothing is, for nobody."""
        if not browser:
            return True
        if len(self._paces) >= MOST_PACES:
            self._forget()
        pace = self._paces.get(browser)
        if pace is None:
            pace = self._paces[browser] = Pace(OPENINGS_AT_ONCE, OPENINGS_A_SECOND)
        return pace.allows()

    def _forget(self) -> None:
        """Those that may open as many as ever; or all, rather than look through them each time."""
        tired = {key: each for key, each in self._paces.items() if not each.is_rested()}
        self._paces = tired if len(tired) < MOST_PACES / 2 else {}

    def join(self, browser: str, socket: Closes, most: int) -> None:
        """The newest stays: of a browser that comes back, the oldest is often dead already."""
        sockets = self._sockets.setdefault(browser, [])
        sockets.append(socket)
        if len(sockets) > most:
            sockets.pop(0).close(MANY)

    def leave(self, browser: str, socket: Closes) -> None:
        sockets = self._sockets.get(browser, [])
        if socket in sockets:
            sockets.remove(socket)
        if not sockets:
            self._sockets.pop(browser, None)


crowd = Crowd()
