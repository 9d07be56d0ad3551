"""Answers of candidates, saved in groups: what comes while a commit is under way goes in the next.

An answer is what happens most in a room, by far. One writer in each process takes all that wait,
of whichever rooms, in one transaction of a few statements; each is acknowledged once it is
committed. The rules are those of every other move: the session locked, the row read under the
lock, the table asked, one event.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from sessions_app import journal
from sessions_app.gathering import Gathering
from sessions_app.many_keys import IS_A_KEY, as_keys
from sessions_app.models import Session
from sessions_app.refusals import Conflict, Invalid, Malformed, Missing, Refusal, Unavailable

from . import rehearsal, states
from .access import Seat
from .models import Answer, Candidate, open_alert
from .seat_services import ELSEWHERE
from .sitters import COLUMNS, Sitter
from .states import Action, Actor

# A timed answer sent in the last second still arrives in time on a slow network.
TIMED_TOLERANCE = timedelta(seconds=5)
AT_ONCE = 500  # answers in one transaction
HELD_UP_SECONDS = 0.02  # before a room that somebody else is writing is tried again
PATIENCE_SECONDS = 8  # as long as any writer waits for a lock
HELD_UP = _("Votre réponse n’a pas pu être enregistrée. Réessayez dans un instant.")
NOT_OPEN = _("Cette question n’est pas encore ouverte.")

Then = Callable[[Sitter | Exception], None]


class Sent(NamedTuple):
    """One answer, as `rehearsal.clean_answer` gives it, from the browser that claims `seat`."""

    session_id: int
    seat: Seat
    number: int
    value: str


def answer_soon(sent: Sent, then: Then, give_up_at: float | None = None) -> None:
    """Save one answer with all that wait, in the loop of the hub, and tell what became of it: the
    candidate after it, a `Refusal`, or what was raised."""
    _save.ask(sent, partial(_saved, sent, then, give_up_at))


def _saved(
    sent: Sent,
    then: Then,
    give_up_at: float | None,
    outcome: Sitter | Refusal | None,
    error: Exception | None,
) -> None:
    if error or outcome:
        then(error or outcome)
        return
    loop = asyncio.get_running_loop()
    give_up_at = give_up_at or loop.time() + PATIENCE_SECONDS
    if loop.time() >= give_up_at:
        then(Unavailable(HELD_UP))
    else:
        loop.call_later(HELD_UP_SECONDS, answer_soon, sent, then, give_up_at)


def checked(number: object, values: object) -> tuple[int, str]:
    """The number of a question and the answer to it, out of what a browser has sent.

    Raises `Missing` for no question of ours, `Malformed` or `Invalid` for no answer to it.
    """
    try:
        question = rehearsal.question(int(str(number)))
    except (ValueError, LookupError) as error:
        raise Missing(_("Cette question n’existe pas.")) from error
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise Malformed(_("Cette réponse n’est pas lisible. Rechargez la page."))
    try:
        return question.number, rehearsal.clean_answer(question, values)
    except ValueError as error:
        raise Invalid(error.args[0]) from error


@transaction.atomic
def answer(candidate: Candidate, seat: Seat, number: int, value: str) -> None:
    """Save one answer now, in a request of its own; raises `Refusal`."""
    session = journal.lock(candidate.session_id)
    # A group passes over whoever is held; a request waits for them, here.
    list(Candidate.objects.select_for_update(no_key=True).filter(pk=candidate.pk).values_list("pk"))
    (outcome,) = save_all([Sent(session.pk, seat, number, value)])
    if outcome is None:
        raise Unavailable(HELD_UP)
    if isinstance(outcome, Refusal):
        raise outcome


@transaction.atomic
def save_all(sent: Sequence[Sent]) -> list[Sitter | Refusal | None]:
    """Save these answers in one transaction, and tell what became of each, in their order.

    None for what must be tried again: somebody else is writing the room, or the same candidate
    is in the group twice. An answer already saved changes nothing, and is told as saved; after
    the time of a timed question it is kept, but counts as late.
    """
    now, sitters = _sitters(sent)
    taken: dict[int, Sent] = {}
    outcomes: list[Sitter | Refusal | None] = []
    for each in sent:
        sitter = sitters.get(each.seat.candidate_id)
        if sitter is None or sitter.pk in taken:
            outcomes.append(None)
            continue
        refusal = _refusal(each, sitter, now)
        if refusal is None and each.number == sitter.question:
            taken[sitter.pk] = each
        outcomes.append(refusal or sitter)
    if taken:
        _write([(each, sitters[pk]) for pk, each in taken.items()], now)
    return outcomes


def _sitters(sent: Sequence[Sent]) -> tuple[datetime, dict[int, Sitter]]:
    """The instant, and by key the candidates who answer in sessions that are free, locked with
    them."""
    places = {each.seat.candidate_id: each.session_id for each in sent}
    rows: Iterable[tuple]
    if connection.vendor == "postgresql":
        read = LOCK_AND_READ, [as_keys(places)]
        now, sessions, found = journal.lock_free(set(places.values()), read)
        rows = map(_with_instant, found)
    else:
        now, sessions = journal.held(set(places.values()))
        people = Candidate.objects.filter(pk__in=places).annotate(open_alert=open_alert())
        rows = people.values_list(*COLUMNS, "open_alert__id")
    told = ((row, sessions.get(places[row[0]])) for row in rows)
    return now, {row[0]: Sitter(session, *row) for row, session in told if session}


def _with_instant(row: tuple) -> tuple:
    """The instant that nearly every row has comes as text: psycopg itself reads it slowly."""
    opened_at = row[_OPENED] and datetime.fromisoformat(row[_OPENED])
    return (*row[:_OPENED], opened_at, *row[_OPENED + 1 :])


_OPENED = COLUMNS.index("question_opened_at")
_READ = [f"candidate.{name}" for name in COLUMNS]
_READ[_OPENED] += "::text"
# Those of a room that somebody else is writing are read, too, and left at once.
LOCK_AND_READ = f"""
SELECT {", ".join(_READ)}, alert.id
FROM {Candidate._meta.db_table} AS candidate
LEFT JOIN {Candidate.alerts.rel.related_model._meta.db_table} AS alert
    ON alert.candidate_id = candidate.id AND alert.closed_at IS NULL
WHERE candidate.id {IS_A_KEY}
ORDER BY candidate.id FOR NO KEY UPDATE OF candidate SKIP LOCKED
"""  # noqa: S608 (names of tables and columns)


def _refusal(sent: Sent, sitter: Sitter, now: datetime) -> Refusal | None:
    if sitter.session.state == Session.State.FINALIZED:
        return Conflict(journal.FINALIZED)
    sentence = states.refusal(sitter.state, sitter.facts(now), Action.ANSWER, Actor.CANDIDATE)
    if sentence is None and sitter.seat != sent.seat.token:
        sentence = ELSEWHERE
    if sentence is None and sent.number > (sitter.question or 0):
        sentence = NOT_OPEN
    return Conflict(sentence) if sentence else None


def _write(taken: list[tuple[Sent, Sitter]], now: datetime) -> None:
    """The answers, the questions now open, and the events that tell them."""
    rows = [(sitter.pk, each.number, each.value, _is_late(sitter, now)) for each, sitter in taken]
    save = None
    if connection.vendor == "postgresql":
        text = json.dumps([dict(zip(_NAMES, row, strict=True)) for row in rows])
        save = SAVE_ANSWERS, [text, now, now, as_keys(row[0] for row in rows)]
    else:
        _save_one_by_one(rows, now)
    told = []
    for each, sitter in taken:
        sitter.question, sitter.question_opened_at = each.number + 1, now
        told.append(journal.Answered(sitter.session, sitter.pk, each.number))
    journal.record_answers(told, now, save)


# One JSON text: psycopg writes arrays element by element, in Python.
SAVE_ANSWERS = f"""
WITH sent AS (
    SELECT * FROM json_to_recordset(%s)
        AS answer (candidate bigint, question int, value text, late bool)
), saved AS (
    INSERT INTO {Answer._meta.db_table} (candidate_id, question, value, late, saved_at)
    SELECT candidate, question, value, late, %s FROM sent
    ON CONFLICT (candidate_id, question) DO UPDATE
    SET value = excluded.value, late = excluded.late, saved_at = excluded.saved_at
)
UPDATE {Candidate._meta.db_table} SET question = sent.question + 1, question_opened_at = %s
FROM sent WHERE id = sent.candidate AND id {IS_A_KEY}
"""  # noqa: S608 (names of tables)
_NAMES = ("candidate", "question", "value", "late")


def _save_one_by_one(rows: Iterable[tuple[int, int, str, bool]], now: datetime) -> None:
    for pk, number, value, late in rows:
        saved = {"value": value, "late": late, "saved_at": now}
        Answer.objects.update_or_create(candidate_id=pk, question=number, defaults=saved)
        moved = {"question": number + 1, "question_opened_at": now}
        Candidate.objects.filter(pk=pk).update(**moved)


def _is_late(sitter: Sitter, now: datetime) -> bool:
    deadline = rehearsal.deadline(sitter.question, sitter.question_opened_at)
    return deadline is not None and now > deadline + TIMED_TOLERANCE


# Thousands at once, as after an outage, are some transactions: each holds up its rooms for a short
# while only.
_save = Gathering(
    save_all, ThreadPoolExecutor(max_workers=1, thread_name_prefix="answers"), most=AT_ONCE
)
