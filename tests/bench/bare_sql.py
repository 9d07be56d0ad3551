"""What the bare server asks of the database: one statement for each step of many changes."""

# The sessions of a batch, locked in one order by all writers; one that another process holds is
# left for the next batch.
LOCK = """
SELECT id, version, state = 'open' AND paused_at IS NULL, clock_timestamp()
FROM sessions_app_session WHERE id = ANY(%s)
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""

# Under the lock: what decides whether an answer is taken.
READ = """
SELECT c.id, c.seat, c.question, c.question_opened_at,
       c.state = 'in_progress' AND c.lost_since IS NULL AND a.id IS NULL
FROM candidates_candidate c
LEFT JOIN incidents_alert a ON a.candidate_id = c.id AND a.closed_at IS NULL
WHERE c.id = ANY(%s)
"""

SAVE = """
WITH taken AS (
    SELECT * FROM unnest(%(candidate)s::bigint[], %(question)s::int[], %(value)s::text[],
                         %(late)s::bool[]) AS t(candidate_id, question, value, late)
), saved AS (
    INSERT INTO candidates_answer (candidate_id, question, value, late, saved_at)
    SELECT candidate_id, question, value, late, %(now)s FROM taken
    ON CONFLICT (candidate_id, question) DO UPDATE
    SET value = EXCLUDED.value, late = EXCLUDED.late, saved_at = EXCLUDED.saved_at
)
UPDATE candidates_candidate c
SET question = taken.question + 1, question_opened_at = %(now)s
FROM taken WHERE c.id = taken.candidate_id
"""

RECORD = """
WITH happened AS (
    SELECT * FROM unnest(%(session)s::bigint[], %(version)s::bigint[], %(candidate)s::bigint[],
                         %(question)s::int[]) AS t(session_id, version, candidate_id, question)
), recorded AS (
    INSERT INTO sessions_app_sessionevent
        (session_id, version, type, candidate_id, actor, at, data)
    SELECT session_id, version, 'answered', candidate_id, 'candidate', %(now)s,
           jsonb_build_object('question', question)
    FROM happened
), moved AS (
    UPDATE sessions_app_session s SET version = last.version
    FROM (SELECT session_id, max(version) AS version FROM happened GROUP BY session_id) last
    WHERE s.id = last.session_id
    RETURNING s.id, s.version
)
SELECT pg_notify('session_changed', string_agg(id || ':' || version, ';')) FROM moved
"""

# What does not change while a test runs; read once, when the server starts.
EVERYONE = """
SELECT s.id, s.number, c.id, c.birth_name, c.first_name, c.sort_key, t.ends_at
FROM sessions_app_session s
JOIN candidates_candidate c ON c.session_id = s.id
JOIN candidates_timer t ON t.candidate_id = c.id
ORDER BY s.id, c.sort_key, c.id
"""

# Those who come, many at once, with the state of their rooms at one instant.
CANDIDATES = """
SELECT c.id, c.seat, c.question, s.id, s.version, s.epoch::text
FROM candidates_candidate c JOIN sessions_app_session s ON s.id = c.session_id
WHERE c.id = ANY(%s)
"""
BOARDS = """
SELECT s.id, s.version, s.epoch::text, array_agg(c.id), array_agg(c.question)
FROM sessions_app_session s JOIN candidates_candidate c ON c.session_id = s.id
WHERE s.id = ANY(%s) GROUP BY s.id
"""
LOGINS = (
    "SELECT session_key FROM django_session WHERE session_key = ANY(%s) AND expire_date > now()"
)
