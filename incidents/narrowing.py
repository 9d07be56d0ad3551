"""The PV of one candidate, or of one category only."""

import re
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from .categories import Category
from .report import Entry, Kind, Report

TIME = "time"
KINDS = {
    TIME: (_("Temps ajouté ou rendu"), {Kind.TIME_ADDED, Kind.TIME_UNDONE, Kind.TIME_BACK}),
    "day": (_("Entrées, sorties et places"), {Kind.NOTED}),
    "ended": (_("Tests non terminés"), {Kind.ENDED}),
    "absent": (_("Absents"), {Kind.ABSENT}),
}


def choices(report: Report) -> list[tuple[str, str]]:
    """What the lines of this PV can be narrowed to: value and label."""
    lines = [*report.entries, *report.fraud]
    found = {line.category for line in lines}
    categories = [(each.value, each.label) for each in Category if each in found]
    kinds = {line.kind for line in lines}
    return categories + [(name, label) for name, (label, held) in KINDS.items() if held & kinds]


def narrowed(report: Report, candidate: str, category: str) -> Report:
    """The lines of this candidate (a key, as typed) and category; "" for all of them."""
    key = int(candidate) if re.fullmatch("[0-9]{1,18}", candidate) else None
    held = KINDS[category][1] if category in KINDS else set()

    def is_wanted(line: Entry) -> bool:
        is_theirs = key is None or (line.candidate is not None and line.candidate.pk == key)
        return is_theirs and (not category or line.category == category or line.kind in held)

    return replace(
        report,
        entries=tuple(filter(is_wanted, report.entries)),
        fraud=tuple(filter(is_wanted, report.fraud)),
        paragraphs=tuple(
            each
            for each in report.paragraphs
            if (key is None or not each.candidates or key in {who.pk for who in each.candidates})
            and (not category or (category == TIME and each.minutes))
        ),
    )
