"""What supervisors do to a session as a whole."""

from django.db import transaction

from . import access, journal
from .models import Session, SupervisorAccess, User


@transaction.atomic
def enter(user: User, number: str, code: str) -> Session:
    """Open the supervisor's space of a session to an account.

    Effects, in order: the codes are checked (`Invalid`), then the time (`Forbidden`: only who
    has the right codes learns of it), the session opens at its first
    supervisor, the access is granted once, the entry is noted in the journal. Coming back
    with the same codes changes nothing but grants again an access that had been withdrawn.
    """
    session = journal.lock(access.session_to_enter(number, code).pk)
    access.check_time(user, session)
    if session.state == Session.State.PLANNED:
        Session.objects.filter(pk=session.pk).update(state=Session.State.OPEN)
    grant, is_new = SupervisorAccess.objects.get_or_create(session=session, user=user)
    if is_new or grant.revoked_at:
        SupervisorAccess.objects.filter(pk=grant.pk).update(revoked_at=None)
        journal.record(session, "supervisor_entered", user=user)
    return session
