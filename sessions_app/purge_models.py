"""What the purge leaves of a session, and of itself."""

from django.db import models


class PurgedSession(models.Model):
    """A session whose retention has passed, in numbers only.

    Its row is what lets the append-only tables go of the session's lines (migration
    `retention`); it leaves with the session itself. `candidate_refs` are primary keys.
    """

    session_ref = models.PositiveBigIntegerField(unique=True)
    number = models.CharField(max_length=6)
    day = models.DateField()
    candidate_refs = models.JSONField(default=list)
    live_at = models.DateTimeField()


class PurgeRun(models.Model):
    """The purge of one night, and when the process that does it was last at work: a lease."""

    day = models.DateField(unique=True)
    seen_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
