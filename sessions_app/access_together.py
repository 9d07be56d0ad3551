"""A whole building comes back at once: its supervisors are let in together."""

from . import logins, watch
from .models import Session


def let_in(asked: list[tuple[str, str]]) -> list[tuple[Session, watch.Ticket] | None]:
    """For each login and number of a session, what a socket is let in with; None for who may not.

    Who stays is who may come: `watch` tells as `access.supervised_session` does, in one query.
    """
    users = logins.accounts({login for login, _ in asked})
    numbers = {number for _, number in asked}
    rows = Session.objects.filter(number__in=numbers).only("number", "epoch", "version")
    sessions = {each.number: each for each in rows}
    tickets: dict[tuple[str, str], watch.Ticket] = {}
    for login, number in asked:
        if login in users and number in sessions:
            user, session = users[login], sessions[number]
            tickets[login, number] = watch.Ticket(session.pk, user.pk, login, user.password)
    seen = watch.look([each.session_id for each in tickets.values()], list(tickets.values()))

    def admitted(login: str, number: str) -> tuple[Session, watch.Ticket] | None:
        ticket = tickets.get((login, number))
        return (sessions[number], ticket) if ticket and not seen.closes(ticket) else None

    return [admitted(*each) for each in asked]
