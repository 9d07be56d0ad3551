"""What a board costs, counted in this process: queries of its page, bytes of its frames."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from candidates import answering, duties, presence, seat_services, services
from candidates.access import Seat
from candidates.models import Candidate, Timer
from incidents.services import raise_alert
from sessions_app import board, clock
from sessions_app.frame_text import as_text
from sessions_app.models import Session, User

from .people import Room

# What opens and ends a snapshot asks nothing.
NO_QUERY = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "SAVEPOINT", "RELEASE")


def queries(room: Room) -> dict[str, int]:
    """How many queries the page of the board takes, the login included.

    `cold`: the first of a process; `kept`: again, as in a room that is watched; `moved`: after a
    change that this process has not heard of.
    """
    person = _reader(room)
    counts = {name: _count(person) for name in ("cold", "kept")}
    _answer(_candidate(room, 0))
    return counts | {"moved": _count(person)}


def frames(room: Room) -> dict[str, int]:
    """Bytes of the frame that tells one candidate's change, each of another candidate."""
    user = User.objects.get(pk=room.supervisors[0].pk)
    changes: dict[str, Callable] = {
        "answered": _answer,
        "time_added": lambda each: services.add_time(each, user=user, minutes=10),
        "alert": lambda each: raise_alert(each, _seat(each), subject="image"),
        "away": lambda each: presence.leave(each.pk, clock.now(), node=""),
        "asks_resume": lambda each: seat_services.join(each, Seat(each.pk, "another-computer")),
        "overtime": _pass_the_end,
        "ended": lambda each: services.end_test(each, user=user, reason="Départ anticipé"),
    }
    return {
        name: _frame_bytes(room, change, _candidate(room, at))
        for at, (name, change) in enumerate(changes.items(), start=1)
    }


def _frame_bytes(room: Room, change: Callable, candidate: Candidate) -> int:
    epoch, version = Session.objects.values_list("epoch", "version").get(pk=room.pk)
    change(candidate)
    frame = board.change(room.pk, str(epoch), version).frame
    if frame["type"] != "rows" or list(frame["rows"]) != [str(candidate.pk)]:
        raise RuntimeError(f"the change of one candidate is told by {frame}")
    return len(as_text(frame).encode())


def _count(person: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = person.get(person.board)
    if answer.status_code != 200:
        raise RuntimeError(f"the board is answered {answer.status_code}")
    statements = [each["sql"] for each in captured.captured_queries]
    return sum(not statement.upper().startswith(NO_QUERY) for statement in statements)


def _reader(room: Room) -> Client:
    person = Client(SERVER_NAME="localhost", headers={"accept": "text/html"})
    person.cookies["sessionid"] = room.supervisors[0].login
    person.board = f"/surveillance/{room.number}/"
    return person


def _pass_the_end(candidate: Candidate) -> None:
    """Its hour has passed, and the timekeeper has told so."""
    Timer.objects.filter(candidate=candidate).update(ends_at=clock.now())
    duties.note_overtime()


def _candidate(room: Room, at: int) -> Candidate:
    rows = Candidate.objects.with_facts().select_related("session__center")
    return rows.get(pk=room.candidates[at].pk)


def _seat(candidate: Candidate) -> Seat:
    return Seat(candidate.pk, candidate.seat)


def _answer(candidate: Candidate) -> None:
    answering.answer(candidate, _seat(candidate), candidate.question, "")
