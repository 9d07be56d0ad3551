"""What a process of the long run does; Django is loaded once its database is settled."""

import contextlib
import os
import tempfile
from collections import Counter
from pathlib import Path
from traceback import format_exc


def _load(database: str) -> None:
    os.environ |= {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    import django

    django.setup()


@contextlib.contextmanager
def _own_world():
    """A fresh database with the room that every example starts from."""
    with tempfile.TemporaryDirectory(prefix="pix-protocol-") as folder:
        _load(f"sqlite:///{Path(folder, 'db.sqlite3')}")
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        from .world import World

        yield World.made()
        connection.close()


def examples(number: int, seed: int) -> tuple[Counter, str]:
    """What was tried, and the story of what broke, if anything did."""
    with _own_world() as world:
        from .runs import run

        try:
            return run(world, number, seed=seed), ""
        except Exception as error:
            return Counter(), "\n".join([format_exc(), *getattr(error, "__notes__", [])])


def mutants(names: list[str]) -> list[str]:
    """Those that were caught."""
    with _own_world() as world:
        from .runs import is_caught

        return [name for name in names if is_caught(world, name)]


def names_of_mutants() -> list[str]:
    _load("sqlite:///:memory:")
    from .mutants import MUTANTS

    return list(MUTANTS)
