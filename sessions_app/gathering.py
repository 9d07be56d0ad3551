"""Questions to the database that many sockets ask at once, answered together.

A whole building comes back in one second after a restart: one query for all who came while the
last one was under way, instead of one each.
"""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from . import hub_threads

Question = TypeVar("Question")
Answer = TypeVar("Answer")
# Is told the answer, or else what was raised.
Then = Callable[[Answer | None, Exception | None], None]
Told = tuple[Then, Any, Exception | None]

TOGETHER_SECONDS = 0.05  # the pause where a building that comes back is answered

logger = logging.getLogger(__name__)


class Gathering(Generic[Question, Answer]):
    """`await gathering(question)`: its answer, out of `answer_all(questions) -> answers`.

    Where many are asked and each waits for nothing else, `ask` spares them a task.

    `answer_all` runs in one of `threads` (those of the hub, unless told otherwise) and answers
    in the order of the questions. What it raises, all who asked get; who is answered with an
    exception gets that alone. While many ask, `pause`
    seconds pass between two groups: larger groups cost less, and a lone one waits for nothing. No
    group is larger than `most`.
    """

    def __init__(
        self,
        answer_all: Callable[[list[Question]], list[Answer]],
        threads: ThreadPoolExecutor | None = None,
        pause: float = 0,
        most: int = sys.maxsize,
    ):
        self._answer_all, self._threads, self._pause = answer_all, threads, pause
        self._most = most
        # Filled in the loop, emptied in a thread.
        self._waiting: deque[tuple[Question, Then[Answer]]] = deque()
        self._task: asyncio.Task | None = None

    async def __call__(self, question: Question) -> Answer:
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def tell(answer, error) -> None:
            if waiting.done():
                return  # whoever asked has gone
            if error:
                waiting.set_exception(error)
            else:
                waiting.set_result(answer)

        self.ask(question, tell)
        return await waiting

    def ask(self, question: Question, then: Then[Answer]) -> None:
        """In the loop of the hub; `then` is called there, and must not wait."""
        loop = asyncio.get_running_loop()
        self._waiting.append((question, then))
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._answer_waiting())

    async def _answer_waiting(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            _tell(await hub_threads.in_database(self._answer_groups, loop, threads=self._threads))
            if self._waiting and self._pause:
                await asyncio.sleep(self._pause)

    def _answer_groups(self, loop: asyncio.AbstractEventLoop) -> list[Told]:
        """In a thread, one group after the other as long as some wait: the loop tells one while the
        next is asked. The last is told by who asked for this."""
        while True:
            count = min(len(self._waiting), self._most)
            asked = [self._waiting.popleft() for _ in range(count)]
            told, is_well = self._answered(asked)
            # After a failure, another connection.
            if not self._waiting or not is_well or self._pause:
                return told
            loop.call_soon_threadsafe(_tell, told)

    def _answered(self, asked: list[tuple[Question, Then[Answer]]]) -> tuple[list[Told], bool]:
        """What each is told, and whether that is answers."""
        try:
            answers = self._answer_all([question for question, _ in asked])
        except Exception as error:
            return [(then, None, error) for _, then in asked], False
        told = zip([then for _, then in asked], answers, strict=True)
        return [
            (then, None, each) if isinstance(each, Exception) else (then, each, None)
            for then, each in told
        ], True


def _tell(told: list[Told]) -> None:
    for then, answer, error in told:
        try:
            then(answer, error)
        except Exception:
            logger.exception("an answer found nobody")  # the others get theirs
