"""Every address of the site, with a scene for each: a room, its people, what they send."""

import re
import uuid
from functools import cached_property

from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from candidates import access, claims, seat_services, services
from incidents import closing
from incidents import services as incidents
from sessions_app.models import SupervisorAccess
from tests import factories

NAMES = ("Zylberstein", "ZYLBERSTEIN", "Quirinus", "QUIRINUS")
# Written by others, and guarded as a whole.
GROUPS = ("admin/", "compte/")


def patterns(resolver=None, prefix: str = "") -> list[tuple[str, str]]:
    """Every address of the site, with its name."""
    found = []
    for each in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            found += patterns(each, whole)
        else:
            found.append((whole, each.name))
    return found


PATTERNS = {name: path for path, name in patterns() if not path.startswith(GROUPS)}


# The scene of each address: the candidate as the action needs it


def ready(room, by):
    person = factories.waiting(room, **NAMED)
    services.authorize_start(person, user=by)
    return person


def running(room, by):
    return factories.running(room, by, **NAMED)


def with_time(room, by):
    person = running(room, by)
    services.add_time(person, user=by, minutes=5)
    return person


def asking_to_resume(room, by):
    person = running(room, by)
    seat_services.join(person, access.Seat(person.pk, "another-computer"))
    return person


def with_alert(room, by):
    person = running(room, by)
    incidents.raise_alert(person, factories.seat_of(person), subject="image")
    return person


def ended(room, by):
    person = running(room, by)
    services.end_test(person, user=by, reason="Temps écoulé")
    return person


def finalized(room, by):
    person = ended(room, by)
    closing.finalize(room, user=by, name="Zoé Roy", role="Surveillante")
    return person


def reopened(room, by):
    person = finalized(room, by)
    closing.reopen(room, user=by, reason="Oubli")
    return person


def with_incident(room, by):
    person = running(room, by)
    incidents.note_incident(person, user=by, category="C6")
    return person


def claimed(room, by):
    person = waiting(room, by)
    claims.claim(person, user=by)
    return person


def paused(room, by):
    services.pause_room(room, user=by)
    return waiting(room, by)


def waiting(room, by):
    return factories.waiting(room, **NAMED)


NAMED = {"birth_name": "Zylberstein", "first_name": "Quirinus"}
SCENES = {
    "withdraw-start": ready,
    "start": ready,
    "answer": running,
    "finish": running,
    "raise-alert": running,
    "end-test": running,
    "undo-time": with_time,
    "authorize-resume": asking_to_resume,
    "accept-alert": with_alert,
    "reject-alert": with_alert,
    "resume-room": paused,
    "fraud-pdf": with_incident,
    "explain-end": ended,
    "finalize": ended,
    "reopening": finalized,
    "former-report-pdf": reopened,
    **dict.fromkeys(("incident", "correct-incident", "withdraw-incident"), with_incident),
    "mark-absent": lambda room, by: factories.candidate(room, **NAMED),
    "release": claimed,
}
ADDED = {"birth_name": "Oubliée", "first_name": "Inès", "birthdate": "23/04/2010"}
BODIES = {
    "language": {"language": "en"},
    "add-candidate": ADDED,
    "add-time": {"minutes": "5", "reason": "Temps majoré"},
    "end-test": {"reason": "Temps écoulé"},
    "accept-alert": {"category": "E11"},
    "note-incident": {"category": "C6"},
    "note-room-incident": {"category": "C6"},
    "report": {"remarks": "Rien à signaler."},
    "answer": {"question": "1", "answer": "a"},
    "explain-end": {"reason": "Temps écoulé"},
    "reopening": {"reason": "Oubli.", "password": factories.PASSWORD},
    "finalize": {"name": "Zoé Roy", "role": "Surveillante", "password": factories.PASSWORD},
    "correct-incident": {"category": "C7", "text": "Souris cassée."},
    "correct-identity": {"text": "Né le 4 mai."},
    "leave-early": {"text": "Malade."},
    "raise-alert": {"subject": "image"},
}


class Scene:
    """One room with one named candidate, and a browser for each kind of person."""

    def __init__(self, route: str):
        self.route, self.action = route, route.removeprefix("group-")
        self.room = factories.session()
        self.supervisor = factories.supervisor(self.room)
        self.candidate = SCENES.get(self.action, waiting)(self.room, self.supervisor)

    def path(self) -> str:
        line = self.room.incidents.first()
        named = {"number": self.room.number, "candidate_id": self.candidate.pk}
        named["rank"] = 1
        named["center_id"] = self.room.center_id
        named["incident_id"] = line.pk if line else 0
        filled = re.sub(r"<\w+:(\w+)>", lambda m: str(named[m[1]]), PATTERNS[self.route])
        return "/" + filled

    def body(self) -> dict:
        body = {"idempotency_key": uuid.uuid4().hex, **BODIES.get(self.action, {})}
        if self.route.startswith("group"):
            body["candidate"] = self.candidate.pk
        if self.route == "entry":
            body |= {"supervisor_code": self.room.supervisor_code}
        if self.route == "join":
            body |= {
                "last_name": self.candidate.birth_name,
                "first_name": self.candidate.first_name,
                "birthdate": self.candidate.birthdate.isoformat(),
                "access_code": self.room.access_code,
            }
        return body | {"session_number": self.room.number}

    def browser(self, actor: str, **options) -> Client:
        browser = Client(**options)
        if actor == "candidate":
            browser.cookies["seat"] = seat_cookie(self.candidate)
        elif actor == "other candidate":
            browser.cookies["seat"] = seat_cookie(self.other_candidate)
        elif actor != "anonymous":
            browser.force_login(self.person(actor))
        return browser

    @cached_property
    def other_candidate(self):
        """Of a room of another centre, in the middle of a test of their own."""
        room = factories.session()
        return factories.running(room, factories.supervisor(room))

    def person(self, actor: str):
        if actor == "supervisor":
            return self.supervisor
        if actor == "admin":
            return factories.user(admin=True)
        if actor in {"head", "other head"}:
            return factories.head(self.room.center if actor == "head" else factories.center())
        if actor == "revoked":
            person = factories.supervisor(self.room)
            grants = SupervisorAccess.objects.filter(user=person)
            grants.update(revoked_at=timezone.now())
            return person
        return factories.supervisor(factories.session())


def seat_cookie(candidate) -> str:
    response = HttpResponse()
    access.give_seat(response, factories.seat_of(candidate))
    return response.cookies["seat"].value
