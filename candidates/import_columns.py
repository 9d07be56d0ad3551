"""The columns of the mass-import format, found by their names and not by their places."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .identity import match_key

# What a cell holds: text, or a number when it comes from a workbook.
Cell = str | float


class Column(Enum):
    """Each column of the format, with its label. The name is the first half of fault codes."""

    SESSION_NUMBER = "Numéro de session préexistante"
    SITE = "Nom du site"
    ROOM = "Nom de la salle"
    DATE = "Date de début"
    START_TIME = "Heure de début"
    SUPERVISORS = "Surveillant(s)"
    REMARKS = "Observations"
    BIRTH_NAME = "Nom de naissance"
    FIRST_NAME = "Prénom"
    BIRTHDATE = "Date de naissance"
    SEX = "Sexe"
    BIRTH_INSEE_CODE = "Code INSEE de la commune de naissance"
    BIRTH_POSTAL_CODE = "Code postal de la commune de naissance"
    BIRTH_CITY = "Nom de la commune de naissance"
    BIRTH_COUNTRY = "Pays de naissance"
    RESULTS_EMAIL = "E-mail du destinataire des résultats"
    CONVOCATION_EMAIL = "E-mail de convocation"
    EXTERNAL_ID = "Identifiant externe"
    EXTRA_TIME = "Temps majoré"
    PRICING = "Tarification part Pix"
    PREPAYMENT_CODE = "Code de prépaiement"


SESSION_REQUIRED = (
    Column.SITE,
    Column.ROOM,
    Column.DATE,
    Column.START_TIME,
    Column.SUPERVISORS,
)
SESSION_COLUMNS = (Column.SESSION_NUMBER, *SESSION_REQUIRED, Column.REMARKS)
CANDIDATE_REQUIRED = (
    Column.BIRTH_NAME,
    Column.FIRST_NAME,
    Column.BIRTHDATE,
    Column.SEX,
    Column.BIRTH_COUNTRY,
)
REQUIRED = SESSION_REQUIRED + CANDIDATE_REQUIRED


@dataclass(frozen=True)
class Header:
    """Where each column stands (from 0) and how the file labels it."""

    line: int
    width: int
    places: dict[Column, int]
    labels: dict[Column, str]
    repeated: tuple[Column, ...]

    @property
    def missing(self) -> list[Column]:
        return [column for column in REQUIRED if column not in self.places]

    @property
    def is_foreign(self) -> bool:
        """No required column at all: this is some other file."""
        return len(self.missing) == len(REQUIRED)

    def label(self, column: Column) -> str:
        return self.labels.get(column, column.value)

    def filled(self, cells: Sequence[Cell]) -> dict[Column, Cell]:
        """The known columns that hold something in this row."""
        return {
            column: cells[place]
            for column, place in self.places.items()
            if place < len(cells) and as_text(cells[place]).strip()
        }


def as_text(cell: Cell) -> str:
    """A cell as a person reads it: the number 100042.0 of a workbook is "100042"."""
    if isinstance(cell, str):
        return cell
    return str(int(cell)) if cell.is_integer() else str(cell)


def find_header(line: int, cells: Sequence[Cell]) -> Header:
    """Recognise the columns; unknown ones are ignored. Raises nothing: ask what is `missing`."""
    known = {_key(column.value): column for column in Column}
    texts = [as_text(cell) for cell in cells]
    found = [(place, known[_key(text)]) for place, text in enumerate(texts) if _key(text) in known]
    times = Counter(column for _, column in found)
    return Header(
        line=line,
        width=len(cells),
        places={column: place for place, column in found},
        labels={column: _label(texts[place]) for place, column in found},
        repeated=tuple(column for column, count in times.items() if count > 1),
    )


def _key(label: str) -> str:
    """Case, accents, spaces, the leading "* " and the hints in brackets do not count."""
    return match_key(re.sub(r"\(.*\)", "", label, flags=re.DOTALL))


def _label(text: str) -> str:
    printable = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
    return printable.removeprefix("*").strip()[:120]
