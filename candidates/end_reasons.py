"""Why a test was not finished: a pure table.

The reasons are words of the centre's papers: they are stored in French, whoever reads them.
"""

from django.utils.translation import gettext, gettext_noop

LACK_OF_TIME = gettext_noop("Temps écoulé")
TECHNICAL = gettext_noop("Problème technique")
LEFT_EARLY = gettext_noop("Départ anticipé")
END_HOUR = gettext_noop("Heure de fin")  # the session ended it by itself: lack of time, too

# What the official report asks for each test that its candidate did not finish.
MANDATORY = (LACK_OF_TIME, TECHNICAL, LEFT_EARLY)
OFFERED = [*MANDATORY, gettext_noop("Autre")]


def shown(reason: str) -> str:
    """As people read it on screen; what somebody has typed stays as it is."""
    return gettext(reason) if reason in {*OFFERED, END_HOUR} else reason


def explains(reason: str) -> bool:
    """Whether this says enough for the report."""
    return reason in MANDATORY or reason == END_HOUR
