"""The product's server as processes of its own: killed, frozen, replaced."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 30
STOP_SECONDS = 20


class Standby:
    """Processes of one kind that have loaded the product and wait for their turn."""

    def __init__(self, kind: str, environment: dict[str, str], log: Path):
        self.kind, self.environment, self.log = kind, environment, log
        self.count = 0
        self._waiting: deque[subprocess.Popen] = deque()

    def keep(self, count: int) -> None:
        """From now on, so many wait."""
        self.count = count
        while len(self._waiting) < count:
            self._waiting.append(self._start())

    def take(self) -> subprocess.Popen:
        """The one that has waited longest; another starts to prepare in its place."""
        taken = self._waiting.popleft() if self._waiting else self._start()
        self.keep(self.count)
        return taken

    def close(self) -> None:
        for process in self._waiting:
            _end(process)
        self._waiting.clear()

    def _start(self) -> subprocess.Popen:
        with self.log.open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.serve", self.kind],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,  # Ctrl-C is for the runner, which ends them itself
            )


class Worker:
    """One address of the site, and the process that serves it at present."""

    def __init__(self, standby: Standby, port: int):
        self.standby, self.port = standby, port
        self.address = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self) -> None:
        """Serves from now on; see `wait_ready`. Any earlier process must have ended."""
        self.process = self.standby.take()
        self.process.stdin.write(f"{self.port}\n".encode())
        self.process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL, and its end awaited."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def term(self) -> None:
        """SIGTERM: a graceful stop, not awaited."""
        self.process.terminate()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """A new process in its place, at once."""
        if self.process.poll() is None:
            self.kill()
        self.start()

    async def wait_ready(self) -> float:
        """Waits until it serves and reaches the database; returns how many seconds it took."""
        began = time.monotonic()
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:  # noqa: S501
            while time.monotonic() < began + READY_SECONDS:
                if self.process.poll() is not None:
                    raise RuntimeError(f"worker {self.port} stopped: {self.process.returncode}")
                try:
                    answer = await client.get(f"{self.address}/health/ready", timeout=2)
                    if answer.is_success:
                        return time.monotonic() - began
                except httpx.TransportError:
                    pass  # not listening yet
                await asyncio.sleep(0.03)
        raise RuntimeError(f"worker {self.port} is not ready after {READY_SECONDS} s")

    def close(self) -> None:
        if self.process is not None:
            _end(self.process)


async def all_ready(workers: list[Worker]) -> None:
    await asyncio.gather(*(worker.wait_ready() for worker in workers))


def _end(process: subprocess.Popen) -> None:
    """Its end, now; SIGKILL reaches a frozen one too."""
    if process.poll() is None:
        process.kill()
    process.wait(STOP_SECONDS)
    process.stdin.close()


def environment(database: str, listen: str, addresses: list[str]) -> dict[str, str]:
    """What a worker is told; the addresses are those of all workers, and of proxies before them."""
    unwanted = {"ALLOWED_HOSTS", "DEBUG"}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    return inherited | {
        "DATABASE_URL": database,
        "LISTEN_DATABASE_URL": listen,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "ORIGINS": ",".join(addresses),
    }
