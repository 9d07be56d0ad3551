"""Questions to the database that many sockets ask at once, answered together.

A whole building comes back in one second after a restart: one query for all who came while the
last one was under way, instead of one each.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from . import live

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Gathering(Generic[Question, Answer]):
    """`await gathering(question)`: its answer, out of `answer_all(questions) -> answers`.

    `answer_all` runs in one of `threads` (those of the hub, unless told otherwise) and answers
    in the order of the questions; what it raises, all who asked get.
    """

    def __init__(
        self,
        answer_all: Callable[[list[Question]], list[Answer]],
        threads: ThreadPoolExecutor | None = None,
    ):
        self._answer_all, self._threads = answer_all, threads
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task | None = None

    async def __call__(self, question: Question) -> Answer:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, answer))
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._answer_waiting())
        return await answer

    async def _answer_waiting(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, []
            try:
                questions = [each for each, _ in asked]
                answers = await live.in_database(self._answer_all, questions, threads=self._threads)
            except Exception as error:
                for _, waiting in asked:
                    if not waiting.done():
                        waiting.set_exception(error)
                continue
            for (_, waiting), answer in zip(asked, answers, strict=True):
                if not waiting.done():
                    waiting.set_result(answer)
