"""The product's own server, as a process of its own on the test's database."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import httpx
from django.db import connection

from tests.ports import free_port

START_SECONDS = 90
AS_IN_FRONT = {"X-Forwarded-Proto": "https"}  # a site on https answers to nobody else


def database_url() -> str:
    """The address of the database that this test runs on."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user, password = quote(settings["USER"]), quote(settings["PASSWORD"])
    return f"postgres://{user}:{password}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"


DAPHNE = ["daphne", "--bind", "127.0.0.1", "--ping-interval", "5", "--ping-timeout", "15"]
DAPHNE += ["--verbosity", "0", "pix_surveillance.asgi:application"]
UVICORN = ["pix_surveillance.serve", "--host", "127.0.0.1", "--log-level", "warning"]


@contextmanager
def server() -> Iterator[str]:
    """Daphne on a free port; yields its address. The test needs real transactions."""
    with process(DAPHNE) as (url, _):
        yield url


@contextmanager
def process(command: list[str], **settings: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """A server of ours on a free port: its address, once it is ready, and its process."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "ORIGINS": f"{url},http://localhost:{port}",  # a passkey belongs to a name
        **settings,
    }
    words = [sys.executable, "-m", *command, "--port", str(port)]
    started = subprocess.Popen(words, env=environment)
    try:
        _wait_until_ready(url, started)
        yield url, started
    finally:
        started.terminate()
        try:
            started.wait(timeout=15)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _wait_until_ready(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server stopped at once, with {process.returncode}")
        try:
            if httpx.get(f"{url}/health/ready", headers=AS_IN_FRONT, timeout=2).is_success:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.1)
    raise RuntimeError("the server did not get ready in time")
