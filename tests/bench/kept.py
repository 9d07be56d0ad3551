"""What the database holds after a load, against what the candidates were told."""

from django.db import connection

HELD = """
SELECT (SELECT count(*) FROM candidates_answer),
       (SELECT count(*) FROM sessions_app_sessionevent WHERE type = 'answered'),
       (SELECT sum(version) FROM sessions_app_session)
"""


def counts() -> dict[str, int]:
    """`answers` saved, `events` that say so, and by how much all versions have `moved`."""
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        return dict(zip(("answers", "events", "moved"), map(int, cursor.fetchone()), strict=True))


def doubled() -> int:
    """Events of answers that were recorded more than once."""
    held = counts()
    return held["events"] - held["answers"]


def lost(told: dict[str, int]) -> int:
    """Acknowledged answers that are not there; `told`: candidate → how many were acknowledged."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT candidate_id, count(*) FROM candidates_answer GROUP BY 1")
        saved = dict(cursor.fetchall())
    return sum(max(0, count - saved.get(int(pk), 0)) for pk, count in told.items())


def rows() -> dict[int, tuple[str, str]]:
    """Candidate → which version of its row the database shows: another one after any write."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text, ctid::text FROM candidates_candidate")
        return {pk: (by, place) for pk, by, place in cursor.fetchall()}
