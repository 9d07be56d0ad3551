"""The connection that hears announcements: where to open it, and whether it still lives."""

import asyncio
import os
import socket as network

import psycopg
from django.conf import settings
from django.db import connection

PROBE_SECONDS = 5


def address() -> dict:
    """Where to listen: the database of the pages, unless a pooler stands before it."""
    options = {"autocommit": True, "connect_timeout": PROBE_SECONDS}
    if settings.LISTEN_DATABASE_URL:
        return {"conninfo": settings.LISTEN_DATABASE_URL, **options}
    database = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER"}
    names["password"] = "PASSWORD"  # noqa: S105 (the name of a setting)
    return {name: database[key] for name, key in names.items() if database[key]} | options


async def probe(listening: psycopg.AsyncConnection) -> None:
    """Ask for an answer: a network that swallows everything keeps a dead connection open.

    Raises `psycopg.Error` when none comes in time.
    """
    # Hung up from below: libpq would wait for a black hole even to cancel.
    alarm = asyncio.get_running_loop().call_later(PROBE_SECONDS, _hang_up, listening)
    try:
        await listening.execute("SELECT 1")
    finally:
        alarm.cancel()


def _hang_up(listening: psycopg.AsyncConnection) -> None:
    with network.socket(fileno=os.dup(listening.fileno())) as twin:
        twin.shutdown(network.SHUT_RDWR)
