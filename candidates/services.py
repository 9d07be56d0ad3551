"""One function per button of the supervisor: see `turns` for what they all do."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from sessions_app import journal
from sessions_app.models import Session, User
from sessions_app.refusals import Conflict, Invalid

from . import acknowledgements, end_reasons, timing
from .models import Candidate, TimeGrant, Timer
from .states import Action, Actor, State
from .turns import end, move, stood_still, turn

# Kept with the time, and so in French whoever gives it back.
GIVEN_BACK = "Temps perdu pendant une déconnexion"


def authorize_start(candidate: Candidate, *, user: User, seen: int | None = None) -> None:
    """Presence is confirmed: the candidate may start within the next 15 minutes.

    Once more for who has not started when that is about to lapse: 15 minutes from now.
    """
    with turn(candidate, Action.AUTHORIZE_START, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        until = session.now + timing.AUTHORIZATION
        changes = {"authorized_until": until, "lapse_told": False}
        move(session, fresh, "start_authorized", user=user, **changes)


def withdraw_start(candidate: Candidate, *, user: User, seen: int | None = None) -> None:
    """The authorisation is taken back; the candidate waits again."""
    with turn(candidate, Action.WITHDRAW_START, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        move(session, fresh, "start_withdrawn", user=user, authorized_until=None)


def authorize_resume(
    candidate: Candidate, *, user: User, minutes: int = 0, seen: int | None = None
) -> None:
    """The candidate goes on, on the computer that asked, with `minutes` given back.

    Effects, in order: the time is added to the ledger and the timer, the waiting computer gets
    the seat, the request is closed. When nobody is connected, the authorisation waits for the
    candidate for 15 minutes instead.
    """
    with turn(candidate, Action.AUTHORIZE_RESUME, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        if minutes:
            _grant(session, fresh, user, minutes, GIVEN_BACK)
        is_gone = fresh.away_since is not None
        absent_since = fresh.lost_since or fresh.away_since
        data = {
            "minutes": minutes,
            "absent_seconds": _seconds_since(absent_since, session.now),
            "other_computer": bool(fresh.waiting_seat),
        }
        move(
            session,
            fresh,
            "resume_authorized",
            user=user,
            data=data,
            seat=fresh.waiting_seat or fresh.seat,
            waiting_seat="",
            asks_resume_at=None,
            lost_since=None,
            authorized_until=session.now + timing.AUTHORIZATION if is_gone else None,
            lapse_told=False,
            **_once_moved(session, fresh, minutes * 60),
            **stood_still(fresh, None if is_gone else absent_since, session.now),
        )


def add_time(
    candidate: Candidate, *, user: User, minutes: int, reason: str = "", seen: int | None = None
) -> None:
    """Add whole minutes, before or during the test: one line of the ledger, the end hour moves."""
    with turn(candidate, Action.ADD_TIME, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        grant = _grant(session, fresh, user, minutes, reason)
        data = {"grant": grant.pk, "minutes": minutes, "reason": reason}
        changes = _once_moved(session, fresh, grant.seconds)
        move(session, fresh, "time_added", user=user, data=data, **changes)


def undo_time(
    candidate: Candidate, *, user: User, grant: int | None = None, seen: int | None = None
) -> None:
    """Undo a grant (by default the last): its line stays, dated, and the end hour moves back."""
    with turn(candidate, Action.UNDO_TIME, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        grants = TimeGrant.objects.filter(candidate=fresh, undone_at=None)
        undone = (grants.filter(pk=grant) if grant else grants).last()
        if undone is None:
            raise Conflict(_("Cet ajout de temps a déjà été annulé."))
        TimeGrant.objects.filter(pk=undone.pk).update(undone_at=session.now, undone_by=user)
        _shift_end(fresh, -undone.seconds)
        data = {"grant": undone.pk, "minutes": undone.minutes}
        changes = _once_moved(session, fresh, -undone.seconds)
        move(session, fresh, "time_undone", user=user, data=data, **changes)


def end_test(
    candidate: Candidate, *, user: User, reason: str = "", seen: int | None = None
) -> None:
    """The supervisor ends the test; the answers already given are kept."""
    with turn(candidate, Action.END_TEST, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        end(session, fresh, Candidate.EndedBy.SUPERVISOR, reason, user=user)


def explain_end(
    candidate: Candidate, *, user: User, reason: str = "", seen: int | None = None
) -> None:
    """Say afterwards why a test was not finished, with one of the reasons that count."""
    with turn(candidate, Action.EXPLAIN_END, Actor.SUPERVISOR, seen=seen) as (session, fresh):
        if not end_reasons.explains(reason):
            raise Invalid(_("Choisissez pourquoi le test n’a pas été terminé."))
        data = {"reason": reason}
        move(session, fresh, "end_explained", user=user, data=data, end_reason=reason)


def pause_room(session: Session, *, user: User, reason: str = "") -> None:
    """Everyone waits: no start, no answer, no timer runs out until the room resumes."""
    with transaction.atomic():
        locked = journal.lock(session.pk)
        if locked.paused_at:
            raise Conflict(_("La salle est déjà suspendue."))
        Session.objects.filter(pk=locked.pk).update(paused_at=locked.now, pause_reason=reason)
        version = journal.record(locked, "room_paused", user=user, data={"reason": reason})
        acknowledgements.await_all(locked, version)


def resume_room(session: Session, *, user: User) -> None:
    """The room goes on; each timer, timed question and authorisation gets the pause back.

    What remains is what remained, to the instant: no mark told lies ahead again.
    """
    with transaction.atomic():
        locked = journal.lock(session.pk)
        if locked.paused_at is None:
            raise Conflict(_("La salle n’est pas suspendue."))
        pause = locked.now - locked.paused_at
        seconds = round(pause.total_seconds())
        running = Timer.objects.filter(candidate__session=locked, ended_at=None)
        running.update(
            ends_at=F("ends_at") + pause,
            paused_seconds=F("paused_seconds") + seconds,
        )
        waiting = locked.candidates.filter(authorized_until__isnull=False)
        waiting.update(authorized_until=F("authorized_until") + pause)
        answering = locked.candidates.filter(state=State.IN_PROGRESS)
        answering.update(
            question_opened_at=F("question_opened_at") + pause,
            overtime_at=F("overtime_at") + pause,
        )
        Session.objects.filter(pk=locked.pk).update(paused_at=None, pause_reason="")
        version = journal.record(locked, "room_resumed", user=user, data={"seconds": seconds})
        acknowledgements.await_all(locked, version)


def give_back(
    session: Session, candidate: Candidate, user: User, minutes: int, reason: str
) -> dict:
    """Within a turn, add `minutes` (0: none) that a wait has cost; what moves on the row by it."""
    if not minutes:
        return {}
    grant = _grant(session, candidate, user, minutes, reason)
    return _once_moved(session, candidate, grant.seconds)


def _grant(
    session: Session, candidate: Candidate, user: User, minutes: int, reason: str
) -> TimeGrant:
    if not 1 <= minutes <= timing.LONGEST_GRANT_MINUTES:
        raise Invalid(
            _("Le temps ajouté va de 1 à %(most)s minutes.")
            % {"most": timing.LONGEST_GRANT_MINUTES}
        )
    grant = TimeGrant.objects.create(
        candidate=candidate,
        seconds=minutes * 60,
        reason=reason,
        author=user,
        granted_at=session.now,
    )
    _shift_end(candidate, grant.seconds)
    return grant


def _shift_end(candidate: Candidate, seconds: int) -> None:
    """The end hour moves in SQL, so that no reading in between can be lost."""
    running = Timer.objects.filter(candidate=candidate, ended_at=None)
    running.update(ends_at=F("ends_at") + timedelta(seconds=seconds))


def _once_moved(session: Session, candidate: Candidate, seconds: int) -> dict:
    """What the new end hour changes on the row, `seconds` later (or earlier, when negative)."""
    if candidate.ends_at is None:
        return {}
    moved = candidate.ends_at + timedelta(seconds=seconds)
    now = session.paused_at or session.now  # in a suspended room no time passes
    return {**_overtime_after(candidate, moved, now), **_mark_after(candidate, moved, now)}


def _overtime_after(candidate: Candidate, moved: datetime, now: datetime) -> dict:
    """The overtime counts from the moved end hour, or is over when that lies ahead."""
    if candidate.overtime_at is None:
        return {}
    return {"overtime_at": moved if moved <= now else None}


def _mark_after(candidate: Candidate, moved: datetime, now: datetime) -> dict:
    """Marks told that lie ahead again will be told again."""
    return {"warned_minutes": timing.mark_kept(candidate.warned_minutes, moved - now)}


def _seconds_since(instant: datetime | None, now: datetime) -> int:
    return int((now - instant).total_seconds()) if instant else 0
