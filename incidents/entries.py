"""What a supervisor notes in one tap, at the minute when it happens: a pure table.

Each is one event of the journal; those with a category are an incident, too.
"""

from dataclasses import dataclass

from .categories import Category


@dataclass(frozen=True)
class DayEntry:
    """`event` is the type in the journal, `label` what the PV says, `button` what is tapped.

    `asks` names the words that go with it, "" for none, which `needs_words` makes compulsory;
    `words` stand when none are typed. `ends_test` ends a test that is still running.
    """

    event: str
    label: str
    button: str
    category: Category | None = None
    asks: str = ""
    needs_words: bool = False
    words: str = ""
    ends_test: bool = False


ENTRIES = {
    "late-arrival": DayEntry("arrived_late", "Arrivée en retard", "Arrive en retard"),
    "leave-room": DayEntry("left_room", "Sortie de la salle", "Sort de la salle"),
    "return-to-room": DayEntry("returned_to_room", "Retour dans la salle", "Revient dans la salle"),
    "change-seat": DayEntry(
        "seat_changed",
        "Changement de place ou d’ordinateur",
        "Change de place ou d’ordinateur",
        asks="Nouvelle place ou nouvel ordinateur",
    ),
    "signature-missing": DayEntry(
        "signature_missing",
        "Signature manquante",
        "N’a pas signé",
        category=Category.C4,
        words="N’a pas signé la feuille d’émargement.",
    ),
    "signature-given": DayEntry("signature_given", "Signature obtenue", "A signé"),
    "correct-identity": DayEntry(
        "identity_corrected",
        "Identité à corriger",
        "Corriger l’identité",
        category=Category.C1,
        asks="Les bonnes données (nom, prénom, date de naissance)",
        needs_words=True,
    ),
    "leave-early": DayEntry(
        "left_early",
        "Départ anticipé",
        "Part avant la fin",
        asks="Raison du départ",
        needs_words=True,
        ends_test=True,
    ),
    "mark-absent": DayEntry("marked_absent", "Absent", "Absent"),
}
EVENTS = {entry.event: entry for entry in ENTRIES.values()}


def missing(entry: DayEntry, words: str) -> str | None:
    """The French sentence that says what the entry still requires, or None when complete."""
    if entry.needs_words and not words.strip():
        return f"{entry.asks} : écrivez-le en quelques mots.".replace(" :", "\u00a0:")
    return None
