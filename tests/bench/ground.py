"""What a row is given: the database with its people, servers to compare, a load to put on them."""

import contextlib
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from tests.faults import cluster

from . import cores, driver, meters, servers

SECRET_KEY = "only-for-the-bench-" * 3  # cookies are signed here and read by the servers


class Bench:
    """`quick`: one short round, with fewer rooms connected, judged on what is counted."""

    def __init__(self, under: cluster.Cluster, *, quick: bool):
        self.database, self.quick = under.database, quick
        self.rooms = 20 if quick else 100
        self._cluster = under

    @cached_property
    def people(self):
        """All of them, put into the database when first asked for."""
        from . import rooms

        people = rooms.fill()
        people.write(self.people_file)
        return people

    @property
    def people_file(self) -> Path:
        return self.database.folder / "people.json"

    @property
    def log(self) -> Path:
        return self._cluster.log

    def put_back(self) -> None:
        """Everybody at the first question; no server may run."""
        from . import rooms

        assert self.people
        rooms.put_back()

    def serving(self, name: str, **variables: str):
        """`with bench.serving("product") as server:`; the database is put back first."""
        self.put_back()
        return servers.serving(name, self._cluster.port(), variables, self.log)

    def load(self, server: servers.Server):
        """`with bench.load(server) as load:`, the load generator, connected to nothing yet."""
        return driver.running(server.url, self.people_file, self.log)

    def database_cpu(self) -> float:
        """Seconds of computing of PostgreSQL, all its processes together."""
        return meters.cpu_of_family(self.database.postmaster)

    def said(self) -> str:
        return self._cluster.said()


@contextlib.contextmanager
def running(*, quick: bool) -> Iterator[Bench]:
    """A durable PostgreSQL with the product's tables; Django is set up in this process."""
    cores.pin(0, cores.OTHERS)  # and with us PostgreSQL and the load generator
    with cluster.running() as under:
        _set_up(under.database.url)
        yield Bench(under, quick=quick)


def _set_up(database: str) -> None:
    """The product as in production, but here without a pool, and with as long as we like for a
    transaction."""
    os.environ |= {
        "DATABASE_URL": database,
        "LISTEN_DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "pix_surveillance.settings",
        "SECRET_KEY": SECRET_KEY,
        "DEBUG": "0",
    }
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    connection.settings_dict["OPTIONS"].clear()
    call_command("migrate", verbosity=0)
    connection.close()
