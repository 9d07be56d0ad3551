"""What a connection is until its first bytes tell whether it is for pages or for a socket.

uvicorn makes a reader of pages for each connection. A socket that is asked for plainly has no use
for it: with its request read twice, and the reader left to the garbage collector, a room that
comes back after a cut cost a fifth more (`make bench`, row B4).
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .socket_protocol import SocketProtocol, plainly_asked


class FirstBytes(asyncio.Protocol):
    """Hands the connection over with what has come; all that is not quite plain, to uvicorn's."""

    _transport: asyncio.Transport

    def __init__(self, config, server_state, app_state, _loop=None):
        self._config, self._connections = config, server_state.connections
        self._given = config, server_state, app_state, _loop

    def connection_made(self, transport) -> None:
        self._transport = transport
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        opening = plainly_asked(self._config, data)
        if opening is None:
            self._hand_over_to(HttpToolsProtocol(*self._given)).data_received(data)
        else:
            self._hand_over_to(SocketProtocol(*self._given)).open(opening)

    def _hand_over_to(self, protocol):
        self._connections.discard(self)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        return protocol

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)

    def shutdown(self) -> None:
        """The server stops: nothing has been asked."""
        self._transport.close()
