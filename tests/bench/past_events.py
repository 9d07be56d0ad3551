"""A journal with years of events in it, all of sessions that are over."""

from django.db import connection

from sessions_app.models import Session

from . import rooms

SESSIONS, FIRST = 20, 3000

# What the triggers would check is true by construction: no row of ours is wrong.
WRITE = """
SET session_replication_role = replica;
INSERT INTO sessions_app_sessionevent (session_id, version, type, candidate_id, actor, at, data)
SELECT past.session_id, number, 'answered', past.first + number %% past.candidates, 'candidate',
    now() - make_interval(secs => number), jsonb_build_object('question', 1 + number %% 20)
FROM (
    SELECT session_id, min(id) AS first, count(*) AS candidates
    FROM candidates_candidate WHERE session_id = ANY(%(sessions)s) GROUP BY 1
) past, generate_series(1, %(each)s) number;
SET session_replication_role = origin;
UPDATE sessions_app_session SET version = %(each)s, state = 'finalized'
WHERE id = ANY(%(sessions)s);
"""


class Past:
    """The sessions that it is made of, put into the database at once; nobody is ever in them."""

    def __init__(self) -> None:
        self._sessions = [each.pk for each in rooms.fill(SESSIONS, first=FIRST).rooms]

    def write(self, events: int) -> None:
        """So many, however busy the live rooms are meanwhile."""
        with connection.cursor() as cursor:
            cursor.execute(WRITE, {"sessions": self._sessions, "each": events // SESSIONS})
        self.settle()

    def settle(self) -> None:
        """As at rest: nothing of what was written before is still to be done."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) sessions_app_sessionevent")
            cursor.execute("CHECKPOINT")

    def forget(self) -> None:
        """They may be written again once the bench has put everybody back."""
        Session.objects.filter(pk__in=self._sessions).update(state=Session.State.OPEN, version=0)
