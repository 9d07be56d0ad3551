"""Lean WebSocket clients, thousands of them: what they cost is not to be taken for the server's.

To open one takes some 40 microseconds, to hear a frame five. They speak to a server on this
machine that sends whole messages, uncompressed; nothing else is understood.
"""

import asyncio
import select
import socket
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A  # first bytes: opcodes, with the final bit
MASKED = 0x80
NO_MASK = bytes(4)  # a key of zeros: the payload goes as it is
AT_ONCE = 64  # sockets read before anything else may happen
REQUEST = """GET {path} HTTP/1.1\r
Host: {host}:{port}\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Sec-WebSocket-Version: 13\r
Origin: {origin}\r
Cookie: {cookie}\r
\r
"""

_buffer = memoryview(bytearray(256 * 1024))


class Net:
    """Watches all the sockets as one event of the running loop, instead of one each."""

    def __init__(self) -> None:
        self._epoll, self._wires = select.epoll(), {}
        asyncio.get_running_loop().add_reader(self._epoll.fileno(), self._hear)

    def watch(self, wire: "Wire") -> None:
        self._wires[wire.file] = wire
        # Writable once, when the connection is there.
        self._epoll.register(wire.file, select.EPOLLIN | select.EPOLLOUT)

    def watch_reading(self, wire: "Wire") -> None:
        self._epoll.modify(wire.file, select.EPOLLIN)

    def forget(self, wire: "Wire") -> None:
        self._epoll.unregister(wire.file)
        del self._wires[wire.file]

    def _hear(self) -> None:
        for file, _ in self._epoll.poll(0, AT_ONCE):
            if wire := self._wires.get(file):
                wire.ready()


class Wire:
    """One connection: `heard(payload)` for each text, `lost()` once when it is over or refused.

    `request` is what it opens with (see `request`).
    """

    def __init__(self, net: Net, address: tuple[str, int], request: bytes) -> None:
        self._net, self._request = net, request
        self.heard: Callable[[bytes], None] = lambda payload: None
        self.lost: Callable[[], None] = lambda: None
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self._socket.fileno()
        self.is_open = False
        self._rest = b""
        self.ready = self._connected
        self._socket.connect_ex(address)  # what went wrong is asked when it is over
        net.watch(self)

    def send(self, text: bytes) -> None:
        self._send(TEXT, text)

    def cut(self) -> None:
        """As a network does: no good-bye. `lost` is called."""
        if self.file >= 0:
            self._net.forget(self)
            self._socket.close()
            self.file, self.is_open = -1, False
            self.lost()

    def _send(self, first: int, payload: bytes) -> None:
        size = len(payload)
        head = bytes((first, MASKED | size)) if size < 126 else _long_head(first, size)
        self._write(head + NO_MASK + payload)

    def _write(self, data: bytes) -> None:
        """So little that the system always takes it whole."""
        try:
            self._socket.send(data)
        except OSError:
            self.cut()

    def _connected(self) -> None:
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.cut()
            return
        self._net.watch_reading(self)
        self.ready = self._answered
        self._write(self._request)

    def _answered(self) -> None:
        """Of the answer to the request, only whether it is the right one is looked at."""
        data = self._rest + self._read()
        head, end, self._rest = data.partition(b"\r\n\r\n")
        if not end:
            self._rest = data
        elif not head.startswith(b"HTTP/1.1 101"):
            self.cut()
        else:
            self.is_open = True
            self.ready = self._readable
            self._parse(self._rest)

    def _readable(self) -> None:
        data = self._read()
        if data:
            self._parse(self._rest + data if self._rest else data)

    def _read(self) -> bytes:
        """Empty when nothing is there, or the connection is lost."""
        try:
            count = self._socket.recv_into(_buffer)
        except BlockingIOError:
            return b""
        except OSError:
            count = 0
        if not count:
            self.cut()
        return bytes(_buffer[:count])

    def _parse(self, data: bytes) -> None:
        at, end = 0, len(data)
        while end - at >= 2:
            size, body = data[at + 1], at + 2
            if size == 126:
                size, body = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif size == 127:
                size, body = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if body + size > end:
                break
            first, at = data[at], body + size
            if first == TEXT:
                self.heard(data[body:at])
            elif first == PING:
                self._send(PONG, data[body:at])
            elif first == CLOSE:
                self.cut()
                return
        self._rest = data[at:]


def request(host: str, port: int, path: str, origin: str, cookie: str) -> bytes:
    text = REQUEST.format(host=host, port=port, path=path, origin=origin, cookie=cookie)
    return text.encode("latin-1")


def _long_head(first: int, size: int) -> bytes:
    return bytes((first, MASKED | 126)) + size.to_bytes(2)
