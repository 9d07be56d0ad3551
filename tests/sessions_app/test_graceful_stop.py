"""SIGTERM, under both servers: readiness first, browsers sent back, requests under way answered."""

import json
import signal
import threading
import time

import httpx
import pytest
from django.db import connection, transaction
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sessions_app import journal
from sessions_app.models import Session
from tests import factories
from tests.servers import DAPHNE, UVICORN, process

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[DAPHNE, UVICORN], ids=["daphne", "uvicorn"])
def served(request):
    with process(request.param) as (url, started):
        yield url, started


def cookies_of(user) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    client.get("/surveillance/")
    return {name: morsel.value for name, morsel in client.cookies.items()}


def socket_of(url, room, cookies):
    return connect(
        f"{url.replace('http', 'ws')}/ws/surveillance/{room.number}/",
        origin=url,
        additional_headers={"Cookie": f"sessionid={cookies['sessionid']}"},
    )


def frames_until_closed(socket) -> list[dict]:
    frames = []
    try:
        while True:
            frames.append(json.loads(socket.recv(timeout=10)))
    except ConnectionClosed:
        return frames


def test_sockets_are_told_to_come_back_once_readiness_is_red(served, room, by):
    url, started = served
    with socket_of(url, room, cookies_of(by)) as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "hello"
        started.send_signal(signal.SIGTERM)
        assert _status_soon(f"{url}/health/ready") == 503
        assert httpx.get(f"{url}/health/live").status_code == 200
        frames = frames_until_closed(socket)
        assert frames[-1] == {"type": "bye", "code": "restart"}
        assert socket.close_code == 1012
    started.wait(timeout=15)


def _status_soon(url: str) -> int:
    """The first status that is not 200, within the time that a load balancer is left."""
    deadline = time.monotonic() + 0.4
    status = 200
    while status == 200 and time.monotonic() < deadline:
        status = httpx.get(url).status_code
    return status


@pytest.mark.postgres
def test_a_request_under_way_is_answered_and_applied(served, room, by):
    """It waits for the session's lock while the server is told to stop."""
    url, started = served
    person = factories.waiting(room)
    cookies = cookies_of(by)
    answers = []

    def click():
        answers.append(
            httpx.post(
                f"{url}/surveillance/{room.number}/candidats/{person.pk}/authorize-start/",
                data={"idempotency_key": "a-key-of-mine", "row_version": person.row_version},
                headers={"X-CSRFToken": cookies["csrftoken"], "Origin": url},
                cookies=cookies,
                timeout=20,
            )
        )

    clicking = threading.Thread(target=click)
    with transaction.atomic():
        journal.lock(room.pk)
        clicking.start()
        _until_someone_waits_for_the_lock()
        started.send_signal(signal.SIGTERM)
        time.sleep(1.5)
        assert started.poll() is None
    clicking.join(timeout=20)
    assert [each.status_code for each in answers] == [200]
    assert started.wait(timeout=15) is not None
    assert factories.fresh(person).authorized_until is not None
    assert Session.objects.get(pk=room.pk).version == room.version + 2


def _until_someone_waits_for_the_lock() -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


def test_a_server_that_nobody_uses_stops_at_once(served):
    _, started = served
    started.send_signal(signal.SIGTERM)
    before = time.monotonic()
    started.wait(timeout=15)
    assert time.monotonic() - before < 5
