"""Who may be simulated, and how they type what the join page asks."""

import csv
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random

from ..models import Session

# As the mass-import file heads them, without its "* " and its notes in brackets.
COLUMNS = ("Nom de naissance", "Prénom", "Date de naissance")


class Unreadable(Exception):
    """A list that does not say who is enrolled; the text is one French sentence."""


@dataclass(frozen=True)
class Person:
    birth_name: str
    first_name: str
    birthdate: date
    candidate_id: int | None = None  # unknown when read from a file


def enrolled(session: Session) -> list[Person]:
    """The candidates of the session, in the order of the board."""
    return [
        Person(row.birth_name, row.first_name, row.birthdate, row.pk)
        for row in session.candidates.all()
    ]


def listed(path: Path) -> list[Person]:
    """The candidates of a mass-import CSV file. Raises `Unreadable`."""
    try:
        return [_person(row) for row in _rows(path)]
    except (OSError, ValueError) as error:
        raise Unreadable(f"La liste {path.name} ne peut pas être lue.") from error


def _rows(path: Path) -> list[list[str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    head, *rows = csv.reader(text.splitlines(), delimiter=delimiter)
    titles = [title.removeprefix("* ").partition(" (")[0].strip() for title in head]
    places = [titles.index(column) for column in COLUMNS]
    return [[row[place].strip() for place in places] for row in rows if any(row)]


def _person(row: list[str]) -> Person:
    birth_name, first_name, birthdate = row
    return Person(birth_name, first_name, datetime.strptime(birthdate, "%d/%m/%Y").date())  # noqa: DTZ007


def typed(person: Person, number: str, access_code: str, chance: Random) -> dict[str, str]:
    """What goes into the fields of the join page, more or less carefully typed."""
    write = chance.choice(WAYS)
    half = len(access_code) // 2
    code = f"{access_code[:half]}{chance.choice(('', '', ' ', '-'))}{access_code[half:]}"
    return {
        "session_number": chance.choice((number, f"{number[:3]} {number[3:]}")),
        "last_name": write(person.birth_name),
        "first_name": write(person.first_name),
        "birthdate": chance.choice((f"{person.birthdate:%d/%m/%Y}", f"{person.birthdate}")),
        "access_code": chance.choice((code, code.lower())),
    }


def _plain(name: str) -> str:
    """Without accents, hyphens and case, as typed in a hurry."""
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("-", " "))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


WAYS: tuple[Callable[[str], str], ...] = (str, str, str.upper, str.lower, _plain, " {} ".format)
