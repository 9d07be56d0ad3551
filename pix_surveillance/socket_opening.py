"""How a socket is asked for, as browsers do it (RFC 6455, 4.2), and the answer to it.

A room that comes back after a cut asks in thousands at one instant (`make bench`, row B4).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from websockets.utils import accept_key

Header = tuple[bytes, bytes]  # name, in small letters, and value

LONGEST = 8_192  # bytes of a request
OPENING = re.compile(
    rb"GET (/[\x21-\x7e]*) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]+: [\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\r\n)*)\r\n"
)
HEADER = re.compile(rb"([A-Za-z0-9-]+): ([\x20-\x7e]+)\r\n")  # of those of `OPENING`
KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")  # 16 bytes
UPGRADE = re.compile(rb"(?:[a-z-]+, ?)*upgrade", re.IGNORECASE)
# What makes a request something else than a plain one.
UNUSUAL = {b"content-length", b"transfer-encoding", b"sec-websocket-protocol"}


class Opening(NamedTuple):
    path: str  # as it came, with its %xx
    query: str
    headers: list[Header]
    key: str

    def answer(self, more: Iterable[Header]) -> bytes:
        """101, with our headers and `more`."""
        lines = [
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            b"Sec-WebSocket-Accept: %s\r\n" % accept_key(self.key).encode(),
            *(b"%s: %s\r\n" % each for each in more),
            b"\r\n",
        ]
        return b"".join(lines)


def read(request: bytes) -> Opening | None:
    """None for whatever is not quite plain, right or wrong: it is for others to judge."""
    asked = OPENING.fullmatch(request) if len(request) <= LONGEST else None
    if asked is None:
        return None
    headers = [(name.lower(), value) for name, value in HEADER.findall(asked[2])]
    by_name = dict(headers)
    if len(by_name) < len(headers) or not by_name.keys().isdisjoint(UNUSUAL):
        return None
    if not _asks_for_a_socket(by_name):
        return None
    path, _, query = asked[1].decode().partition("?")
    return Opening(path, query, headers, by_name[b"sec-websocket-key"].decode())


def _asks_for_a_socket(headers: dict[bytes, bytes]) -> bool:
    return bool(
        headers.get(b"upgrade", b"").lower() == b"websocket"
        and UPGRADE.fullmatch(headers.get(b"connection", b""))
        and headers.get(b"sec-websocket-version") == b"13"
        and KEY.fullmatch(headers.get(b"sec-websocket-key", b""))
    )
