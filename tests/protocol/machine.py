"""The protocol as a state machine: two supervisors, three tabs, two processes, everything fails.

The writes go through the real addresses, the frames come from the real hub; between them and
the tabs stands a wire that loses, doubles and reorders. Each example is one transaction of the
database, undone at its end.
"""

import asyncio
import contextlib
import logging
import sys
from collections import Counter
from datetime import timedelta
from unittest import mock

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sessions_app import board, clock
from sessions_app.refusals import Refusal
from tests import factories

from .history import History
from .process import Process, announcing, keeping_boards, reading_at_once, rendering_once
from .tab import Intention, Row, Tab
from .world import MOVES, Crash, World, dying_at, undone_at_the_end

BODIES = {"accept-alert": {"category": "E11"}}
# What becomes of a POST: answered; its reply lost; sent twice by a double click; or the process
# dies at its n-th write: before the commit or, when there are fewer writes, right after it.
FATES = ("answered", "answered", "answered", "doubled", "reply lost", 4, 5, 6, 9)
HEARD = ((0, 1), (0, 1), (0,), (1,), ())  # which processes an announcement reaches

fates = st.sampled_from(FATES)
some = st.integers(0, 11)  # which one, of those there are


def _offered(row: Row) -> list[str]:
    """What a person may try on a row that shows this."""
    undo = ["undo-time"] if row.has_grant else []
    if row.state == "finished":
        return ["add-time", "end-test"]
    if row.state == "not_started":
        start = "withdraw-start" if "authorized" in row.flags else "authorize-start"
        return [start, "add-time", *undo]
    answers = ["accept-alert", "reject-alert"] if "alert" in row.flags else []
    resume = ["authorize-resume"] if {"away", "asks-resume"} & row.flags else []
    return [*answers, *resume, *undo, "add-time", "end-test"]


class Protocol(RuleBasedStateMachine):
    """Bound to a `World` by a subclass; `tab_class` and `counts` are the subclass's own too."""

    world: World
    tab_class: type[Tab] = Tab
    counts: Counter = Counter()

    def __init__(self):
        super().__init__()
        self.ahead, self.epochs, self.backup = timedelta(), 0, None
        self.around = contextlib.ExitStack()
        self.around.enter_context(undone_at_the_end())
        self.around.enter_context(reading_at_once())
        self.around.enter_context(rendering_once())
        self.around.enter_context(keeping_boards())
        told = self.around.enter_context(announcing())
        real = clock.told

        def told_ahead(value):
            return real(value) + self.ahead

        self.around.enter_context(mock.patch.object(clock, "told", told_ahead))
        self.around.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.WARNING)  # a refusal is no news here
        loop = asyncio.new_event_loop()
        self.around.callback(loop.close)
        pk = self.world.room.pk
        self.history = History(pk, self.world.page)
        self.processes = [Process(pk, loop, told), Process(pk, loop, told)]
        first, second = self.world.supervisors
        self.owners = (first, first, second)
        self.tabs = [self.tab_class.load(self.world.page) for _ in self.owners]
        self.wires = [self.processes[index].wire() for index in (0, 1, 1)]
        for wire in self.wires:
            wire.open()

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:
                self.everything_comes_right()
        finally:
            self.around.close()

    # People

    @rule(tab=st.integers(0, 1), candidate=some, which=some, fate=fates, heard=some)
    def supervisor_clicks(self, tab, candidate, which, fate, heard):
        self.click(tab, candidate, which, fate, heard)

    @rule(candidate=some, which=some, fate=fates, heard=some)
    def colleague_clicks(self, candidate, which, fate, heard):
        self.click(2, candidate, which, fate, heard)

    @rule(candidate=some, which=some, other=some, fate=fates, heard=some)
    def both_click_at_once(self, candidate, which, other, fate, heard):
        """On the same candidate, neither knowing of the other."""
        self.click(0, candidate, which, fate, heard)
        self.click(2, candidate, other, fate, heard)

    @rule(tab=some, fate=fates, heard=some)
    def supervisor_suspends_or_resumes_the_room(self, tab, fate, heard):
        tab = tab % len(self.tabs)
        action = "resume-room" if self.tabs[tab].shown.is_suspended else "pause-room"
        self.send(tab, self.tabs[tab].click(self.world.path(action), action), fate, heard)

    @precondition(lambda self: any(tab.pending for tab in self.tabs))
    @rule(which=some, fate=fates, heard=some)
    def tab_sends_again(self, which, fate, heard):
        pending = [(n, each) for n, tab in enumerate(self.tabs) for each in tab.pending]
        self.counts["sent again"] += 1
        self.send(*pending[which % len(pending)], fate, heard)

    @rule(candidate=some, which=some, heard=some)
    def candidate_moves(self, candidate, which, heard):
        candidate = factories.fresh(self.world.candidates[candidate % len(self.world.candidates)])
        moves = MOVES[candidate.state]
        with contextlib.suppress(Refusal):
            moves[which % len(moves)](candidate)
        if self.history.witness():
            self.announce(heard)

    # The wire

    @precondition(lambda self: self.loaded)
    @rule(wire=some, frame=some)
    def frame_arrives(self, wire, frame):
        """Not always the oldest: this is also how frames are reordered."""
        number = self.loaded[wire % len(self.loaded)]
        frames = self.wires[number].frames
        self.counts["frames reordered"] += frame % len(frames) > 0
        self.deliver(number, frames.pop(frame % len(frames)))

    @precondition(lambda self: self.loaded)
    @rule(wire=some)
    def all_frames_arrive(self, wire):
        self.deliver_all(self.loaded[wire % len(self.loaded)])

    @precondition(lambda self: self.loaded)
    @rule(wire=some, frame=some, how=st.sampled_from(("dropped", "doubled")))
    def frame_is_dropped_or_doubled(self, wire, frame, how):
        frames = self.wires[self.loaded[wire % len(self.loaded)]].frames
        if how == "doubled":
            frames.append(frames[frame % len(frames)])
        else:
            frames.pop(frame % len(frames))
        self.counts[f"frames {how}"] += 1

    @precondition(lambda self: any(wire.received for wire in self.wires))
    @rule(wire=some, frame=some)
    def copy_arrives_late(self, wire, frame):
        """Of a frame that has long been received."""
        numbers = [number for number, each in enumerate(self.wires) if each.received]
        number = numbers[wire % len(numbers)]
        received = self.wires[number].received
        self.deliver(number, received[frame % len(received)])
        self.counts["frames doubled"] += 1

    @rule(tab=some, page=st.booleans())
    def connection_is_lost_or_back(self, tab, page):
        """With `page`, the person loads it again: what was pending is as the screen tells."""
        tab = tab % len(self.tabs)
        wire = self.wires[tab]
        if wire.is_open:
            wire.close()
            self.counts["sockets closed"] += 1
        elif page:
            self.tabs[tab] = self.tab_class.load(board.whole(self.world.room.pk))
            wire.open(self.tabs[tab].shows)
        else:
            wire.open(self.tabs[tab].shows)

    @rule(process=st.integers(0, 1), step=st.sampled_from((Process.look, Process.beat)))
    def process_looks_or_beats(self, process, step):
        step(self.processes[process])

    # The database and the clock

    @rule()
    def database_is_saved_or_restored(self):
        """Restored, it is as it was at the backup, and what follows has another name."""
        if not self.backup or self.backup[1].version == self.history.facts.version:
            self.backup = transaction.savepoint(), self.history.saved()
            return
        savepoint, facts = self.backup
        transaction.savepoint_rollback(savepoint)
        self.epochs += 1
        self.world.restart_history(self.epochs)
        self.history.restored(facts)
        self.counts["epoch changes"] += 1

    @rule(minutes=st.sampled_from((1, 5, 20)), kept=some)
    def time_passes_and_the_log_is_pruned(self, minutes, kept):
        self.ahead += timedelta(minutes=minutes)
        upto = self.history.facts.version - kept
        if upto > self.history.facts.log_starts_after:
            self.world.prune_log(upto)
            self.history.facts.log_starts_after = upto
            self.counts["logs pruned"] += 1

    # What holds after each step

    @invariant()
    def every_screen_is_true(self):
        self.counts["steps"] += 1
        for tab in self.tabs:
            self.history.check_screen(tab)

    def everything_comes_right(self):
        """A clean wire, an answer to what is pending, one look, one heartbeat: all is exact."""
        for number, tab in enumerate(self.tabs):
            wire = self.wires[number]
            wire.frames.clear()
            if not wire.is_open:
                wire.open(tab.shows)
            for each in tab.pending:
                self.send(number, each, "answered", heard=0)
            assert not tab.pending
        for step in (Process.look, Process.beat):
            for process in self.processes:
                step(process)
            for number in range(len(self.tabs)):
                self.deliver_all(number)
        for tab in self.tabs:
            self.history.check_up_to_date(tab)
        self.history.check_time()
        self.history.check_log()
        self.counts["examples"] += 1

    # The means

    @property
    def loaded(self) -> list[int]:
        return [number for number, wire in enumerate(self.wires) if wire.frames]

    def deliver(self, number: int, frame: dict) -> None:
        tab = self.tabs[number]
        before = tab.epoch, tab.version
        self.wires[number].received.append(frame)
        self.wires[number].ask(tab.receive(frame))
        assert tab.epoch != before[0] or tab.version >= before[1], "a screen went back in time"
        self.counts["frames applied"] += (tab.epoch, tab.version) != before

    def deliver_all(self, number: int) -> None:
        left = 100
        while self.wires[number].frames:
            self.deliver(number, self.wires[number].frames.pop(0))
            left -= 1
            assert left, "the tab asks, the server answers, and it never ends"

    def announce(self, heard: int) -> None:
        for number in HEARD[heard % len(HEARD)]:
            self.processes[number].hear(self.history.facts.version)

    def click(self, tab: int, candidate: int, which: int, fate: str | int, heard: int) -> None:
        pk = self.world.candidates[candidate % len(self.world.candidates)].pk
        offered = _offered(self.tabs[tab].shown.rows[pk])
        action = offered[which % len(offered)]
        minutes = {"add-time": 1 + candidate, "authorize-resume": candidate % 3}
        body = {"minutes": minutes[action]} if action in minutes else BODIES.get(action, {})
        path = self.world.path(action, pk)
        self.send(tab, self.tabs[tab].click(path, action, pk, **body), fate, heard)

    def send(self, number: int, intention: Intention, fate: str | int, heard: int) -> None:
        reply = None
        for _ in range(2 if fate == "doubled" else 1):
            reply = self.post(number, intention, fate, heard)
        if reply and fate != "reply lost":
            self.tabs[number].hear_answer(intention, *reply)
        self.counts["double clicks"] += fate == "doubled"
        self.counts["replies lost"] += reply is not None and fate == "reply lost"

    def post(self, number: int, intention: Intention, fate, heard) -> tuple[int, dict] | None:
        """One POST to the real address; None when the process died before its reply."""
        owner, dies = self.owners[number], fate if isinstance(fate, int) else None
        body = self.tabs[number].repeat(intention)
        status, answer = None, {}
        try:
            with dying_at(dies):
                response = owner.browser.post(intention.path, body)
            status, answer = response.status_code, response.json()
        except Crash:
            self.counts["crashes before the commit"] += 1
        if dies:
            status = None
        is_done = self.history.judge(intention, owner.user, status, answer)
        self.counts["commands"] += 1
        self.counts["commands applied"] += is_done
        self.counts["crashes after the commit"] += bool(is_done and dies)
        if is_done and not dies:
            self.announce(heard)
        return (status, answer) if status else None
