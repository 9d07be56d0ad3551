"""The runner's side of the load generator: commands to it, figures from it, a JSON line each."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import cores
from .servers import ROOT


class Load:
    """Commands are those of `load.COMMANDS`; what each takes and gives is told there."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, command: str, **options) -> dict:
        """The figures of one command, when it is over."""
        self.start(command, **options)
        return self.wait()

    def start(self, command: str, **options) -> None:
        """Begins it; `wait` for its figures before the next one."""
        self._process.stdin.write(json.dumps({"do": command, **options}) + "\n")
        self._process.stdin.flush()

    def wait(self) -> dict:
        """Raises `RuntimeError` when the generator has failed."""
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the load generator has ended with {self._process.wait()}")
        return json.loads(line)


@contextlib.contextmanager
def running(url: str, people: Path, log: Path) -> Iterator[Load]:
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load", url, str(people)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=lambda: cores.pin(0, cores.OTHERS),
        )
    try:
        yield Load(process)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
