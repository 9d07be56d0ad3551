"""An alarm of the kernel, exact to some tens of microseconds.

asyncio's own timers wait for whole milliseconds: a load that is sent late by up to one would
hide as much of every difference that it is there to measure.
"""

import asyncio
import ctypes
import os
from collections.abc import Callable

CLOCK_MONOTONIC, ABSOLUTE = 1, 1
_libc = ctypes.CDLL(None, use_errno=True)


class _Instant(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _Setting(ctypes.Structure):
    _fields_ = [("interval", _Instant), ("value", _Instant)]


class Alarm:
    """Calls what was set last, at its instant, in the running loop. Kept as long as the loop."""

    def __init__(self) -> None:
        self._ring: Callable[[], None] = lambda: None
        self._file = _libc.timerfd_create(CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "no alarm")
        asyncio.get_running_loop().add_reader(self._file, self._heard)

    def set(self, instant: float, ring: Callable[[], None]) -> None:
        """An instant of `time.perf_counter`; at once when it is over."""
        self._ring = ring
        nanoseconds = max(1, int(instant * 1e9))
        value = _Instant(nanoseconds // 1_000_000_000, nanoseconds % 1_000_000_000)
        setting = _Setting(_Instant(0, 0), value)
        _libc.timerfd_settime(self._file, ABSOLUTE, ctypes.byref(setting), None)

    def _heard(self) -> None:
        os.read(self._file, 8)
        self._ring()
