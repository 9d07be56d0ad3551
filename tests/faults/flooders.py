"""Browsers that flood, as a process of their own: whom they disturb is measured in another one.

    python -m tests.faults.flooders KIND

Read on stdin, one JSON object on a line: `{"address": …, "seats": [cookie…], "board": path,
"login": cookie}`; one browser for each seat. They flood until stdin is closed; said then on
stdout: `{"sent": N, "codes": {"4429": N…}}`, the codes being those their sockets were closed with.
"""

import asyncio
import contextlib
import json
import sys
from collections import Counter
from dataclasses import dataclass, field

from websockets import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

LOST = 1006
PAUSE = 0.001  # between two messages of one browser: 20 of them send more than a process reads


def line(address: str, path: str, cookie: str, **options):
    """A socket, as a page of the site opens it."""
    return connect(
        address.replace("http", "ws") + path,
        additional_headers={"Cookie": cookie, "Origin": address},
        compression=None,
        proxy=None,
        **options,
    )


@dataclass
class Flood:
    address: str
    seats: list[str]
    board: str
    login: str
    sent: int = 0
    codes: Counter[int] = field(default_factory=Counter)

    async def messages(self, seat: str) -> None:
        """As fast as they go; again as soon as the socket is closed."""
        async with line(self.address, "/ws/candidat/", seat) as socket:
            while True:
                await self._look(socket, PAUSE)

    async def openings(self, _: str) -> None:
        """One login, in many loops at once."""
        async with line(self.address, self.board, self.login) as socket:
            self.sent += 1
            await socket.recv()
            await socket.recv()

    async def silence(self, seat: str) -> None:
        """Asks, and reads nothing of what comes."""
        async with line(self.address, "/ws/candidat/", seat, max_queue=1) as socket:
            while True:
                await self._look(socket, 0.15)

    async def _look(self, socket, pause: float) -> None:
        await socket.send('{"type": "look"}')
        self.sent += 1
        await asyncio.sleep(pause)

    async def again_and_again(self, kind: str, seat: str) -> None:
        while True:
            try:
                await getattr(self, kind)(seat)
            except ConnectionClosed as closed:
                self.codes[closed.rcvd.code if closed.rcvd else LOST] += 1
            except (OSError, InvalidStatus):
                self.codes[LOST] += 1


async def main(kind: str) -> None:
    flood = Flood(**json.loads(sys.stdin.readline()))
    browsers = [asyncio.create_task(flood.again_and_again(kind, seat)) for seat in flood.seats]
    await asyncio.to_thread(sys.stdin.read)
    for browser in browsers:
        browser.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*browsers, return_exceptions=True)
    print(json.dumps({"sent": flood.sent, "codes": flood.codes}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
