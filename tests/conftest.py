import os
import time
from datetime import timedelta

import hypothesis
import pytest
from django.conf import settings
from django.contrib import admin
from django.db import OperationalError, transaction
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.postgresql.operations import DatabaseOperations as PostgreSQLOperations
from django.db.backends.sqlite3.base import DatabaseOperations
from whitenoise.middleware import WhiteNoiseMiddleware

from sessions_app import clock
from tests import canaries, factories

# No deadline: a busy machine is not a bug. The same examples each time where nobody watches.
hypothesis.settings.register_profile(
    "house", deadline=None, derandomize="CI" in os.environ, print_blob=True
)
hypothesis.settings.load_profile("house")

# What the first request loads, with the site map.
admin.autodiscover()

# A test may keep its transaction open for longer than a server of ours is allowed to.
settings.DATABASES["default"].get("OPTIONS", {}).pop("options", None)


@pytest.fixture(autouse=True, scope="session")
def _flush_passes_the_guards():
    """The journal refuses DELETE, with which SQLite empties the tables after a test with real
    transactions: the triggers step aside for that, and that only. (PostgreSQL truncates.)"""
    emptied = DatabaseOperations.execute_sql_flush

    def flush(self, sql_list):
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
            try:
                emptied(self, sql_list)
            finally:
                for _, sql in triggers:
                    cursor.execute(sql)

    DatabaseOperations.execute_sql_flush = flush
    yield
    DatabaseOperations.execute_sql_flush = emptied


@pytest.fixture(autouse=True, scope="session")
def _flush_waits_for_readers():
    """A thread of a hub that is just stopping may still read: PostgreSQL then ends one of the two,
    which may be the one that empties the tables."""
    emptied = BaseDatabaseOperations.execute_sql_flush

    def flush(self, sql_list):
        for patience in (0.5, 2):
            try:
                return emptied(self, sql_list)
            except OperationalError:
                time.sleep(patience)
        return emptied(self, sql_list)

    PostgreSQLOperations.execute_sql_flush = flush
    yield
    del PostgreSQLOperations.execute_sql_flush


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_listed_once():
    """Every test client loads the middleware, which would list all static files each time."""
    files, listed = {}, WhiteNoiseMiddleware.add_files_from_finders

    def add(self):
        if not files:
            listed(self)
            files.update(self.files)
        self.files.update(files)

    WhiteNoiseMiddleware.add_files_from_finders = add
    yield
    WhiteNoiseMiddleware.add_files_from_finders = listed


@pytest.fixture(autouse=True, scope="session")
def _watch():
    with canaries.watching():
        yield


@pytest.fixture(autouse=True)
def _nobody_is_named(_watch):
    """In no log, address, announcement or mail of any test: see `canaries`."""
    yield
    assert canaries.taken() == [], "A name, birthdate, e-mail or code has left where none may."


@pytest.fixture(scope="module")
def module_db(django_db_setup, django_db_blocker):
    """For a fixture of a whole module: what it writes is there for each of its tests, whose own
    writes are undone before the next. None of them may need real transactions."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def room():
    """A session, open; a test file may have its own."""
    return factories.session()


@pytest.fixture
def by(room):
    """The account that supervises it."""
    return factories.supervisor(room)


@pytest.fixture
def db_clock(monkeypatch):
    """A database clock that the test moves: `db_clock.forward(minutes=5)`."""
    return _MovedClock(monkeypatch)


class _MovedClock:
    def __init__(self, monkeypatch):
        self._real, self._ahead = clock.told, timedelta()
        monkeypatch.setattr(clock, "told", lambda value: self._real(value) + self._ahead)

    def now(self):
        return clock.now()

    def forward(self, **length):
        self._ahead += timedelta(**length)
