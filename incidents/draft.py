"""The PV as it writes itself: drafted from the journal and the incidents, at any moment."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils import translation

from candidates.models import Candidate
from candidates.states import State
from sessions_app import board
from sessions_app.former_reports import FormerReport
from sessions_app.models import Session, SessionEvent

from . import lived
from .categories import FRAUD
from .entries import EVENTS
from .models import Incident, IncidentReport
from .report import Counts, Entry, Facts, Kind, Paragraph, Person, Remark, Report, Signature

# Events that are, or may hold, a change of the time of one candidate.
TIME = {
    "time_added": (Kind.TIME_ADDED, "Temps ajouté"),
    "time_undone": (Kind.TIME_UNDONE, "Ajout de temps annulé"),
    "resume_authorized": (Kind.TIME_BACK, "Temps rendu après une déconnexion"),
    "alert_accepted": (Kind.TIME_BACK, "Temps rendu après un signalement"),
    "alert_rejected": (Kind.TIME_BACK, "Temps rendu après un signalement"),
}
ABSENT = "marked_absent"
REOPENED = "session_reopened"
READ = {REOPENED, *TIME, *lived.EVENTS, *EVENTS, "joined", "test_started", "test_ended"}
NOBODY = "automatique"


def draft(session: Session) -> Report:
    """The PV of a session (its centre at hand), in the same few queries whatever it holds.

    Each incident and each change of time stands in it once: as an entry, or, when the whole
    room had it, in a paragraph. Nothing else of the journal does.
    """
    with board.snapshot(), translation.override("fr"):
        return _Draft(session).report()


def former(session: Session) -> list[FormerReport]:
    """The signed PV that reopenings have replaced, oldest first, without their bytes."""
    found = FormerReport.objects.filter(session=session).select_related("reopened_by", "signed_by")
    reports = list(found.defer("pdf").order_by("rank"))
    for report in reports:
        report.session = session
    return reports


class _Draft:
    """What was read of one session, and how it is told."""

    def __init__(self, session: Session):
        self.session, self.zone = session, session.zone
        self.rows = list(session.candidates.all())
        self.people = {row.pk: Person(row.pk, row.display_name) for row in self.rows}
        read = session.events.filter(type__in=READ).select_related("user")
        self.events = list(read.order_by("version"))
        self.incidents = list(session.incidents.select_related("author"))
        self.remarks = list(session.pv_remarks.exclude(text="").select_related("author"))
        reports = IncidentReport.objects.filter(session=session).select_related("signed_by")
        self.signed = list(reports.defer("pdf"))
        # Asked for when the journal tells of one: a PV that never was costs no query.
        is_reopened = any(event.type == REOPENED for event in self.events)
        self.former = former(session) if is_reopened else []

    def report(self) -> Report:
        paragraphs = lived.paragraphs(self.events, self.people, self.zone)
        told = {version for each in paragraphs for version in each.versions}
        lines = [
            *self._incidents(),
            *self._changes_of_time(event for event in self.events if event.version not in told),
            *self._ended(),
            *self._noted(),
            *self._absent(),
        ]
        lines.sort(key=lambda entry: (entry.at, entry.noted_at))
        fraud = tuple(entry for entry in lines if entry.category == FRAUD)
        entries = tuple(entry for entry in lines if entry.category != FRAUD)
        shown = tuple(each.paragraph for each in paragraphs)
        return Report(
            session=self._facts(),
            people=tuple(sorted(self.people.values(), key=lambda person: person.name)),
            entries=entries,
            fraud=fraud,
            paragraphs=shown,
            remarks=tuple(
                Remark(each.author_id, str(each.author), each.text, self._local(each.changed_at))
                for each in self.remarks
            ),
            signatures=tuple(
                Signature(
                    each.signed_name,
                    each.signed_role,
                    str(each.signed_by),
                    self._local(each.signed_at),
                )
                for each in self.signed
            ),
            counts=self._counts(lines, shown),
            reopenings=tuple(each.sentence for each in self.former),
        )

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def _facts(self) -> Facts:
        session = self.session
        started = session.first_started_at
        return Facts(
            number=session.spaced_number,
            center=session.center.name,
            site=session.site,
            room=session.room,
            date=session.date,
            start_time=session.start_time,
            supervisors=session.supervisors,
            duration_minutes=session.duration_minutes,
            started_at=self._local(started) if started else None,
            is_final=session.state == Session.State.FINALIZED,
            version=session.version,
        )

    def _incidents(self) -> Iterator[Entry]:
        """The last version of each, with those that it corrects."""
        by_key = {incident.pk: incident for incident in self.incidents}
        replaced = {incident.corrects_id for incident in self.incidents}
        for incident in self.incidents:
            if incident.pk not in replaced:
                yield self._incident(incident, by_key)

    def _incident(self, incident: Incident, by_key: dict[int, Incident]) -> Entry:
        history: list[Entry] = []
        if incident.corrects_id:
            before = self._incident(by_key[incident.corrects_id], by_key)
            history = [*before.history, before]
        return Entry(
            at=self._local(incident.occurred_at),
            kind=Kind.INCIDENT,
            candidate=self.people.get(incident.candidate_id) if incident.candidate_id else None,
            what=incident.get_category_display(),
            author=str(incident.author),
            noted_at=self._local(incident.noted_at),
            category=incident.category,
            question=incident.question,
            text=incident.text,
            incident=incident.pk,
            is_withdrawn=incident.withdrawn,
            history=tuple(history),
        )

    def _changes_of_time(self, events: Iterable[SessionEvent]) -> Iterator[Entry]:
        for event in events:
            if event.type in TIME and event.data.get("minutes"):
                kind, what = TIME[event.type]
                yield self._entry(event, kind, what, minutes=event.data["minutes"])

    def _noted(self) -> Iterator[Entry]:
        """Those of the day; what is an incident, too, is told as the incident."""
        for event in self.events:
            if event.type in EVENTS and event.type != ABSENT and "incident" not in event.data:
                text = event.data.get("text", "")
                yield self._entry(event, Kind.NOTED, EVENTS[event.type].label, text=text)

    def _ended(self) -> Iterator[Entry]:
        reasons = {row.pk: row.end_reason for row in self.rows}
        for event in self.events:
            if event.type == "test_ended" and event.actor != SessionEvent.Actor.CANDIDATE:
                text = reasons[event.candidate_id]
                yield self._entry(event, Kind.ENDED, "Test non terminé", text=text)

    def _absent(self) -> Iterator[Entry]:
        for event in absences(self.events, self.rows).values():
            yield self._entry(event, Kind.ABSENT, EVENTS[ABSENT].label)

    def _entry(self, event: SessionEvent, kind: Kind, what: str, **values) -> Entry:
        at = event.data.get("at")
        return Entry(
            at=self._local(datetime.fromisoformat(at) if at else event.at),
            kind=kind,
            candidate=self.people[event.candidate_id],
            what=what,
            author=str(event.user) if event.user else NOBODY,
            noted_at=self._local(event.at),
            **values,
        )

    def _counts(self, lines: list[Entry], paragraphs: Iterable[Paragraph]) -> Counts:
        ended = [row.ended_by for row in self.rows if row.state == State.FINISHED]
        by_candidate = ended.count(Candidate.EndedBy.CANDIDATE)
        kinds = [entry.kind for entry in lines if not entry.is_withdrawn]
        times = (Kind.TIME_ADDED, Kind.TIME_UNDONE, Kind.TIME_BACK)
        for_all = sum(len(each.candidates) for each in paragraphs if each.minutes)
        return Counts(
            enrolled=len(self.rows),
            started=sum(row.state != State.NOT_STARTED for row in self.rows),
            finished=by_candidate,
            ended=len(ended) - by_candidate,
            absent=kinds.count(Kind.ABSENT),
            incidents=kinds.count(Kind.INCIDENT),
            time_changes=sum(kind in times for kind in kinds) + for_all,
        )


def absences(events: Iterable[SessionEvent], rows: Iterable[Candidate]) -> dict[int, SessionEvent]:
    """Who never came, by key, with the event that says so; who has joined since is not absent."""
    last: dict[int, SessionEvent] = {}
    for event in events:
        if event.type in {ABSENT, "joined"} and event.candidate_id:
            last[event.candidate_id] = event
    waiting = {row.pk for row in rows if row.state == State.NOT_STARTED}
    return {pk: event for pk, event in last.items() if event.type == ABSENT and pk in waiting}
