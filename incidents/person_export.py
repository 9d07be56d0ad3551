"""Everything that is kept about one candidate, as one file.

Whatever the register holds about them, column by column: a new column comes out by itself. The
accounts of others are told by number only: their names are not the candidate's data.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field, ForeignKey, Model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from candidates.models import Candidate
from sessions_app import board, clock, person_register
from sessions_app.models import SessionEvent, User

from .erasure import mentions_of, rows_of, words_of
from .exports import local
from .models import IncidentReport

SCHEMA, SCHEMA_VERSION = "pix-surveillance/person", 1
WITHHELD = _("gardé, non communiqué : distingue un navigateur d’un autre")


def person_data(candidate: Candidate) -> dict:
    """All of it as of one instant; `candidate` with its session and centre at hand.

    `tables` has the rows by table and column; `mentioned` says where others name the person,
    whose own words are not theirs; `report` whether a signed PV is kept.
    """
    with board.snapshot():
        session = candidate.session
        return {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "exported_at": local(clock.now(), session),
            "session": {
                "number": session.number,
                "center": session.center.name,
                "site": session.site,
                "room": session.room,
                "starts_at": local(session.scheduled_start, session),
            },
            "tables": {
                label: [_row(row, candidate) for row in rows_of(candidate, label)]
                for label in person_register.OF_CANDIDATE
            },
            "mentioned": list(_mentions(candidate)),
            "report": _report(candidate),
        }


def _row(row: Model, candidate: Candidate) -> dict[str, Any]:
    return {field.name: _value(row, field, candidate) for field in row._meta.local_fields}


def _value(row: Model, field: Field, candidate: Candidate) -> Any:
    value = getattr(row, field.attname)
    if field.name in person_register.WITHHELD:
        return str(WITHHELD) if value else ""
    if value is not None and isinstance(field, ForeignKey) and field.related_model is User:
        return gettext("compte n° %(key)s") % {"key": value}
    if isinstance(value, datetime):
        return local(value, candidate.session)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _mentions(candidate: Candidate) -> Iterator[dict[str, Any]]:
    person, session = mentions_of(candidate), candidate.session
    for label, row, columns in words_of(session):
        if getattr(row, "candidate_id", None) == candidate.pk or row == candidate:
            continue
        for column in columns:
            if person.are_in(getattr(row, column)):
                yield {"table": label, "id": row.pk, "column": column}
    for event in session.events.exclude(candidate=candidate).order_by("version"):
        if _names(event, candidate.pk) or person.are_in(event.data):
            yield {"table": SessionEvent._meta.label, "id": event.pk, "column": "data"}


def _names(event: SessionEvent, key: int) -> bool:
    """Events of the room name those that they moved by their keys."""
    people = event.data.get("candidates")
    return event.data.get("candidate") == key or (isinstance(people, list) and key in people)


def _report(candidate: Candidate) -> list[dict[str, str]]:
    signed = IncidentReport.objects.filter(session=candidate.session).exclude(pdf_sha256="")
    return [
        {"signed_at": local(each.signed_at, candidate.session), "pdf_sha256": each.pdf_sha256}
        for each in signed.defer("pdf")
    ]
