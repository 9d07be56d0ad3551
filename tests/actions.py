"""What each action of a supervisor leaves in the journal: its one event."""

EVENTS = {
    "authorize-start": "start_authorized",
    "withdraw-start": "start_withdrawn",
    "authorize-resume": "resume_authorized",
    "add-time": "time_added",
    "undo-time": "time_undone",
    "end-test": "test_ended",
    "explain-end": "end_explained",
    "accept-alert": "alert_accepted",
    "reject-alert": "alert_rejected",
    "note-incident": "incident_noted",
    "claim": "claimed",
    "release": "released",
    "pause-room": "room_paused",
    "resume-room": "room_resumed",
}
