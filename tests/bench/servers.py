"""The servers that are compared: started on a core of their own, killed, started again."""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from . import cores, meters

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 60

# What follows `python`; `--host` and `--port` are added.
TARGETS = {
    "product": ["-m", "pix_surveillance.serve", "--log-level", "warning"],
    "bare": ["-m", "tests.bench.bare"],
}


class Server:
    """One target on one port, in one process at a time."""

    def __init__(self, name: str, port: int, variables: dict[str, str], log: Path):
        self.name, self.port, self.log = name, port, log
        self.url = f"http://127.0.0.1:{port}"
        self.words = TARGETS.get(name) or importlib.import_module(f"tests.bench.{name}").WORDS
        self.environment = _inherited() | {"ORIGINS": self.url} | variables
        self.process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self, *, wait: bool = True) -> None:
        """A new process; with `wait`, serving when this returns."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.words, "--host", "127.0.0.1", "--port", str(self.port)],
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,  # Ctrl-C is for the runner, which ends it itself
                preexec_fn=lambda: cores.pin(0, cores.SERVER),
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        give_up = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{self.name} does not serve: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL to it and its children, and its end awaited."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def cpu(self) -> float:
        """Seconds of computing of the present process since its start, children included."""
        return meters.cpu_of_family(self.pid)

    def rss(self) -> int:
        """Bytes of memory of the present process."""
        return meters.rss(self.pid)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=2).is_success
        except httpx.TransportError:
            return False  # not listening yet


@contextlib.contextmanager
def serving(name: str, port: int, variables: dict[str, str], log: Path) -> Iterator[Server]:
    """The target of that name, ready, and whatever it needs beside it."""
    with contextlib.ExitStack() as stack:
        if name not in TARGETS:
            beside = importlib.import_module(f"tests.bench.{name}").beside()
            variables = variables | stack.enter_context(beside)
        server = Server(name, port, variables, log)
        try:
            server.start()
            yield server
        finally:
            server.kill()


def _inherited() -> dict[str, str]:
    unwanted = {"ALLOWED_HOSTS", "DEBUG", "EMAIL_URL"}
    return {name: value for name, value in os.environ.items() if name not in unwanted}
