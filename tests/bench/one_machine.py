"""The product on one machine with nothing beside it: SQLite, and daphne in one process.

python -m tests.bench.one_machine FOLDER                     fills a database there
python -m tests.bench.one_machine --host HOST --port PORT    serves, as in production
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOMS, CANDIDATES = 12, 25
WORDS = ["-m", "tests.bench.one_machine"]  # a target of the bench: see `servers`
DAPHNE = ["--ping-interval", "5", "--ping-timeout", "15", "--verbosity", "0"]


class Machine:
    """`folder` holds its database, and the list of its people for the load generator."""

    def __init__(self, folder: Path) -> None:
        self.file, self.people_file = folder / "db.sqlite3", folder / "people.json"
        self.variables = {"DATABASE_URL": f"sqlite:///{self.file}", "LISTEN_DATABASE_URL": ""}
        environment = os.environ | self.variables
        subprocess.run([sys.executable, *WORDS, str(folder)], env=environment, check=True)

    def held(self) -> tuple[Counter, int]:
        """How many answers of each candidate are saved, and how many events tell answers."""
        with contextlib.closing(sqlite3.connect(self.file)) as database:
            answers = database.execute(
                "SELECT candidate_id, count(*) FROM candidates_answer GROUP BY 1"
            )
            saved = Counter({str(pk): count for pk, count in answers})
            told = "SELECT count(*) FROM sessions_app_sessionevent WHERE type = 'answered'"
            return saved, database.execute(told).fetchone()[0]


@contextlib.contextmanager
def beside() -> Iterator[dict[str, str]]:
    """Nothing: that is the point."""
    yield {}


def fill(folder: Path) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from . import rooms

    rooms.fill(ROOMS, candidates=CANDIDATES).write(folder / "people.json")


def serve(host: str, port: str) -> None:
    from daphne.cli import CommandLineInterface

    address = ["--bind", host, "--port", port]
    CommandLineInterface().run([*address, *DAPHNE, "pix_surveillance.asgi:application"])


if __name__ == "__main__":
    if sys.argv[1] == "--host":
        serve(sys.argv[2], sys.argv[4])
    else:
        fill(Path(sys.argv[1]))
