"""One person's browser: cookies, pages, forms."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from random import Random

import httpx

from .pages import Page
from .summary import Summary

TIMEOUT_SECONDS = 20
PAGE = {"Accept": "text/html"}
PART = {"Accept": "text/html", "HX-Request": "true"}  # only what our script would put in place
DATA = {"Accept": "application/json"}


@cache
def _trust() -> ssl.SSLContext:
    """Loading the certificates takes longer than everything else a browser does here."""
    return ssl.create_default_context()


class Browser:
    """Follows redirects, sends the Origin that a browser sends, tries again when nobody answers."""

    def __init__(self, url: str, summary: Summary, chance: Random):
        self.url, self.summary, self.chance = url, summary, chance
        self.client = httpx.AsyncClient(
            base_url=url,
            headers={"Origin": url},
            follow_redirects=True,
            timeout=TIMEOUT_SECONDS,
            verify=_trust(),
            trust_env=False,
        )

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.client.aclose()

    async def get(self, path: str, headers: Mapping = PAGE) -> httpx.Response:
        return await self._send("GET", path, headers=headers)

    async def post(self, path: str, values: Mapping, headers: Mapping = PAGE) -> httpx.Response:
        """A lost answer is asked for again: every form of the product may be sent twice."""
        jar = self.client.cookies.jar
        token = next((each.value for each in jar if each.name.endswith("csrftoken")), "")
        sent = {**headers, "X-CSRFToken": token or ""}
        return await self._send("POST", path, data=values, headers=sent)

    async def page(self, path: str, headers: Mapping = PAGE) -> Page:
        return Page((await self.get(path, headers)).text)

    async def _send(self, method: str, path: str, **request) -> httpx.Response:
        while True:
            try:
                response = await self.client.request(method, path, **request)
                if response.status_code < 500:
                    return response
            except httpx.TransportError:
                pass
            self.summary.count("errors")
            await asyncio.sleep(self.chance.uniform(1, 5))

    @property
    def cookies(self) -> str:
        """The Cookie header of a socket opened from the same browser."""
        return "; ".join(f"{each.name}={each.value}" for each in self.client.cookies.jar)
