"""What the documents of a room of 60 candidates cost: CPU of this process for each, all told.

The day they tell of has an incident and some minutes for half of the candidates, two pauses, a
suspicion of fraud, and words of both supervisors.
"""

import statistics
from collections.abc import Callable
from time import process_time

from candidates import services
from candidates.models import Candidate
from incidents import documents, papers, remark_services
from incidents import services as incidents
from sessions_app import kit
from sessions_app.models import Session, User

from . import rooms
from .ground import Bench
from .report import Result

CANDIDATES, FIRST = 60, 4000
ROUNDS, QUICK_ROUNDS = 15, 5
GOAL_MS = 100.0  # for the PV
WORDS = "La salle a été calme, à part une coupure du réseau vers 10 h. " * 4


def run(bench: Bench) -> Result:
    assert bench.people
    filled = rooms.fill(1, first=FIRST, candidates=CANDIDATES).rooms[0]
    session = Session.objects.select_related("center").get(pk=filled.pk)
    _live(session, [User.objects.get(pk=each.pk) for each in filled.supervisors])
    prints: dict[str, Callable[[], bytes]] = {
        "pv": lambda: documents.print_report(session),
        "annex": lambda: documents.fraud_pdf(session),
        "attendance": lambda: papers.attendance_pdf([session]),
        "room": lambda: papers.room_pdf(session),
        "kit": lambda: kit.kits_pdf([session], "http://localhost"),
    }
    taken: dict[str, list[float]] = {name: [] for name in prints}
    for _ in range(1 + (QUICK_ROUNDS if bench.quick else ROUNDS)):
        for name, make in prints.items():
            began = process_time()
            make()
            taken[name].append(1000 * (process_time() - began))
    counted = {f"first_{name}_ms": times[0] for name, times in taken.items()}
    medians = {f"{name}_ms": statistics.median(times[1:]) for name, times in taken.items()}
    value = medians["pv_ms"]
    goal = f"≤ {GOAL_MS:.0f} ms of CPU for a PV of {CANDIDATES} candidates"
    return Result(round(value, 1), goal, value <= GOAL_MS, medians | counted)


def _live(session: Session, users: list[User]) -> None:
    one, other = users
    people = list(Candidate.objects.filter(session=session).order_by("pk"))
    for reason in ("Alarme incendie", "Coupure du réseau"):
        services.pause_room(session, user=one, reason=reason)
        services.resume_room(session, user=other)
    for number, person in enumerate(people[::2]):
        category, question = (("E1", 3), ("C7", None), ("E9", 12))[number % 3]
        noted = {"category": category, "question": question, "text": "Écran resté blanc."}
        incidents.note_incident(person, user=users[number % 2], **noted)
        services.add_time(person, user=one, minutes=5, reason="Incident technique")
    incidents.note_incident(people[1], user=other, category="C6", text="Un téléphone allumé.")
    for user in users:
        remark_services.save_remark(session, user=user, text=WORDS)
