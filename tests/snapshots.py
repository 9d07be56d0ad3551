"""All that the product's tables hold: tells exactly what an action changed, or that it did not."""

import json

from django.apps import apps
from django.db import connection, models

from sessions_app.models import SessionEvent

APPS = ("sessions_app", "candidates", "incidents")
# That a wrong code was counted or a refusal noted is no change of the product's data.
COUNTERS = {"Guesses", "SecurityEvent"}
Rows = dict[tuple[str, object], dict]


def everything() -> Rows:
    """Each row of each table of the product, by model and key, as the database keeps it."""
    kinds = [
        model
        for app in APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model.__name__ not in COUNTERS
    ]
    # Without models, which cost as much as the page that is looked at.
    with connection.cursor() as cursor:
        return {
            (model.__name__, row[model._meta.pk.column]): row
            for model in kinds
            for row in _rows(cursor, model)
        }


def _rows(cursor, model: type[models.Model]) -> list[dict]:
    cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608 (our own name)
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    for field in model._meta.concrete_fields:
        if isinstance(field, models.JSONField):  # as text it would hide words behind escapes
            for row in rows:
                row[field.column] = json.loads(row[field.column] or "null")
    return rows


def changes(before: Rows, after: Rows) -> set[str]:
    """`Model.column` for a changed row, `+Model` for a new one, `-Model` for one that is gone."""
    new = {f"+{model}" for model, _ in after.keys() - before.keys()}
    gone = {f"-{model}" for model, _ in before.keys() - after.keys()}
    moved = {
        f"{key[0]}.{column}"
        for key in before.keys() & after.keys()
        for column, value in after[key].items()
        if before[key][column] != value
    }
    return new | gone | moved


def new_events(before: Rows, after: Rows) -> list[dict]:
    """The events written in between, in the order of their versions."""
    keys = {key for model, key in after.keys() - before.keys() if model == "SessionEvent"}
    return list(SessionEvent.objects.filter(pk__in=keys).order_by("version").values())
