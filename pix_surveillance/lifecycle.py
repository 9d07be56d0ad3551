"""How a server process of ours begins and ends, under uvicorn and under daphne.

On SIGTERM: readiness turns red, every socket is told to come back (1012), the requests under
way are answered, and only then the server itself hears of the signal.
"""

import asyncio
import gc
import json
import signal
import sys
import threading
from collections.abc import Callable

from django.urls import set_urlconf

from sessions_app.consumers import CLOSE_CODES
from sessions_app.live import hub
from sessions_app.rooms import RESTART

# Of frames: the whole site map, which pages have, takes a fourth of a second to load.
ROOM_URLS = "pix_surveillance.room_urls"
RED_FIRST_SECONDS = 0.5  # what a load balancer is left to look elsewhere
GOODBYE_SECONDS = 2  # for browsers to hear that they must come back
REQUESTS_SECONDS = 10


class Lifecycle:
    """Wraps the whole application: the hub lives as long as the server."""

    def __init__(self, inner):
        self.inner = inner
        self._under_way: set[object] = set()
        self._ending: asyncio.Task | None = None
        self._server_handler = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            set_urlconf(ROOM_URLS)
        hub.ensure_running()
        if scope["type"] == "http":
            request = object()
            self._under_way.add(request)
            try:
                await self.inner(scope, receive, send)
            finally:
                self._under_way.discard(request)
        elif hub.is_stopping:
            await _send_back(receive, send)
        else:
            await self.inner(scope, receive, send)

    async def _lifespan(self, receive, send) -> None:
        await receive()
        self.begin()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await hub.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def begin(self) -> None:
        """The server is up: time is kept from now on, and SIGTERM comes here first."""
        set_urlconf(ROOM_URLS)
        hub.ensure_running()
        # The thread that writes answers takes turns with the loop many times in each commit.
        sys.setswitchinterval(0.0005)
        # What has been loaded stays: with thousands of sockets, looking through it again and
        # again would stop everybody for hundreds of milliseconds.
        gc.freeze()
        gc.set_threshold(100_000, 20, 1_000)
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            self._server_handler = signal.getsignal(signal.SIGTERM)
            signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(self._asked_to_stop))

    def _asked_to_stop(self) -> None:
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())
        else:
            self._hand_over()

    async def _end(self) -> None:
        hub.is_stopping = True
        if hub.rooms or self._under_way:
            await asyncio.sleep(RED_FIRST_SECONDS)
            hub.send_everyone_back()
            await _until(lambda: not hub.rooms, GOODBYE_SECONDS)
            # Not those that come meanwhile: a busy school would keep us for ever.
            awaited = set(self._under_way)
            await _until(lambda: not awaited & self._under_way, REQUESTS_SECONDS)
        self._hand_over()

    def _hand_over(self) -> None:
        signal.signal(signal.SIGTERM, self._server_handler)
        signal.raise_signal(signal.SIGTERM)


async def _send_back(receive, send) -> None:
    """Let in to be told: a refused handshake would look like a network that refuses sockets."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": json.dumps({"type": "bye", "code": RESTART})})
    await send({"type": "websocket.close", "code": CLOSE_CODES[RESTART]})


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition() and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.05)


def fit_daphne(lifecycle: Lifecycle) -> None:
    """What daphne lacks: a beginning before the first request, and the closing codes of servers.

    Under another server this does nothing, and loads nothing: Twisted is a third of a start.
    """
    if "daphne.server" not in sys.modules:
        return
    from daphne.ws_protocol import WebSocketProtocol
    from twisted.internet import reactor  # the one that daphne has installed

    reactor.callWhenRunning(reactor.callLater, 0, lifecycle.begin)
    WebSocketProtocol.serverClose = _close


def _close(protocol, code: int | None = None) -> None:
    # `sendClose` refuses 1012 and 1013, which exist for servers to say (RFC 6455, 7.4).
    protocol.sendCloseFrame(code=1000 if code is None else code)
