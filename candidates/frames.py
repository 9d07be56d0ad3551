"""What a candidate's browser is told, by the socket or by polling: a whole state each time."""

from functools import cache

from django.template.loader import render_to_string

from sessions_app import languages
from sessions_app.frame_text import as_text
from sessions_app.live import hub

from . import rehearsal
from .stages import Stage


def seat_frame(candidate, stage: Stage) -> dict:
    """`seat{epoch, v, now, stage, ends_at, paused_at}`; instants are ISO 8601 or None.

    Names nobody: whoever holds the browser knows who sits there. With `unseen`, the version of
    a supervisor's action that the page is to acknowledge once it shows this.
    """
    session = candidate.session
    frame = {
        "type": "seat",
        "epoch": str(session.epoch),
        "v": session.version,
        "now": hub.now().isoformat(),
        "stage": stage,
        "ends_at": candidate.ends_at.isoformat() if candidate.ends_at else None,
        "paused_at": session.paused_at.isoformat() if session.paused_at else None,
    }
    if candidate.unseen_version and stage != Stage.ELSEWHERE:
        frame["unseen"] = candidate.unseen_version
    return frame


def answered_frame(sitter, number: int, language: str) -> str:
    """The `seat` frame that acknowledges the answer to question `number`, and opens the next.

    As text: `{…, answered, deadline, html}`, where `deadline` is that of a timed question, or
    None, and `html` what the page shows, in `language`. The end hour is not told: no answer
    moves it.
    """
    session, is_over = sitter.session, sitter.question > rehearsal.COUNT
    opened_at = sitter.question_opened_at
    deadline = None if is_over else rehearsal.deadline(sitter.question, opened_at)
    until = f'"{deadline.isoformat()}"' if deadline else "null"
    stage = Stage.REVIEW if is_over else Stage.QUESTION
    html = _review_json(language) if is_over else _question_json(sitter.question, language)
    # Written by hand: numbers, instants and names of ours only, for what is told most often.
    return (
        f'{{"type": "seat", "epoch": "{session.epoch}", "v": {session.version}, '
        f'"now": "{hub.now().isoformat()}", "stage": "{stage}", "paused_at": null, '
        f'"answered": {number}, "deadline": {until}, '
        f'"html": {html}}}'
    )


# The same for everybody who reads in `language`: what differs is said by the frame around it.
# Once rendered, it is told without a change of language, which would cost more than the frame.
@cache
def _question_json(number: int, language: str) -> str:
    context = {"question": rehearsal.question(number), "question_count": rehearsal.COUNT}
    return _html_json("candidates/stages/question.html", context, language)


@cache
def _review_json(language: str) -> str:
    return _html_json("candidates/stages/review.html", {}, language)


def _html_json(template: str, context: dict, language: str) -> str:
    html = languages.within(language, render_to_string, template, context)
    return as_text(html)


def refused_frame(number: object, status: int, message: str) -> dict:
    """What was answered over the socket is refused, as a request would be."""
    return {"type": "refused", "question": number, "status": status, "message": str(message)}
