"""The candidate's pages: join, then one page that follows the stage of the test."""

import asyncio
from contextlib import suppress

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sessions_app import clock, guesses
from sessions_app.forms import first_error
from sessions_app.live import hub
from sessions_app.refusals import (
    Forbidden,
    Invalid,
    Refusal,
    TooOften,
    wants_page,
    when_to_retry,
)

from . import access, acknowledgements, answering, presence, rehearsal, seat_services
from .forms import JoinForm
from .frames import seat_frame
from .models import Candidate
from .stages import Stage, stage_of
from .states import State


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Who are you, in which session? A person who is on the list gets a seat."""
    form, refusal = JoinForm(request.POST or None), None
    status = 200
    if request.method == "POST":
        try:
            if form.is_valid():
                return _take_seat(request, _named(request, **form.cleaned_data))
            refusal = Invalid(first_error(form))
        except (Invalid, TooOften) as refused:
            refusal = refused
            form.add_error(None, refusal.sentence)
        if not wants_page(request):
            raise refusal
        status = refusal.status
    response = render(request, "candidates/join.html", {"form": form}, status=status)
    return when_to_retry(response, refusal)


def _named(request: HttpRequest, *, session_number: str, **typed) -> Candidate:
    seat = access.seat_of_request(request)
    known = str(seat.candidate_id) if seat else ""
    with guesses.at_join(request, session_number, known) as admits:
        return access.candidate_who_joins(session_number=session_number, admits=admits, **typed)


def _take_seat(request: HttpRequest, candidate: Candidate) -> HttpResponse:
    """The same browser keeps the seat it has; another one gets a new claim."""
    seat = access.seat_of_request(request)
    if seat is None or seat.candidate_id != candidate.pk or seat.token != candidate.seat:
        seat = access.new_seat(candidate)
        seat_services.join(candidate, seat)
    response = redirect("test")
    access.give_seat(response, seat)
    return response


@never_cache
@require_GET
def test(request: HttpRequest) -> HttpResponse:
    """The stage of the test, whole or as the part that our script puts in its place."""
    try:
        candidate, seat = access.seated(request)
    except Forbidden:
        if wants_page(request):
            return redirect("join")
        raise
    candidate = _present(candidate, seat)
    if wants_page(request) and candidate.unseen_version:
        # A page of its own, and perhaps without our script: what is not shown before is now.
        acknowledgements.note_all([acknowledgements.Seen(seat, candidate.unseen_version)])
        candidate = access.find(seat)
    return _show(request, candidate, seat)


@never_cache
@require_GET
def poll_seat(request: HttpRequest) -> JsonResponse:
    """The frames that a socket would send, where WebSockets are refused: `hello`, `seat`.

    `seen` acknowledges what a supervisor did, as the message of that name on a socket.

    Who asks is there: presence counts the polls of a browser as it counts its socket.
    """
    candidate, seat = access.seated(request)
    candidate = _present(candidate, seat)
    seen = acknowledgements.read(seat, request.GET.get("seen"))
    if seen and seen.version == candidate.unseen_version:
        acknowledgements.note_all([seen])
        candidate = access.find(seat)
    if hub.loop:
        # Not waited for: a request that holds a connection must not wait for another one.
        asyncio.run_coroutine_threadsafe(presence.polled(candidate, seat), hub.loop)
    frame = seat_frame(candidate, stage_of(candidate, seat.token))
    hello = {"type": "hello", **{name: frame[name] for name in ("epoch", "v", "now")}}
    return JsonResponse({"frames": [hello, frame]})


def _present(candidate: Candidate, seat: access.Seat) -> Candidate:
    """The same candidate, no longer away when it is their own browser that asks."""
    if candidate.away_since and candidate.seat == seat.token:
        return _back(candidate, seat)
    return candidate


def _back(candidate: Candidate, seat: access.Seat) -> Candidate:
    """A page asked for by a browser that the board shows as away is a return."""
    with suppress(Refusal):  # its socket may have told so already
        presence.come_back(candidate, seat)
    return access.find(seat)


def _show(request: HttpRequest, candidate: Candidate, seat: access.Seat) -> HttpResponse:
    stage = stage_of(candidate, seat.token)
    context = {
        "candidate": candidate,
        "session": candidate.session,
        "stage": stage,
        "stage_template": f"candidates/stages/{stage}.html",
        "now": clock.now(),
        "ends_at": candidate.ends_at,
        "paused_at": candidate.session.paused_at,
    }
    if stage == Stage.QUESTION:
        context["question"] = rehearsal.question(candidate.question)
        context["question_count"] = rehearsal.COUNT
        context["deadline"] = rehearsal.deadline(candidate.question, candidate.question_opened_at)
        told = candidate.alerts.filter(question=candidate.question).exclude(closed_at=None)
        context["reply"] = told.values_list("reply", flat=True).last()
    if stage == Stage.FINISHED:
        context["answered"] = candidate.answers.exclude(value="").count()
    name = "candidates/test.html" if wants_page(request) else "candidates/_stage.html"
    return render(request, name, context)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    candidate, seat = access.seated(request)
    # A second click, or the reply to the first one lost: the test has started, go on.
    if candidate.state == State.NOT_STARTED:
        seat_services.start(candidate, seat)
    return _continue(request, seat)


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Save one answer; the page goes on to the next question."""
    candidate, seat = access.seated(request)
    sent = request.POST
    number, value = answering.checked(sent.get("question", ""), sent.getlist("answer"))
    answering.answer(candidate, seat, number, value)
    return _continue(request, seat)


@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    candidate, seat = access.seated(request)
    if candidate.state != State.FINISHED:
        seat_services.finish(candidate, seat)
    return _continue(request, seat)


def _continue(request: HttpRequest, seat: access.Seat) -> HttpResponse:
    if wants_page(request):
        response = redirect(reverse("test"))
        response.status_code = 303
        return response
    return _show(request, access.find(seat), seat)
