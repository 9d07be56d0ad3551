"""A whole session with 28 candidates, lived through the product's own services.

Alerts, a suspicion of fraud, a pause, two disconnections with time given back, three tests ended
for lack of time, one person who never came; the hours are those of a moved clock.
"""

from candidates import answering, presence, seat_services, services
from candidates.models import Candidate
from incidents import entry_services
from incidents import services as incidents
from sessions_app import clock
from sessions_app.models import Session
from tests import factories

HANDICAP = "dyslexie sévère"  # typed as a reason of added time: must stand nowhere


class WholeSession:
    """`people[0]` never comes; `room` and its two supervisors are ready to be read."""

    def __init__(self, db_clock):
        self.clock = db_clock
        self.room = factories.session()
        self.by = factories.supervisor(self.room, name="Mme Lefèvre")
        self.other = factories.supervisor(self.room, name="M. Diallo")
        names = [f"Nom{number:02}" for number in range(28)]
        self.people = [self._enrolled(number, name) for number, name in enumerate(names)]
        self._start()
        self._alerts()
        self._loses_two()
        self._room_is_paused()
        self._time()
        self._day()
        self._end()
        self.room = Session.objects.select_related("center").get(pk=self.room.pk)

    def _enrolled(self, number: int, name: str) -> Candidate:
        percent = 33 if number % 9 == 5 else 0
        return factories.candidate(self.room, birth_name=name, extra_time_percent=percent)

    def fresh(self, number: int) -> Candidate:
        return factories.fresh(self.people[number])

    def seat(self, number: int):
        return factories.seat_of(self.people[number])

    def later(self, minutes: int = 2) -> None:
        self.clock.forward(minutes=minutes, seconds=7)

    def _start(self) -> None:
        for number in range(1, 28):
            seat_services.join(self.fresh(number), self.seat(number))
        self.later()
        for number in range(1, 28):
            services.authorize_start(self.fresh(number), user=self.by)
            seat_services.start(self.fresh(number), self.seat(number))
        self.later()
        for number in range(1, 15):
            answering.answer(self.fresh(number), self.seat(number), 1, "a")

    def _alerts(self) -> None:
        for number in (2, 3, 4):
            incidents.raise_alert(self.fresh(number), self.seat(number), subject="page")
        self.later(3)
        accepted = {"user": self.by, "category": "E11", "text": "Page blanche."}
        incidents.accept_alert(self.fresh(2), minutes=3, **accepted)
        incidents.accept_alert(self.fresh(3), **accepted)
        incidents.reject_alert(self.fresh(4), user=self.other, minutes=4)
        self.later()
        incidents.note_incident(self.fresh(6), user=self.other, category="C6", text="Téléphone.")
        hour = self.clock.now().astimezone(self.room.zone).time()
        later = {"user": self.by, "category": "E8", "question": 2, "hour": hour}
        incidents.note_incident(self.fresh(5), **later)
        incidents.note_room_incident(self.room, user=self.by, category="C7", text="Réseau lent.")
        incidents.note_incident(self.fresh(7), user=self.by, category="C8", text="Malaise.")
        line = self.room.incidents.get(category="C8")
        fixed = {"category": "C8", "text": "Saignement de nez."}
        incidents.correct_incident(self.room, incident=line, user=self.other, **fixed)
        incidents.note_incident(self.fresh(8), user=self.by, category="C7", text="Souris.")
        line = self.room.incidents.get(candidate=self.people[8])
        incidents.withdraw_incident(self.room, incident=line, user=self.by)

    def _loses_two(self) -> None:
        for number in (9, 10):
            self.later()
            presence.leave(self.people[number].pk, clock.now(), node="")
            self.later(4)
            presence.come_back(self.fresh(number), self.seat(number))
            services.authorize_resume(self.fresh(number), user=self.by, minutes=5)

    def _room_is_paused(self) -> None:
        services.pause_room(self.room, user=self.other, reason="Alarme incendie")
        self.later(7)
        services.resume_room(self.room, user=self.by)
        self.later()

    def _time(self) -> None:
        services.add_time(self.fresh(11), user=self.by, minutes=10, reason=HANDICAP)
        services.add_time(self.fresh(12), user=self.by, minutes=15, reason="Temps majoré")
        services.undo_time(self.fresh(12), user=self.other)
        self.later()
        for number in range(1, 28):
            services.add_time(self.fresh(number), user=self.by, minutes=2)
        self.later()

    def _day(self) -> None:
        note = entry_services.service_of
        note("late-arrival")(self.fresh(13), user=self.by)
        note("leave-room")(self.fresh(14), user=self.by)
        self.later()
        note("return-to-room")(self.fresh(14), user=self.other)
        note("signature-missing")(self.fresh(15), user=self.by)
        note("correct-identity")(self.fresh(16), user=self.by, text="Prénom : Aïda.")

    def _end(self) -> None:
        for number in (17, 18, 19):
            services.end_test(self.fresh(number), user=self.by, reason="Temps écoulé")
        for number in (*range(1, 17), *range(20, 28)):
            seat_services.finish(self.fresh(number), self.seat(number))
        entry_services.service_of("mark-absent")(self.fresh(0), user=self.by)
