"""One answer of a candidate: saved in one transaction with the ORM, then shown. Sync."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from candidates import rehearsal
from candidates.access import Seat
from candidates.frames import seat_frame
from candidates.models import Answer, Candidate
from candidates.stages import Stage, stage_of
from sessions_app.models import Session, SessionEvent
from sessions_app.refusals import Conflict

TIMED_TOLERANCE = timedelta(seconds=5)  # the product's own


@dataclass(frozen=True)
class Saved:
    """What the candidate is told; the frame of the session's group, unless nothing changed."""

    seat_frame: dict
    rows_frame: dict | None
    session_id: int


def save(seat: Seat, number: int, values: list[str]) -> Saved:
    """Saves the answer to the open question and opens the next one; once only, sent again or not.

    Raises `Conflict` when that question is not open yet, `ValueError` for an answer that is none
    and `LookupError` for a question that does not exist.
    """
    value = rehearsal.clean_answer(rehearsal.question(number), values)
    rows_frame = None
    with transaction.atomic():
        candidate = _locked(seat)
        if number > candidate.question:
            raise Conflict("Cette question n’est pas encore ouverte.")
        if number == candidate.question:
            _write(candidate, value, timezone.now())
            # Rendered before the next writer of the session has its turn, so that frames go out
            # in the order of their versions.
            rows_frame = _rows_frame(candidate)
        seat_told = _told(candidate, stage_of(candidate, seat.token), number)
    return Saved(seat_told, rows_frame, candidate.session_id)


def _locked(seat: Seat) -> Candidate:
    """The candidate as they are, and nobody else writes in their session meanwhile."""
    sessions = Session.objects.select_related("center").filter(candidates=seat.candidate_id)
    session = sessions.select_for_update(of=("self",), no_key=True).get()
    candidate = Candidate.objects.with_facts().get(pk=seat.candidate_id)
    candidate.session = session
    if stage_of(candidate, seat.token) not in {Stage.QUESTION, Stage.REVIEW}:
        raise Conflict("Le test n’attend pas de réponse.")
    return candidate


def _write(candidate: Candidate, value: str, now: datetime) -> None:
    """The answer, the next question, the session's version and its event: four statements."""
    session, number = candidate.session, candidate.question
    answer = Answer(candidate=candidate, question=number, value=value, saved_at=now)
    answer.late = _is_late(candidate, now)
    Answer.objects.bulk_create(
        [answer],
        update_conflicts=True,
        unique_fields=["candidate", "question"],
        update_fields=["value", "late", "saved_at"],
    )
    candidate.question, candidate.question_opened_at = number + 1, now
    Candidate.objects.filter(pk=candidate.pk).update(
        question=candidate.question, question_opened_at=now
    )
    session.version += 1
    session.save(update_fields=["version"])
    SessionEvent.objects.create(
        session=session,
        version=session.version,
        type="answered",
        candidate=candidate,
        actor=SessionEvent.Actor.CANDIDATE,
        at=now,
        data={"question": number},
    )


def _is_late(candidate: Candidate, now: datetime) -> bool:
    deadline = rehearsal.deadline(candidate.question, candidate.question_opened_at)
    return deadline is not None and now > deadline + TIMED_TOLERANCE


def _told(candidate: Candidate, stage: Stage, answered: int) -> dict:
    """The acknowledgement, with the page of the question that is open now."""
    deadline, context = None, {}
    if stage == Stage.QUESTION:
        context["question"] = rehearsal.question(candidate.question)
        context["question_count"] = rehearsal.COUNT
        deadline = rehearsal.deadline(candidate.question, candidate.question_opened_at)
    return {
        **seat_frame(candidate, stage),
        "answered": answered,
        "deadline": deadline.isoformat() if deadline else None,
        "html": render_to_string(f"candidates/stages/{stage}.html", context),
    }


def _rows_frame(candidate: Candidate) -> dict:
    """The row as the page shows it. An answer moves no counter."""
    session = candidate.session
    html = render_to_string("candidates/_row.html", {"candidate": candidate})
    return {
        "type": "rows",
        "epoch": str(session.epoch),
        "from": session.version - 1,
        "v": session.version,
        "rows": {str(candidate.pk): html},
        "counters": {},
        "say": [],
    }
