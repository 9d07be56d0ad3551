"""The supervisors of the polling peer: a process of its own, that polls until its input ends.

    python -m tests.bench.pollers PEOPLE ROOMS URL ADDRESS

PEOPLE is the file of the run's people, ADDRESS a path with `{number}`. Says `ready` once every
supervisor holds the room, and in the end one JSON object (`Polled`).
"""

import asyncio
import json
import random
import sys
from dataclasses import asdict, dataclass, field
from time import perf_counter

import httpx

POLL_SECONDS = 5  # as often as today's best tool
READY_SECONDS = 4 * POLL_SECONDS
# The server closes what has been idle for five seconds: never ask on such a connection.
CONNECTIONS = httpx.Limits(max_connections=None, keepalive_expiry=3)


@dataclass
class Polled:
    """How many answers came, of which kind; and what was seen.

    `seen`: `[supervisor, candidate, question, instant]` when a supervisor first held that the
    candidate has come to that question; the instant of `perf_counter`, in seconds.
    """

    whole: int = 0
    not_modified: int = 0
    failed: int = 0
    seen: list[tuple[str, int, int, float]] = field(default_factory=list)


class Supervisor:
    """One browser: asks every five seconds from a moment of its own on, says what it last had."""

    def __init__(self, name: str, address: str, login: str, polled: Polled):
        self.name, self.address, self.polled = name, address, polled
        self.headers = {"Cookie": f"sessionid={login}"}
        self.shown: dict[int, int] = {}

    async def live(self, client: httpx.AsyncClient) -> None:
        due = perf_counter() + random.uniform(0, POLL_SECONDS)
        while True:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            await self.poll(client)
            due += POLL_SECONDS

    async def poll(self, client: httpx.AsyncClient) -> None:
        try:
            answer = await client.get(self.address, headers=self.headers)
        except httpx.TransportError:
            self.polled.failed += 1
            return
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            self.polled.not_modified += 1
        elif answer.status_code == httpx.codes.OK:
            self._hold(answer)
        else:
            self.polled.failed += 1

    def _hold(self, answer: httpx.Response) -> None:
        self.polled.whole += 1
        if tag := answer.headers.get("ETag"):
            self.headers["If-None-Match"] = tag
        rows = {row["id"]: row["question"] for row in answer.json()["candidates"]}
        held = perf_counter()
        for candidate, question in rows.items():
            since = self.shown.get(candidate, question)
            for reached in range(since + 1, question + 1):
                self.polled.seen.append((self.name, candidate, reached, held))
        self.shown = rows


async def poll_until_told(people: dict, rooms: int, url: str, address: str) -> Polled:
    polled = Polled()
    supervisors = [
        Supervisor(
            f"{room['number']}/{at}",
            address.format(number=room["number"]),
            supervisor["login"],
            polled,
        )
        for room in people["rooms"][:rooms]
        for at, supervisor in enumerate(room["supervisors"])
    ]
    options = {"base_url": url, "limits": CONNECTIONS, "trust_env": False, "timeout": 30}
    async with httpx.AsyncClient(**options) as client:
        living = [asyncio.ensure_future(each.live(client)) for each in supervisors]
        async with asyncio.timeout(READY_SECONDS):
            while not all(each.shown for each in supervisors):
                await asyncio.sleep(0.05)
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for each in living:
            each.cancel()
        await asyncio.gather(*living, return_exceptions=True)
    return polled


def main() -> None:
    file, rooms, url, address = sys.argv[1:]
    with open(file) as people:
        polled = asyncio.run(poll_until_told(json.load(people), int(rooms), url, address))
    print(json.dumps(asdict(polled)))


if __name__ == "__main__":
    main()
