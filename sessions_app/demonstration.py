"""The data of a demonstration: a centre, three accounts, a session with its candidates.

Made afresh at each call beside what is already there; passwords are new each time and are
given to the caller only.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from allauth.account.models import EmailAddress
from django.db import transaction

from . import roles
from .memberships import Role
from .models import Center, Session, User

CENTER = "DEMO"
SUPERVISOR, COLLEAGUE, ADMIN = (
    "surveillante@demo.example",
    "collegue@demo.example",
    "admin@demo.example",
)
TRIAL_CANDIDATES = 3

# Birth name, first name, extra time in percent.
PEOPLE = [
    ("Abadie", "Noémie", 0),
    ("Ait-Ouali", "Yanis", 0),
    ("Bérenger", "Chloé", 0),
    ("Bouchard", "Théo", 33),
    ("Cardoso da Silva", "Inês", 0),
    ("Chevalier", "Anaïs", 0),
    ("D’Aubigné", "Paul", 0),
    ("De La Fontaine", "Côme", 15),
    ("Diallo", "Aïssatou", 0),
    ("Ferrand", "Jean-Baptiste", 0),
    ("Gonçalves", "Lucía", 0),
    ("Guérin", "Maëlys", 0),
    ("Haddad", "Sofiane", 0),
    ("Hoarau", "Marie-Ange", 33),
    ("Jørgensen", "Søren", 0),
    ("Kaya", "Zeynep", 0),
    ("Kowalczyk", "Łucja", 0),
    ("L’Hénaff", "Gwenaël", 0),
    ("Le Goff", "Enora", 0),
    ("Lefèvre", "Éloïse", 0),
    ("Martin", "Louis", 0),
    ("Martin", "Louise", 0),
    ("N’Diaye", "Fatou", 0),
    ("Nguyễn", "Léa", 0),
    ("O’Connor", "Liam", 15),
    ("Ravalomanana", "Tiana", 0),
    ("Saint-Exaltier", "Zoé", 0),
    ("Žukauskas", "Ona", 0),
]


@dataclass(frozen=True)
class Login:
    """An account with the password it has just been given, in clear."""

    email: str
    password: str


@dataclass(frozen=True)
class Demonstration:
    """`room` is the session to watch, `trial` a small one to try things out in."""

    supervisor: Login
    colleague: Login
    admin: Login
    room: Session
    trial: Session


@transaction.atomic
def prepare(*, candidates: int, duration_minutes: int) -> Demonstration:
    """Effects, in order: the centre and its accounts are made or renewed, two new sessions of
    today are made, with `candidates` and with three people enrolled."""
    center, _ = Center.objects.get_or_create(
        external_id=CENTER, defaults={"name": "Lycée de démonstration"}
    )
    supervisor = _renew(SUPERVISOR, "Camille Roussel")
    colleague = _renew(COLLEAGUE, "Dominique Petit (simulé)")
    admin = _renew(ADMIN, "Administration", is_staff=True, is_superuser=True)
    for login in (supervisor, colleague, admin):
        role = Role.ADMINISTRATOR if login is admin else Role.SUPERVISOR
        roles.give(center, User.objects.get(email=login.email), role)
    room = _session(center, "Salle informatique 1", duration_minutes)
    trial = _session(center, "Salle d’essai", 105)
    _enrol(room, candidates)
    _enrol(trial, TRIAL_CANDIDATES)
    return Demonstration(supervisor, colleague, admin, room, trial)


def _renew(email: str, name: str, **rights: bool) -> Login:
    user, _ = User.objects.update_or_create(
        email=email, defaults={"name": name, "is_active": True, **rights}
    )
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return Login(email, password)


def _session(center: Center, room: str, duration_minutes: int) -> Session:
    now = datetime.now(Session(center=center).zone)
    return Session.objects.create(
        center=center,
        site="Lycée de démonstration",
        room=room,
        date=now.date(),
        start_time=now.time().replace(second=0, microsecond=0),
        supervisors="Camille Roussel ; Dominique Petit",
        duration_minutes=duration_minutes,
    )


def _enrol(session: Session, count: int) -> None:
    for index in range(count):
        lap, place = divmod(index, len(PEOPLE))
        birth_name, first_name, percent = PEOPLE[place]
        if lap:  # more people than names: each lap gives everyone another first name
            first_name = PEOPLE[(place + lap) % len(PEOPLE)][1]
        session.candidates.create(
            birth_name=birth_name,
            first_name=first_name,
            birthdate=date(2008, 1, 5) + timedelta(days=index * 37),
            external_id=f"D{index + 1:04}",
            extra_time_percent=Decimal(percent),
        )
