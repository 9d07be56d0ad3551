"""`/style/`, in development only: every component in every state, on people who do not exist."""

from datetime import datetime, time, timedelta
from decimal import Decimal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sessions_app import clock
from sessions_app.board import Board
from sessions_app.center_rooms import Line
from sessions_app.models import Center, Session

from .models import Candidate
from .states import State

COLOURS = "page surface raised ink soft line edge accent accent-strong accent-wash good good-wash"
COLOURS += " warn warn-wash bad bad-strong bad-wash lost"
ICONS = "not_started in_progress finished alert asks-resume asks-start away overtime pause more"
ICONS += " back close check clock order claimed lapsing people"


@require_GET
def style(request: HttpRequest) -> HttpResponse:
    """404 anywhere but in development."""
    if not settings.DEBUG:
        raise Http404
    needs_me, room = _who_need_me(), _who_do_not()
    for number, person in enumerate([*needs_me, *room], start=1):
        person.pk = number
    context = {
        "needs_me": needs_me,
        "room": room,
        "lines": [
            _line(1, "Salle B12", needs_me),
            _line(2, "CDI", room),
            _line(3, "Salle 105", []),
        ],
        "colours": COLOURS.split(),
        "icons": ICONS.split(),
        "now": clock.now(),
    }
    return render(request, "candidates/style.html", context)


def _who_need_me() -> list[Candidate]:
    now, ago = clock.now(), timedelta
    running = {"state": State.IN_PROGRESS, "question": 9}
    return [
        _sample("Nguyen", "Léa", now, **running, away_since=now - ago(minutes=3)),
        _sample("Petit", "Noé", now, asks_start_at=now - ago(seconds=50)),
        _sample(
            "D’Aubigné", "Paul", now, **running, alert_id=1, alert_question=9, alert_raised_at=now
        ),
        _sample(
            "Faure", "Inès", now, **running, asks_resume_at=now, lost_since=now - ago(minutes=2),
            waiting_seat="another",
        ),
        _sample(
            "Costa", "Arthur", now, **running, overtime_at=now - ago(minutes=4),
            ends_at=now - ago(minutes=4),
        ),
        _sample(
            "Lefèvre-Dumontier", "Maxime-Alexandre", now, **running, alert_id=1, alert_question=3,
            alert_raised_at=now - ago(minutes=1), overtime_at=now, ends_at=now,
            extra_time_percent=Decimal("33.00"),
        ),
    ]  # fmt: skip


def _who_do_not() -> list[Candidate]:
    now = clock.now()
    running = {"state": State.IN_PROGRESS, "question": 17}
    over = {"state": State.FINISHED, "ended_at": now}
    return [
        _sample("Abdallah", "Zoé", now),
        _sample("Bernard", "Hugo", now, authorized_until=now + timedelta(minutes=15)),
        _sample("Gillet", "Maurice", now, **running),
        _sample("Hamon", "Alice", now, **running, warned_minutes=15),
        _sample(
            "Salmon", "Daniel", now, **running, extra_time_percent=Decimal("33.00"),
            granted_seconds=600,
        ),
        _sample("Traoré", "Fatou", now, **over, ended_by="candidate"),
        _sample("Weber", "Louis", now, **over, ended_by="supervisor", end_reason="Temps écoulé"),
    ]  # fmt: skip


def _line(key: int, name: str, people: list[Candidate]) -> Line:
    """One of the rooms of a centre; without people, of a session to come."""
    state = Session.State.OPEN if people else Session.State.PLANNED
    session = Session(
        pk=key, number="100042", room=name, site="Bâtiment A", state=state, start_time=time(8, 30)
    )
    session.center = Center(name="Collège Jean-Moulin")
    watching = ["Nadia Bouvier"] if people else []
    return Line(Board(session, {person.pk: person for person in people}), watching)


def _sample(birth_name: str, first_name: str, now: datetime, **facts) -> Candidate:
    """As `with_facts()` would read them; never saved."""
    session = Session(number="100042", center=Center(name="Collège Jean-Moulin"))
    columns = {field.name for field in Candidate._meta.get_fields()}
    given = {"birth_name": birth_name, "first_name": first_name, "sort_key": birth_name}
    written = {name: value for name, value in facts.items() if name in columns}
    person = Candidate(session=session, **given, **written)
    read = dict.fromkeys(Candidate.objects.with_facts().query.annotations)
    read |= {"granted_seconds": 0, "ends_at": now + timedelta(minutes=43)}
    for name, value in (read | facts).items():
        setattr(person, name, value)
    return person
