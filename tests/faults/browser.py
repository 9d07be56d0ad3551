"""A browser's way to speak HTTP, as lean as asyncio allows: thousands of requests a minute."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

PAGE, DATA = "text/html", "application/json"
PATIENCE = 20  # seconds for one answer


class Unreachable(Exception):
    """No answer: refused, cut, or too late. Whether the server has acted is unknown."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> dict:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class Browser:
    """Cookies, and one kept connection to the worker it speaks to at present.

    `addresses`: all workers; it stays with one until told to go `elsewhere`.
    """

    def __init__(self, addresses: list[str], *, at: int = 0):
        self.addresses, self.at = addresses, at % len(addresses)
        self.cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def address(self) -> str:
        return self.addresses[self.at]

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def elsewhere(self) -> None:
        self.close()
        self.at = (self.at + 1) % len(self.addresses)

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def get(self, path: str, accept: str = PAGE, **options) -> Answer:
        return await self.request("GET", path, accept, **options)

    async def post(self, path: str, form: dict, accept: str = DATA, **options) -> Answer:
        return await self.request("POST", path, accept, form=form, **options)

    async def request(
        self,
        method: str,
        path: str,
        accept: str = PAGE,
        *,
        form: dict | None = None,
        patience: float = PATIENCE,
    ) -> Answer:
        """Sent once. Raises `Unreachable`; redirects are not followed."""
        address = self.address
        try:
            async with asyncio.timeout(patience):
                if self._streams and self._streams[0].at_eof():
                    self.close()  # the server let it rest for too long, and closed it
                reader, writer = self._streams or await self._connect()
                self._streams = None  # given back only by a whole answer
                try:
                    writer.write(self._head_and_body(method, path, accept, form))
                    answer, stays = await _read(reader)
                except BaseException:
                    writer.close()
                    raise
        except (OSError, EOFError, ValueError) as error:
            raise Unreachable(type(error).__name__) from error
        if stays and self._streams is None and address == self.address:
            self._streams = reader, writer
        else:
            writer.close()
        self._keep_cookies(answer)
        return answer

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.address)
        return await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)

    def _head_and_body(self, method: str, path: str, accept: str, form: dict | None) -> bytes:
        body = urlencode(form, doseq=True).encode() if form is not None else b""
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {urlsplit(self.address).netloc}",
            f"Accept: {accept}",
            f"Cookie: {self.cookie_header}",
        ]
        if method == "POST":
            lines += [
                f"Origin: {self.address}",
                f"X-CSRFToken: {self.cookies.get('csrftoken', '')}",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _keep_cookies(self, answer: Answer) -> None:
        for key, value in answer.headers:
            if key == "set-cookie":
                name, _, rest = value.partition("=")
                content, _, attributes = rest.partition(";")
                if "max-age=0" in attributes.lower():
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = content


async def _read(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    """One answer, and whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    headers = []
    for line in filter(None, head[1:]):
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip()))
    named = dict(headers)
    if named.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:size]
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(named.get("content-length", 0)))
    return Answer(status, headers, body), named.get("connection", "").lower() != "close"
