"""`/surveillance/<number>/journal/`: who did what and when, newest first."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET

from . import access
from .event_names import FROM_THEIR_PAGE, name_of
from .event_sentences import KINDS, details
from .models import Session, SessionEvent, User

PAGE = 100  # events


@dataclass(frozen=True)
class Choice:
    """What is chosen of the journal. What cannot be read in the address chooses nothing."""

    candidate: int | None = None
    kind: str = ""
    supervisor: int | None = None
    before: int | None = None  # version
    with_answers: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> "Choice":
        kind = query.get("genre", "")
        return cls(
            _number(query, "candidat"),
            kind if kind in KINDS else "",
            _number(query, "surveillant"),
            _number(query, "avant"),
            query.get("reponses") == "1",
        )

    @property
    def is_narrow(self) -> bool:
        return bool(self.candidate or self.kind or self.supervisor or self.with_answers)

    def of_session(self, session: Session) -> QuerySet[SessionEvent]:
        events = session.events.select_related("user", "candidate").order_by("-version")
        if self.candidate is not None:
            events = events.filter(candidate_id=self.candidate)
        if self.supervisor is not None:
            events = events.filter(user_id=self.supervisor)
        if self.kind:
            events = events.filter(type__in=KINDS[self.kind][1])
        if self.before is not None:
            events = events.filter(version__lt=self.before)
        return events if self.with_answers else events.exclude(type__in=FROM_THEIR_PAGE)

    def address(self, before: int | None = None) -> str:
        """Of the same choice: what comes before that version, or the newest."""
        chosen = {
            "candidat": self.candidate,
            "genre": self.kind,
            "surveillant": self.supervisor,
            "reponses": "1" if self.with_answers else "",
            "avant": before,
        }
        return "?" + urlencode({name: value for name, value in chosen.items() if value})


def _number(query: QueryDict, name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


@access.account_required
@require_GET
def show(request: HttpRequest, number: str) -> HttpResponse:
    session = access.supervised_session(request.user, number)
    choice = Choice.of(request.GET)
    events = list(choice.of_session(session)[: PAGE + 1])
    for event in events:
        event.name, event.details = name_of(event.type), details(event.data)
    supervisors = User.objects.filter(accesses__session=session).order_by("name", "email")
    context = {
        "session": session,
        "events": events[:PAGE],
        "older": choice.address(events[PAGE - 1].version) if len(events) > PAGE else "",
        "newest": choice.address() if choice.before else "",
        "choice": choice,
        "kinds": [(kind, label) for kind, (label, _) in KINDS.items()],
        "candidates": session.candidates.all(),
        "supervisors": supervisors,
    }
    return render(request, "sessions_app/journal.html", context)
