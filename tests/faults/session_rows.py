"""All rows that belong to one session, read by one query; usable inside the event loop."""

from itertools import chain

import psycopg
from django.apps import apps

from candidates.models import Candidate
from sessions_app.models import Command, Session, SupervisorPresence
from tests.actions import EVENTS
from tests.snapshots import APPS, Rows

from .history import Intention


async def connected(url: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(url, autocommit=True)


async def of_session(database: psycopg.AsyncConnection, session_id: int) -> Rows:
    """As `tests.snapshots.everything`, of one session; accesses of supervisors included."""
    cursor = await database.execute(_statement(), {"session": session_id})
    return {(model, pk): row async for model, pk, row in cursor}


async def is_done(database: psycopg.AsyncConnection, command: Intention) -> bool:
    """Whether the database holds this command, committed."""
    query = f"SELECT 1 FROM {Command._meta.db_table} WHERE key = %s"  # noqa: S608
    cursor = await database.execute(query, [command.key])
    return await cursor.fetchone() is not None


def strangers(before: Rows, after: Rows, command: Intention) -> set[str]:
    """What changed and does not belong to this one command, as `Model pk`."""
    return {
        f"{model} {pk}"
        for model, pk in before.keys() | after.keys()
        if before.get((model, pk)) != after.get((model, pk))
        and not _belongs(
            command, model, before.get((model, pk), {}), after.get((model, pk), {}), pk
        )
    }


def _belongs(command: Intention, model: str, before: dict, after: dict, pk: int) -> bool:
    if model == "Session":
        return {**before, "version": 0} == {**after, "version": 0}
    if model == "Candidate":
        return pk == command.candidate_id
    if model == "Timer":
        return after.get("candidate_id") == command.candidate_id
    if before:
        return False
    return {
        "TimeGrant": after.get("reason") == command.key,
        "Command": after.get("key") == command.key,
        "SessionEvent": after.get("candidate_id") == command.candidate_id
        and after.get("type") == EVENTS[command.action],
    }.get(model, False)


def _statement() -> str:
    models = chain.from_iterable(apps.get_app_config(app).get_models() for app in APPS)
    parts = [_part(model, where) for model in models if (where := _of_a_session(model))]
    return " UNION ALL ".join(parts)


def _part(model, where: str) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    return f"SELECT '{model.__name__}', t.{key}, to_jsonb(t) FROM {table} t WHERE {where}"  # noqa: S608


def _of_a_session(model) -> str:
    """The condition for the rows of a session, empty for what belongs to none."""
    if model is SupervisorPresence:
        return ""  # who looks at it: by design beside the session
    if model is Session:
        return "t.id = %(session)s"
    columns = {
        field.related_model: field.column
        for field in model._meta.concrete_fields
        if field.is_relation
    }
    if Session in columns:
        return f"t.{columns[Session]} = %(session)s"
    if Candidate in columns:
        people = f"SELECT id FROM {Candidate._meta.db_table} WHERE session_id = %(session)s"  # noqa: S608
        return f"t.{columns[Candidate]} IN ({people})"
    return ""
