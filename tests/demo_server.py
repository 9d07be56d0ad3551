"""A real server process with the demonstration's data, for tests that need everything real.

    with demo_server.serving() as demo:
        demo.contract["url"] …

The database is a new one: a file, or, when DATABASE_URL says PostgreSQL, one of that server.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
MANAGE = [sys.executable, str(ROOT / "manage.py")]
STOP_SECONDS = 15


@dataclass
class Demo:
    """`contract` is the line of JSON; `environment` reaches the same database."""

    contract: dict
    environment: dict[str, str]
    process: subprocess.Popen


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The address of a new, empty database, dropped at the end."""
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        name = f"demo_{secrets.token_hex(4)}"
        _on_server(url, f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            _on_server(url, f"DROP DATABASE {name} WITH (FORCE)")
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/demo.sqlite3"


def _on_server(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """As a program would start us: its own secret key, our own database, nothing of pytest's."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DJANGO_SETTINGS_MODULE", "ORIGINS", "ALLOWED_HOSTS", "DEBUG"}
    }
    keys = {"SECRET_KEY": secrets.token_urlsafe(40), "DATABASE_URL": database_url}
    return inherited | keys | settings


@contextlib.contextmanager
def serving(*options: str, database_url: str | None = None, **settings: str) -> Iterator[Demo]:
    """`manage.py demo --json` on a free port, from the moment it listens until the end."""
    with contextlib.ExitStack() as stack:
        url = database_url or stack.enter_context(database())
        variables = environment(url, **settings)
        command = [*MANAGE, "demo", "--json", "--port", str(free_port()), *options]
        log = stack.enter_context(tempfile.TemporaryFile("w+"))
        process = stack.enter_context(
            subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=log, text=True)
        )
        stack.callback(stop, process)
        line = process.stdout.readline()
        if not line:
            process.wait(STOP_SECONDS)
            log.seek(0)
            raise AssertionError(f"the demonstration did not start:\n{log.read()}")
        yield Demo(json.loads(line), variables, process)


def stop(process: subprocess.Popen) -> int:
    """End it as a terminal or a service manager would; returns its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
