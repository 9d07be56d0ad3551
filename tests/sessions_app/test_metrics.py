"""What is told to whoever watches the servers: numbers, of real sockets, and of nobody."""

import re

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.http import HttpResponse
from django.test import AsyncClient, Client

from candidates import access
from pix_surveillance.asgi import application
from sessions_app.live import hub
from tests import factories


@pytest.fixture
def room(transactional_db):
    return factories.session()


@pytest.fixture
def lines(room):
    by = factories.supervisor(room)
    person = factories.running(room, by)
    browser, answer = Client(), HttpResponse()
    browser.force_login(by)
    access.give_seat(answer, factories.seat_of(person))
    return [
        connection(f"/ws/surveillance/{room.number}/", browser.cookies),
        connection("/ws/candidat/", answer.cookies),
    ]


def connection(path: str, cookies) -> WebsocketCommunicator:
    cookie = cookies.output(header="", sep=";").encode()
    headers = [(b"cookie", cookie), (b"origin", settings.ORIGINS[0].encode())]
    return WebsocketCommunicator(application, path, headers)


async def told() -> dict[str, float]:
    response = await AsyncClient().get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    lines = re.findall(r"^(pix_\S+) (\S+)$", response.content.decode(), re.MULTILINE)
    return {name: float(value) for name, value in lines}


async def test_the_sockets_of_this_process_are_counted(lines):
    try:
        for line in lines:
            assert (await line.connect(timeout=10))[0]
            await line.receive_from(10)
        numbers = await told()
        assert numbers["pix_rooms"] == 1
        assert numbers['pix_sockets{of="supervisor"}'] == 1
        assert numbers['pix_sockets{of="candidate"}'] == 1
        assert numbers["pix_versions_behind"] >= 0
        await lines[1].disconnect()
        assert (await told())['pix_sockets{of="candidate"}'] == 0
    finally:
        for line in lines:
            await line.disconnect()
        await hub.stop()
    assert (await told())["pix_rooms"] == 0
