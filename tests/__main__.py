"""Every test: `make test` calls this. Runs all three parts even when one fails, then sums up."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests import postgres


def main() -> int:
    started = time.monotonic()
    parts = {"SQLite": _pytest("-m", "not browser and not postgres")}
    try:
        with postgres.server() as url:
            parts["PostgreSQL"] = _pytest("-m", "not browser", database=url)
            parts["Navigateur"] = _pytest("-m", "browser", "tests/browser", database=url)
    except postgres.Unavailable as error:
        print(error, file=sys.stderr)
        parts["PostgreSQL"] = parts["Navigateur"] = Counter(errors=1)

    print()
    for name, counts in parts.items():
        print(f"{name:<12}{_told(counts)}")
    total = sum(parts.values(), Counter())
    # In pytest's own words, for whoever reads only the last line.
    print(f"===== {_told(total)} in {time.monotonic() - started:.2f}s =====")
    return 1 if total["failed"] or total["errors"] else 0


def _pytest(*arguments: str, database: str | None = None) -> Counter:
    """One part, in a process of its own. Returns how many passed, failed, skipped, errors."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    if database:
        environment["DATABASE_URL"] = database
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", f"--junit-xml={report}", *arguments]
        where = "PostgreSQL" if database else "SQLite"
        print(f"\n$ pytest {' '.join(arguments)}  ({where})", flush=True)
        code = subprocess.run(command, env=environment).returncode
        counts = _counts(report) if report.exists() else Counter()
    # A run that found nothing, or broke down, is not a success.
    if code and not counts["failed"]:
        counts["errors"] = max(counts["errors"], 1)
    return counts


def _counts(report: Path) -> Counter:
    suite = ElementTree.parse(report).getroot().find("testsuite").attrib  # noqa: S314
    failed, errors, skipped = (int(suite[key]) for key in ("failures", "errors", "skipped"))
    passed = int(suite["tests"]) - failed - errors - skipped
    return Counter(passed=passed, failed=failed, skipped=skipped, errors=errors)


def _told(counts: Counter) -> str:
    words = [f"{counts[word]} {word}" for word in ("failed", "passed", "skipped", "errors")]
    return ", ".join(word for word in words if not word.startswith("0 ")) or "0 passed"


if __name__ == "__main__":
    sys.exit(main())
