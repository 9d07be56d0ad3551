"""What a browser has said and the application has not taken yet."""

import asyncio


class Inbox:
    """As `asyncio.Queue`, for one reader and without a limit, at a tenth of its weight: there are
    thousands (`make bench`, row B6)."""

    __slots__ = ("_messages", "_reader")

    def __init__(self) -> None:
        self._messages: list = []
        self._reader: asyncio.Future | None = None

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message) -> None:
        self._messages.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def get(self):
        while not self._messages:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._messages.pop(0)
