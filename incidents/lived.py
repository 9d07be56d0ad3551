"""What the whole room lived, told in one paragraph each: pauses, shared losses, time for all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sessions_app.event_sentences import spelled
from sessions_app.models import SessionEvent

from .report import Lived, Paragraph, Person

EVENTS = {"room_paused", "room_resumed", "connections_lost", "came_back", "resume_asked"}
GIVEN_TO_ALL = {
    "time_added": "{minutes} ont été ajoutées à chacun des {count} candidats.",
    "time_undone": "{minutes} ajoutées ont été annulées pour chacun des {count} candidats.",
}


@dataclass(frozen=True)
class Told:
    """A paragraph, and the versions of the changes of time that it stands for."""

    paragraph: Paragraph
    versions: tuple[int, ...] = ()


def paragraphs(
    events: Sequence[SessionEvent], people: Mapping[int, Person], zone: ZoneInfo
) -> list[Told]:
    """All of them by hour; `events` of one session in order, instants given in `zone`."""
    told = [
        *_pauses(events, zone),
        *_losses(events, people, zone),
        *_times_for_all(events, people, zone),
    ]
    return sorted(told, key=lambda each: each.paragraph.at)


def _pauses(events: Sequence[SessionEvent], zone: ZoneInfo) -> Iterator[Told]:
    ends = dict(_pairs(events))
    for event in events:
        if event.type != "room_paused":
            continue
        at = event.at.astimezone(zone)
        reason = f" Motif\u00a0: {event.data['reason']}." if event.data.get("reason") else ""
        end = ends.get(event.version)
        if end is None:
            text = f"La salle est suspendue depuis {at:%H:%M}.{reason}"
            yield Told(Paragraph(at, Lived.PAUSE, text))
            continue
        until, seconds = end.at.astimezone(zone), end.data["seconds"]
        text = (
            f"La salle a été suspendue de {at:%H:%M} à {until:%H:%M} ({spelled(seconds)}).{reason}"
            " Chacun a retrouvé le temps de la pause."
        )
        yield Told(Paragraph(at, Lived.PAUSE, text, until=until, seconds=seconds))


def _pairs(events: Sequence[SessionEvent]) -> Iterator[tuple[int, SessionEvent]]:
    """The version of each pause that is over, with the event that ended it."""
    started = None
    for event in events:
        if event.type == "room_paused":
            started = event.version
        elif event.type == "room_resumed" and started is not None:
            yield started, event
            started = None


def _losses(
    events: Sequence[SessionEvent], people: Mapping[int, Person], zone: ZoneInfo
) -> Iterator[Told]:
    for event in events:
        if event.type != "connections_lost":
            continue
        lost = tuple(people[pk] for pk in event.data["candidates"] if pk in people)
        at = datetime.fromisoformat(event.data["since"]).astimezone(zone)
        until = _all_back(event, events, zone)
        text = f"À {at:%H:%M}, {len(lost)} candidats ont perdu la connexion en même temps."
        if until:
            text += f" Le dernier était de retour à {until:%H:%M}."
        yield Told(Paragraph(at, Lived.LOSS, text, candidates=lost, until=until))


def _all_back(loss: SessionEvent, events: Sequence[SessionEvent], zone: ZoneInfo):
    """When the last of them was back; None while one is not, or has ended without coming back."""
    returns: dict[int, datetime] = {}
    for event in events:
        if event.version > loss.version and event.type in {"came_back", "resume_asked"}:
            returns.setdefault(event.candidate_id or 0, event.at)
    lost = loss.data["candidates"]
    if not all(pk in returns for pk in lost):
        return None
    return max(returns[pk] for pk in lost).astimezone(zone)


def _times_for_all(
    events: Sequence[SessionEvent], people: Mapping[int, Person], zone: ZoneInfo
) -> Iterator[Told]:
    """One action for everybody is one event each, side by side in the journal."""
    sitting: set[int] = set()
    run: list[SessionEvent] = []
    for event in [*events, None]:
        if event is not None and run and _goes_with(event, run[-1]):
            run.append(event)
            continue
        given = {each.candidate_id for each in run if each.candidate_id in people}
        if len(given) > 1 and sitting and given >= sitting:
            yield _time_for_all(run, people, zone)
        run = [event] if event is not None and event.type in GIVEN_TO_ALL else []
        if event is not None and event.type == "test_started":
            sitting.add(event.candidate_id or 0)
        elif event is not None and event.type == "test_ended":
            sitting.discard(event.candidate_id or 0)


def _goes_with(event: SessionEvent, before: SessionEvent) -> bool:
    is_next = event.version == before.version + 1
    is_same = (event.type, event.user_id) == (before.type, before.user_id)
    return is_next and is_same and event.data["minutes"] == before.data["minutes"]


def _time_for_all(
    run: Sequence[SessionEvent], people: Mapping[int, Person], zone: ZoneInfo
) -> Told:
    at, minutes = run[0].at.astimezone(zone), run[0].data["minutes"]
    given = tuple(people[event.candidate_id or 0] for event in run)
    sentence = GIVEN_TO_ALL[run[0].type].format(minutes=f"{minutes} min", count=len(given))
    text = f"À {at:%H:%M}, {sentence}"
    paragraph = Paragraph(at, Lived.TIME_FOR_ALL, text, candidates=given, minutes=minutes)
    return Told(paragraph, tuple(event.version for event in run))
