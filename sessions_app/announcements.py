"""What is announced with a commit: which sessions moved, and how far. Numbers only, no names.

As text, within what one NOTIFY carries: `12:345` for a session that has reached version 345,
`12:345:1f0c7a2e:343:77=9,78=4` when all that happened in the history whose epoch begins so,
since version 343, is that candidates 77 and 78 have come to questions 9 and 4; several sessions
are parted by `;`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

LONGEST = 7_900  # bytes; NOTIFY carries fewer than 8,000
HISTORY = 8  # signs of an epoch, enough to tell two of them apart


@dataclass(slots=True)
class Announcement:
    """`questions`: candidate → the question now open, when nothing else moved since `since`."""

    session_id: int
    version: int
    history: str = ""
    since: int | None = None
    questions: Mapping[int, int] = field(default_factory=dict)

    def __str__(self) -> str:
        moved = f"{self.session_id}:{self.version}"
        if self.since is None:
            return moved
        questions = ",".join(f"{candidate}={at}" for candidate, at in self.questions.items())
        whole = f"{moved}:{self.history}:{self.since}:{questions}"
        return whole if len(whole) <= LONGEST else moved

    def with_next(self, news: "Announcement") -> "Announcement | None":
        """Both as one, when each tells of answers only and nothing happened between them."""
        if self.since is None or (news.since, news.history) != (self.version, self.history):
            return None
        questions = {**self.questions, **news.questions}
        return Announcement(self.session_id, news.version, self.history, self.since, questions)


def written(announcements: Iterable[Announcement]) -> list[str]:
    """As few texts as carry them all."""
    texts: list[str] = []
    for each in map(str, announcements):
        if texts and len(texts[-1]) + len(each) < LONGEST:
            texts[-1] += f";{each}"
        else:
            texts.append(each)
    return texts


def read(text: str) -> Iterator[Announcement]:
    """Raises `ValueError` for what no process of ours has written."""
    for part in text.split(";"):
        session_id, version, *rest = part.split(":")
        if not rest:
            yield Announcement(int(session_id), int(version))
            continue
        history, since, moved = rest
        questions = {}
        for pair in moved.split(","):
            candidate, _, at = pair.partition("=")
            questions[int(candidate)] = int(at)
        yield Announcement(int(session_id), int(version), history, int(since), questions)
