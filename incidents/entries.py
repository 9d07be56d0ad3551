"""What a supervisor notes in one tap, at the minute when it happens: a pure table.

Each is one event of the journal; those with a category are an incident, too.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from .categories import Category


@dataclass(frozen=True)
class DayEntry:
    """`event` is the type in the journal, `label` what the PV says, `button` what is tapped.

    `label` and `words` are those of the PV, which is in French whoever reads it.

    `asks` names the words that go with it, "" for none, which `needs_words` makes compulsory;
    `words` stand when none are typed. `ends_test` ends a test that is still running.
    """

    event: str
    label: str
    button: Promise
    category: Category | None = None
    asks: str | Promise = ""
    needs_words: bool = False
    words: str = ""
    ends_test: bool = False


ENTRIES = {
    "late-arrival": DayEntry("arrived_late", "Arrivée en retard", gettext_lazy("Arrive en retard")),
    "leave-room": DayEntry("left_room", "Sortie de la salle", gettext_lazy("Sort de la salle")),
    "return-to-room": DayEntry(
        "returned_to_room", "Retour dans la salle", gettext_lazy("Revient dans la salle")
    ),
    "change-seat": DayEntry(
        "seat_changed",
        "Changement de place ou d’ordinateur",
        gettext_lazy("Change de place ou d’ordinateur"),
        asks=gettext_lazy("Nouvelle place ou nouvel ordinateur"),
    ),
    "signature-missing": DayEntry(
        "signature_missing",
        "Signature manquante",
        gettext_lazy("N’a pas signé"),
        category=Category.C4,
        words="N’a pas signé la feuille d’émargement.",
    ),
    "signature-given": DayEntry("signature_given", "Signature obtenue", gettext_lazy("A signé")),
    "correct-identity": DayEntry(
        "identity_corrected",
        "Identité à corriger",
        gettext_lazy("Corriger l’identité"),
        category=Category.C1,
        asks=gettext_lazy("Les bonnes données (nom, prénom, date de naissance)"),
        needs_words=True,
    ),
    "leave-early": DayEntry(
        "left_early",
        "Départ anticipé",
        gettext_lazy("Part avant la fin"),
        asks=gettext_lazy("Raison du départ"),
        needs_words=True,
        ends_test=True,
    ),
    "mark-absent": DayEntry("marked_absent", "Absent", gettext_lazy("Absent")),
}
EVENTS = {entry.event: entry for entry in ENTRIES.values()}


def missing(entry: DayEntry, words: str) -> str | None:
    """The sentence that says what the entry still requires, or None when complete."""
    if entry.needs_words and not words.strip():
        return gettext("%(what)s : écrivez-le en quelques mots.") % {"what": entry.asks}
    return None
