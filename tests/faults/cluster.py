"""Everything a row attacks: one durable PostgreSQL and the workers in front of it.

    with running() as cluster:
        with cluster.workers(2) as (one, other): …

All of it ends with the `with`, by an exception or Ctrl-C as well.
"""

import contextlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

from tests import postgres

from .database import Database
from .worker import Standby, Worker, environment

# Below the ports that the system gives to outgoing connections, which would take the place of
# a worker while it is dead.
FIRST_PORT, LAST_PORT = 20_000, 32_000


class Cluster:
    """`database` runs, `log` is what its workers have said."""

    def __init__(self, database: Database, log: Path):
        self.database, self.log = database, log
        # Two runs at once on one machine do not take one another's ports.
        self._next_port = random.randrange(FIRST_PORT, LAST_PORT - 2_000)

    @contextlib.contextmanager
    def workers(
        self,
        count: int = 2,
        *,
        kind: str = "uvicorn",
        spares: int = 0,
        database_url: str | None = None,
        listen_url: str | None = None,
        more_addresses: tuple[str, ...] = (),
    ) -> Iterator[list[Worker]]:
        """`count` workers, started but perhaps not ready yet.

        `spares` processes wait, already loaded, for a `restart`. The URLs lead elsewhere than to
        the database itself, such as to a proxy; `more_addresses` are those of proxies before the
        workers (see `port`), through which browsers come.
        """
        ports = [self.port() for _ in range(count)]
        addresses = [f"http://127.0.0.1:{port}" for port in ports] + list(more_addresses)
        url = database_url or self.database.url
        variables = environment(url, listen_url or url, addresses)
        with contextlib.ExitStack() as stack:
            standby = Standby(kind, variables, self.log)
            stack.callback(standby.close)
            workers = [Worker(standby, port) for port in ports]
            for worker in workers:
                stack.callback(worker.close)
            for worker in workers:
                worker.start()
            standby.keep(spares)
            yield workers

    def port(self) -> int:
        """A port that nobody has, and that nobody is given unasked."""
        while self._next_port < LAST_PORT:
            self._next_port += 1
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", self._next_port))
                return self._next_port
        raise RuntimeError("every port is taken")

    def said(self, lines: int = 60) -> str:
        """The last lines of what the workers and the database have said."""
        told = []
        if self.log.exists():
            told = self.log.read_text(errors="replace").splitlines()[-lines:]
        database = (self.database.folder / "log").read_text(errors="replace").splitlines()[-20:]
        return "\n".join(["— workers —", *told, "— PostgreSQL —", *database])


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    with postgres.installed(Database) as database:
        database.start()
        # Beside the data: gone with it, however the run ends.
        yield Cluster(database, database.folder / "workers.log")
