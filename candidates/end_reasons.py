"""Why a test was not finished: a pure table."""

LACK_OF_TIME = "Temps écoulé"
TECHNICAL = "Problème technique"
LEFT_EARLY = "Départ anticipé"
END_HOUR = "Heure de fin"  # the session ended it by itself: lack of time, too

# What the official report asks for each test that its candidate did not finish.
MANDATORY = (LACK_OF_TIME, TECHNICAL, LEFT_EARLY)
OFFERED = [*MANDATORY, "Autre"]


def explains(reason: str) -> bool:
    """Whether this says enough for the report."""
    return reason in MANDATORY or reason == END_HOUR
