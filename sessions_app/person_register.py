"""What of the register is about one candidate, and what is done with it: a pure table.

The export tells all of it, the erasure replaces the words and keeps the bare facts, the purge
deletes every table named here. The tests compare it with the models.
"""

# Table → how its rows name the candidate.
OF_CANDIDATE = {
    "candidates.Candidate": "pk",
    "candidates.Timer": "candidate",
    "candidates.TimeGrant": "candidate",
    "candidates.Answer": "candidate",
    "incidents.Alert": "candidate",
    "incidents.Incident": "candidate",
    "sessions_app.SessionEvent": "candidate",
    "sessions_app.Erasure": "candidate",
}
# Known to be kept, told to nobody: they tell one browser from another.
WITHHELD = {"seat", "waiting_seat", "node"}

# What people typed, in a session: table, how its rows name the session, columns. Those of the
# candidate are replaced as a whole; in all others the name is.
WORDS = {
    "sessions_app.Session": ("pk", ["remarks", "pause_reason"]),
    "sessions_app.Command": ("session", ["answer"]),
    "sessions_app.FormerReport": ("session", ["reason"]),
    "candidates.Candidate": ("session", ["end_reason"]),
    "candidates.TimeGrant": ("candidate__session", ["reason"]),
    "incidents.Alert": ("candidate__session", ["text", "reply"]),
    "incidents.Incident": ("session", ["text"]),
    "incidents.Remark": ("session", ["text"]),
}
# What people typed into the data of an event.
TYPED = {"reason", "text"}
# Nothing of them proves anything about anybody else.
GOES = ["candidates.Answer"]
