"""A room in the middle of its session, with a candidate for each thing that a board can show."""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db.models import F

from candidates import access, answering, duties, presence, seat_services, services
from candidates.access import Seat
from candidates.models import Candidate, Timer
from incidents.services import accept_alert, note_incident, raise_alert
from sessions_app import clock
from tests import factories

from . import rooms
from .people import CandidateBrowser


@dataclass
class FullRoom:
    """`acted_on` is for the commands of a row; `connected` for a computer that stays there."""

    room: rooms.Room
    acted_on: Candidate
    connected: Candidate
    is_paused: bool


def full_room(*, paused: bool = False) -> FullRoom:
    """Two supervisors; nothing in it is due to change by itself for ten minutes."""
    room = rooms.room(supervisors=2, running=2, waiting=1)
    session, user = room.session, room.preparer
    factories.candidate(session)
    services.authorize_start(factories.waiting(session), user=user)
    factories.finished(session, user)
    services.end_test(factories.running(session, user), user=user, reason="Départ anticipé")
    _with_time_added(session, user)
    _away(session, user)
    _who_asks_to_resume(session, user)
    _with_problems(session, user)
    _past_the_end(session, user)
    if paused:
        services.pause_room(session, user=user, reason="Alerte incendie")
    return FullRoom(room, *room.running, paused)


def seated(addresses: list[str], candidate: Candidate, *, at: int = 0) -> CandidateBrowser:
    """The browser that holds the candidate's seat, without joining again. Outside the loop."""
    browser = CandidateBrowser(addresses, candidate, at=at)
    browser.cookies[access.COOKIE] = signing.dumps([candidate.pk, candidate.seat], salt=access.SALT)
    return browser


def _with_time_added(session, user) -> None:
    candidate = factories.running(session, user)
    services.add_time(candidate, user=user, minutes=10, reason="Tiers temps")
    services.add_time(factories.fresh(candidate), user=user, minutes=5)
    services.undo_time(factories.fresh(candidate), user=user)
    for question, value in ((1, "a"), (2, "b")):
        answering.answer(factories.fresh(candidate), _seat(candidate), question, value)


def _away(session, user) -> None:
    candidate = factories.running(session, user)
    presence.leave(candidate.pk, clock.now(), node="")


def _who_asks_to_resume(session, user) -> None:
    candidate = factories.running(session, user)
    seat_services.join(candidate, Seat(candidate.pk, "another-computer"))


def _with_problems(session, user) -> None:
    candidate = factories.running(session, user)
    raise_alert(candidate, _seat(candidate), subject="image")
    accept_alert(factories.fresh(candidate), user=user, category="E11")
    raise_alert(factories.fresh(candidate), _seat(candidate), subject="software")
    note_incident(factories.fresh(candidate), user=user, category="C7", text="Clavier changé")


def _past_the_end(session, user) -> None:
    candidate = factories.running(session, user)
    earlier = timedelta(minutes=session.duration_minutes + 4)
    timer = Timer.objects.filter(candidate=candidate)
    timer.update(started_at=F("started_at") - earlier, ends_at=F("ends_at") - earlier)
    duties.note_overtime()


def _seat(candidate: Candidate) -> Seat:
    return factories.seat_of(candidate)
