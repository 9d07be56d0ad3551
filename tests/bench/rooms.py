"""The people of the bench, put into the database at once, and put back before each round.

100 rooms of 30 candidates in progress and 2 supervisors: 3,200 sockets. Django must be set up.
"""

import secrets
import uuid
from datetime import date, time, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as Login
from django.core import signing
from django.db import connection, transaction
from django.utils import timezone

from candidates import access, rehearsal, timing
from candidates.models import Candidate, Timer
from candidates.states import State as CandidateState
from sessions_app.models import Center, Session, SupervisorAccess, User

from .people import People, Room, Seated, Supervisor

ROOMS, CANDIDATES, SUPERVISORS = 100, 30, 2
DURATION = 105  # minutes
PASSWORD = "un-long-mot-de-passe"


@transaction.atomic
def fill(rooms: int = ROOMS, *, first: int = 0, candidates: int = CANDIDATES) -> People:
    """New rooms, with so many candidates each, of whom nobody is connected yet.

    `first`: how many rooms there are already, by which numbers and addresses differ.
    """
    center, _ = Center.objects.get_or_create(external_id="bench", name="Lycée Ada-Lovelace")
    sessions = Session.objects.bulk_create(_session(center, first + at) for at in range(rooms))
    everyone = Candidate.objects.bulk_create(
        _candidate(session, at) for session in sessions for at in range(candidates)
    )
    Timer.objects.bulk_create(map(_timer, everyone))
    supervisors = _supervisors(sessions, first)
    parts = zip(
        sessions, batched(everyone, candidates), batched(supervisors, SUPERVISORS), strict=True
    )
    return People(
        [_room(*part) for part in parts], [_answer(question) for question in rehearsal.QUESTIONS]
    )


def batched(things: list, size: int) -> list[list]:
    return [things[at : at + size] for at in range(0, len(things), size)]


BACK = """
TRUNCATE candidates_answer, candidates_timegrant, candidates_node, sessions_app_command,
    sessions_app_sessionevent, incidents_alert, incidents_incident;
UPDATE sessions_app_session SET version = 0, epoch = gen_random_uuid(),
    paused_at = NULL, first_started_at = now();
UPDATE candidates_candidate SET question = 1, question_opened_at = now(), row_version = 0,
    state = 'in_progress', asks_resume_at = NULL, away_since = NULL, lost_since = NULL,
    away_together = false, warned_minutes = NULL, overtime_at = NULL, ended_at = NULL,
    ended_by = '', waiting_seat = '', node = '';
UPDATE candidates_timer SET started_at = now(), ended_at = NULL,
    ends_at = now() + make_interval(mins => duration_minutes);
"""


def put_back() -> None:
    """Everybody is at the first question of a new history; no server may run.

    Each round then begins with the same tables: no dead rows, no page to write out late.
    """
    with connection.cursor() as cursor:
        cursor.execute(BACK)
        for table in ("sessions_app_session", "candidates_candidate", "candidates_timer"):
            cursor.execute(f"VACUUM (FULL, ANALYZE) {table}")
        cursor.execute("ANALYZE candidates_answer, sessions_app_sessionevent")
        cursor.execute("CHECKPOINT")


def _session(center: Center, at: int) -> Session:
    return Session(
        center=center,
        number=f"{100_001 + at}",
        site="Lycée Ada-Lovelace",
        room=f"Salle {at + 1}",
        date=timezone.localdate(),
        start_time=time(0, 30),  # supervised at whatever hour this runs
        supervisors="Mme Lefèvre, M. Costa",
        duration_minutes=DURATION,
        state=Session.State.OPEN,
        first_started_at=timezone.now(),
        epoch=uuid.uuid4(),
    )


def _candidate(session: Session, at: int) -> Candidate:
    candidate = Candidate(
        session=session,
        birth_name=f"D’Aubigné {at:02}",
        first_name="Élise",
        birthdate=date(2010, 4, 1 + at % 28),
        state=CandidateState.IN_PROGRESS,
        question=1,
        question_opened_at=timezone.now(),
        seat=secrets.token_hex(8),
    )
    candidate.set_keys()  # `save` does, a bulk insert does not
    return candidate


def _timer(candidate: Candidate) -> Timer:
    now = timezone.now()
    ends_at = timing.end(now, DURATION, candidate.extra_time_percent, 0)
    return Timer(
        candidate=candidate,
        started_at=now,
        duration_minutes=DURATION,
        extra_time_percent=candidate.extra_time_percent,
        ends_at=ends_at,
    )


def _supervisors(sessions: list[Session], first: int) -> list[Supervisor]:
    """`SUPERVISORS` for each session, in the order of the sessions."""
    password = make_password(PASSWORD)  # slow on purpose: once for all of them
    numbers = range(first * SUPERVISORS, (first + len(sessions)) * SUPERVISORS)
    emails = [f"surveillante{number}@example.org" for number in numbers]
    users = User.objects.bulk_create(User(email=email, password=password) for email in emails)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    SupervisorAccess.objects.bulk_create(
        SupervisorAccess(session=sessions[at // SUPERVISORS], user=user)
        for at, user in enumerate(users)
    )
    logins = Login.objects.bulk_create(map(_login, users))
    return [
        Supervisor(user.pk, user.email, login.session_key)
        for user, login in zip(users, logins, strict=True)
    ]


def _login(user: User) -> Login:
    """A login by force: its key is what the browser's cookie holds after it."""
    data = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    return Login(
        session_key=secrets.token_hex(16),
        session_data=SessionStore().encode(data),
        expire_date=timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )


def _room(session: Session, candidates: list, supervisors: list[Supervisor]) -> Room:
    seated = [
        Seated(each.pk, signing.dumps([each.pk, each.seat], salt=access.SALT))
        for each in candidates
    ]
    return Room(session.pk, session.number, supervisors, seated)


def _answer(question: rehearsal.Question) -> list[str]:
    """A right one; of a short answer the first accepted spelling."""
    if question.kind == rehearsal.Kind.CHOICES:
        return list(question.answer)
    return [question.answer[0]]
