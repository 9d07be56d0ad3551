"""What a candidate's browser is told, by the socket or by polling: a whole state each time."""

from sessions_app.live import hub

from .stages import Stage


def seat_frame(candidate, stage: Stage) -> dict:
    """`seat{epoch, v, now, stage, ends_at, paused_at}`; instants are ISO 8601 or None.

    Names nobody: whoever holds the browser knows who sits there.
    """
    session = candidate.session
    return {
        "type": "seat",
        "epoch": str(session.epoch),
        "v": session.version,
        "now": hub.now().isoformat(),
        "stage": stage,
        "ends_at": candidate.ends_at.isoformat() if candidate.ends_at else None,
        "paused_at": session.paused_at.isoformat() if session.paused_at else None,
    }
