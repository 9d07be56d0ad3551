"""What a long row says while it runs, to stderr."""

import sys
from time import monotonic

EVERY = 15  # seconds


class Progress:
    """`progress(done, of)`, as often as you like: one line now and then."""

    def __init__(self) -> None:
        self.told_at = monotonic()

    def __call__(self, done: int, of: int) -> None:
        if monotonic() >= self.told_at + EVERY:
            self.told_at = monotonic()
            print(f"   {done} of {of}", file=sys.stderr, flush=True)
