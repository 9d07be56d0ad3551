"""A PostgreSQL that dies as in a power cut or by an administrator's mistake, and comes back."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psycopg

from tests import postgres

DIES_WITHIN = 20  # seconds
# Acknowledges what is still in memory only: a run on it must lose something.
FORGETFUL = (
    "synchronous_commit=off",
    "wal_writer_delay=10s",
    "wal_writer_flush_after=1GB",
    "wal_buffers=64MB",
    "bgwriter_lru_maxpages=0",
    "checkpoint_timeout=1h",
)


class Database(postgres.Server):
    """Durable, unless started with the options of a forgetful one."""

    @property
    def postmaster(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def stop_at_once(self) -> None:
        """An immediate stop: no checkpoint, no good-bye; recovery at the next start."""
        self._die(signal.SIGQUIT, [])

    def kill(self) -> None:
        """SIGKILL to the postmaster and all its children, none of whom sees it coming."""
        with contextlib.suppress(ProcessLookupError):
            # Stopped first: it would start new children for those that die.
            os.kill(self.postmaster, signal.SIGSTOP)
        self._die(signal.SIGKILL, _children(self.postmaster))

    def _die(self, how: int, children: list[int]) -> None:
        pid = self.postmaster
        for each in (*children, pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, how)
        give_up = time.monotonic() + DIES_WITHIN
        while any(map(_runs, (pid, *children))):
            if time.monotonic() > give_up:
                raise TimeoutError(f"PostgreSQL {pid} does not die")
            time.sleep(0.01)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _runs(pid: int) -> bool:
    """Whether it does anything still: one that is dead but not reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}
