"""Who the people of the bench are, and what lets them in."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seated:
    """A candidate in the middle of the test; `seat` is the value of the cookie."""

    pk: int
    seat: str


@dataclass(frozen=True)
class Supervisor:
    """`login` is the value of the session cookie."""

    pk: int
    email: str
    login: str


@dataclass(frozen=True)
class Room:
    pk: int
    number: str
    supervisors: list[Supervisor]
    candidates: list[Seated]


@dataclass(frozen=True)
class People:
    """`answers[question - 1]`: a valid answer to each question, as the page sends it."""

    rooms: list[Room]
    answers: list[list[str]]

    def write(self, path: Path) -> None:
        """For the load generator, which knows nothing of Django."""
        path.write_text(json.dumps(asdict(self)))
