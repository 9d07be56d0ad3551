"""What each answer is entered in: no index that another one serves for."""

import pytest
from django.apps import apps
from django.db import connection

OFTEN_WRITTEN = ["candidates.Answer", "candidates.Candidate", "sessions_app.SessionEvent"]


def indexed(label: str) -> dict[str, list[str]]:
    """The columns of each index that holds all rows."""
    model = apps.get_model(label)
    partial = {each.name for each in model._meta.indexes if each.condition is not None}
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    kept = {name: each["columns"] for name, each in found.items() if each["index"] or is_key(each)}
    return {name: columns for name, columns in kept.items() if columns and name not in partial}


def is_key(constraint: dict) -> bool:
    return constraint["unique"] or constraint["primary_key"]


@pytest.mark.django_db
@pytest.mark.parametrize("label", OFTEN_WRITTEN)
def test_no_index_begins_another(label):
    found = indexed(label)
    for name, columns in found.items():
        longer = [other for other, each in found.items() if each[: len(columns)] == columns]
        assert longer == [name]


@pytest.mark.django_db
def test_an_answer_is_entered_in_five_indexes():
    entered = [
        tuple(columns)
        for label in ("candidates.Answer", "sessions_app.SessionEvent")
        for columns in indexed(label).values()
    ]
    assert sorted(entered) == [
        ("candidate_id",),
        ("candidate_id", "question"),
        ("id",),
        ("id",),
        ("session_id", "version"),
    ]


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("label", ["candidates.Candidate", "sessions_app.Session"])
def test_rows_that_are_written_again_and_again_have_room(label):
    """Where a row is never written in its place."""
    with connection.cursor() as cursor:
        table = apps.get_model(label)._meta.db_table
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = %s", [table])
        assert cursor.fetchone() == (["fillfactor=60"],)
