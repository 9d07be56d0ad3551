"""People and rooms for the tests: real rows, made through the product's own services."""

import itertools
from datetime import date, time, timedelta

from allauth.account.models import EmailAddress
from django.utils.timezone import localdate

from candidates import seat_services, services
from candidates.access import Seat
from candidates.models import Candidate
from sessions_app import codes, roles
from sessions_app.memberships import Role
from sessions_app.models import Center, Session, SupervisorAccess, User

PASSWORD = "un-long-mot-de-passe"
_numbers = itertools.count(1)


def user(email: str | None = None, *, admin: bool = False, **fields) -> User:
    email = email or f"surveillante{next(_numbers)}@example.org"
    create = User.objects.create_superuser if admin else User.objects.create_user
    person = create(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def center(**fields) -> Center:
    fields = {"name": "Collège Jean-Moulin", "external_id": f"c{next(_numbers)}"} | fields
    return Center.objects.create(**fields)


def head(*centers: Center) -> User:
    """An administrator of these centres."""
    person = user()
    for each in centers:
        roles.give(each, person, Role.ADMINISTRATOR)
    return person


def session(**fields) -> Session:
    fields = {
        "site": "Collège Jean-Moulin",
        "room": "Salle informatique 1",
        # Yesterday: its supervisors reach it now, at whatever hour the tests run.
        "date": localdate() - timedelta(days=1),
        "start_time": time(0, 30) if "date" in fields else time(8, 30),
        "supervisors": "Mme Lefèvre",
        # In a form by which `canaries` knows them, wherever they come out.
        "access_code": "QZX" + codes.new_code(3),
        "supervisor_code": "QZXW" + codes.new_code(4),
    } | fields
    if "center" not in fields:
        fields["center"] = center()
    return Session.objects.create(state=Session.State.OPEN, **fields)


def supervisor(room: Session, **fields) -> User:
    person = user(**fields)
    SupervisorAccess.objects.create(session=room, user=person)
    return person


def candidate(room: Session, **fields) -> Candidate:
    number = next(_numbers)
    fields = {
        "birth_name": f"Durand {number:04}",
        "first_name": "Élise",
        "birthdate": date(2010, 4, 23),
    } | fields
    return fresh(Candidate.objects.create(session=room, **fields))


def fresh(person: Candidate) -> Candidate:
    """The candidate as the database has it now, with facts."""
    rows = Candidate.objects.with_facts().select_related("session__center")
    return rows.get(pk=person.pk)


def seat_of(person: Candidate) -> Seat:
    return Seat(person.pk, f"seat-{person.pk}")


def waiting(room: Session, **fields) -> Candidate:
    """In the waiting room, asking to start."""
    person = candidate(room, **fields)
    seat_services.join(person, seat_of(person))
    return fresh(person)


def running(room: Session, by: User, **fields) -> Candidate:
    """In the middle of the test, first question."""
    person = waiting(room, **fields)
    services.authorize_start(person, user=by)
    seat_services.start(fresh(person), seat_of(person))
    return fresh(person)


def finished(room: Session, by: User, **fields) -> Candidate:
    person = running(room, by, **fields)
    seat_services.finish(person, seat_of(person))
    return fresh(person)
