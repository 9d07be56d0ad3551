"""What the first load of a board weighs, over the wire, with everything."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests import factories

from .lines import open_room

pytestmark = pytest.mark.browser

MOST_BYTES = 120 * 1024


class Wire:
    """Bytes of each response as the network carried it, and the frames of the socket."""

    def __init__(self, page) -> None:
        self.urls: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        self.frames: list[str] = []
        tools = page.context.new_cdp_session(page)
        tools.on("Network.requestWillBeSent", self._asked)
        tools.on("Network.loadingFinished", self._finished)
        tools.on("Network.webSocketFrameReceived", self._heard)
        tools.send("Network.enable")
        tools.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _asked(self, event) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _finished(self, event) -> None:
        self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def _heard(self, event) -> None:
        self.frames.append(event["response"]["payloadData"])


def test_the_board_of_thirty(browser, site, room, by):
    for _ in range(30):
        factories.running(room, by, extra_time_percent=33)
    wires = []
    person, line = open_room(browser, site, room, before=lambda page: wires.append(Wire(page)))
    (wire,) = wires
    line.beat(room)
    expect(person.page.locator(".row")).to_have_count(30)
    person.page.wait_for_load_state("networkidle")
    hosts = {urlsplit(url).netloc for url in wire.urls.values()}
    assert hosts == {urlsplit(site).netloc}
    loaded = {urlsplit(wire.urls[key]).path: size for key, size in wire.bytes.items()}
    assert {"/static/js/supervision.js", "/static/css/board.css"} <= loaded.keys()
    scripts = [url for url in wire.urls.values() if url.endswith(".js")]
    assert len(scripts) == len(set(scripts)), "A script that is preloaded under another name"
    whole = person.page.locator("link[rel=expect]").get_attribute("href")
    expect(person.page.locator(whole)).to_have_count(1)
    kinds = {json.loads(each)["type"] for each in wire.frames}
    assert kinds <= {"hello", "hb", "here"}, "The page has its board already"
    heard = sum(len(each.encode()) for each in wire.frames)
    total = sum(loaded.values()) + heard
    assert total <= MOST_BYTES, (total, heard, loaded)
    assert person.errors == []
