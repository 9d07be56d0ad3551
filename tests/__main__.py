"""Every test: `make test` calls this. Runs all parts even when one fails, then sums up.

SQLite and PostgreSQL run side by side; then, each alone, the browser and the faults, which live by
the second.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

PYTEST = [sys.executable, "-m", "pytest"]
POSTGRES = [sys.executable, "-m", "tests.postgres", "--"]  # a server of its own for what follows


@dataclass
class Part:
    """One run of pytest, in a process of its own, whose output is shown when it has ended."""

    name: str
    arguments: list[str]
    before: list[str] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def start(self, folder: Path) -> "Part":
        self._report, self._output = folder / f"{self.name}.xml", folder / f"{self.name}.txt"
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        command = [*self.before, *PYTEST, f"--junit-xml={self._report}", *self.arguments]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
        return self

    def finish(self) -> "Part":
        code = self._process.wait()
        print(f"\n$ pytest {' '.join(self.arguments)}  ({self.name})", flush=True)
        sys.stdout.buffer.write(self._output.read_bytes())
        if self._report.exists():
            suite = ElementTree.parse(self._report).getroot().find("testsuite")  # noqa: S314
            self.counts, self.broken = _counts(suite), list(_broken(suite))
        # A run that found nothing, or broke down, is not a success.
        if code and not self.counts["failed"]:
            self.counts["errors"] = max(self.counts["errors"], 1)
            self.broken = self.broken or _last_lines(self._output.read_text(errors="replace"))
        return self


ON_SQLITE = ["-m", "not browser and not postgres and not faults"]
# Kept: a connection that is just closing would make its removal fail.
ON_POSTGRESQL = ["-m", "not browser and not faults", "--reuse-db"]


def main() -> int:
    started = time.monotonic()
    stages = [
        [Part("SQLite", ON_SQLITE), Part("PostgreSQL", ON_POSTGRESQL, POSTGRES)],
        [Part("Navigateur", ["-m", "browser", "tests/browser"], POSTGRES)],
        [Part("Pannes", ["-m", "faults", "tests/faults"])],
    ]
    with tempfile.TemporaryDirectory() as name:
        for stage in stages:
            for part in stage:
                part.start(Path(name))
            for part in stage:
                part.finish()

    print()
    parts = [part for stage in stages for part in stage]
    for part in parts:
        print(f"{part.name:<12}{_told(part.counts)}", *part.broken, sep="\n    ")
    total = sum((part.counts for part in parts), Counter())
    # In pytest's own words, for whoever reads only the last line.
    print(f"===== {_told(total)} in {time.monotonic() - started:.2f}s =====")
    return 1 if total["failed"] or total["errors"] else 0


def _counts(suite: Element) -> Counter:
    failed, errors, skipped = (int(suite.get(key)) for key in ("failures", "errors", "skipped"))
    passed = int(suite.get("tests")) - failed - errors - skipped
    return Counter(passed=passed, failed=failed, skipped=skipped, errors=errors)


def _broken(suite: Element) -> Iterator[str]:
    """Each failure again in short, for whoever reads only the end of a long output."""
    for case in suite.iter("testcase"):
        for found in (each for each in case if each.tag in {"failure", "error"}):
            words = " ".join(found.get("message", "").split())[:300]
            yield f"{case.get('classname')}::{case.get('name')}: {words}"
            yield from (f"  {line}" for line in _last_lines(found.text or ""))


def _last_lines(text: str) -> list[str]:
    return text.splitlines()[-12:]


def _told(counts: Counter) -> str:
    words = [f"{counts[word]} {word}" for word in ("failed", "passed", "skipped", "errors")]
    return ", ".join(word for word in words if not word.startswith("0 ")) or "0 passed"


if __name__ == "__main__":
    sys.exit(main())
