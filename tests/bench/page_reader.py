"""A supervisor who is logged in and loads pages, on one kept connection."""

import http.client
import threading
import time

from .people import Room
from .servers import Server


class PageReader:
    def __init__(self, server: Server, room: Room) -> None:
        self.number = room.number
        login = room.supervisors[0].login
        self._headers = {"Cookie": f"sessionid={login}", "Accept": "text/html"}
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)

    def board(self) -> bytes:
        return self.page(f"/surveillance/{self.number}/")

    def page(self, path: str) -> bytes:
        """Raises `RuntimeError` for anything but the page."""
        try:
            answer, body = self._ask(path)
        except (http.client.RemoteDisconnected, ConnectionResetError):
            self._connection.close()  # it rested for longer than the server keeps one
            answer, body = self._ask(path)
        if answer.status != 200:
            raise RuntimeError(f"{path} is answered {answer.status}")
        return body

    def close(self) -> None:
        self._connection.close()

    def _ask(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        return answer, answer.read()


class Reading:
    """`with Reading(…) as reading:` boards are loaded in turn, `rate` a second, meanwhile.

    `pages`: how many there were.
    """

    def __init__(self, server: Server, rooms: list[Room], rate: float) -> None:
        self.pages, self._rate = 0, rate
        self._readers = [PageReader(server, room) for room in rooms]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "Reading":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._is_over.set()
        self._thread.join()
        for each in self._readers:
            each.close()

    def _read(self) -> None:
        began = time.monotonic()
        while not self._is_over.wait(max(0.0, began + self.pages / self._rate - time.monotonic())):
            self._readers[self.pages % len(self._readers)].board()
            self.pages += 1
