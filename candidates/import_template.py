"""The file that a list begins with: its columns, and the sessions that a centre has planned."""

from collections.abc import Iterator

from sessions_app.models import Center, Session
from sessions_app.spreadsheets import Table, as_csv

from .import_columns import REQUIRED, SESSION_COLUMNS, Column


def template(center: Center | None = None) -> bytes:
    """As CSV, which spreadsheets open as it is; with `center`, one line for each planned session,
    in the order of the days: its candidates are typed there and below."""
    labels = [f"* {column.value}" if column in REQUIRED else column.value for column in Column]
    return as_csv(Table("modele", labels, _planned(center) if center else ()))


def _planned(center: Center) -> Iterator[list[str]]:
    sessions = Session.objects.filter(center=center, state=Session.State.PLANNED)
    rest = [""] * (len(Column) - len(SESSION_COLUMNS))
    for each in sessions.order_by("date", "start_time", "room"):
        day, hour = f"{each.date:%d/%m/%Y}", f"{each.start_time:%H:%M}"
        place = [each.number, each.site, each.room, day, hour]
        yield [*place, each.supervisors, each.remarks, *rest]
