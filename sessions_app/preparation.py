"""What administrators do to a session, before the room and beside it."""

from django.db import transaction

from . import codes, journal, security_log
from .event_names import SECURITY_NAMES
from .models import Session, SupervisorAccess, User


def give_free_number(session: Session) -> None:
    """Numbers are drawn by lot: draw again while another session has this one."""
    while Session.objects.filter(number=session.number).exists():
        session.number = codes.new_number()


@transaction.atomic
def keep_changes(session: Session, fields: list[str], *, user: User) -> None:
    """Write these fields of the session, and no other.

    Effects, in order: the session is locked (`Conflict` when finalised), the fields are
    written, an open room is told.
    """
    locked = journal.lock(session.pk)
    changes = {name: getattr(session, name) for name in fields}
    Session.objects.filter(pk=locked.pk).update(**changes)
    note(locked, "session_changed", user=user, data={"fields": sorted(fields)})


@transaction.atomic
def renew_supervisor_code(session: Session, *, user: User) -> None:
    """A new code to enter with; supervisors already granted stay. `Conflict` when finalised."""
    locked = journal.lock(session.pk)
    code = codes.new_supervisor_code()
    Session.objects.filter(pk=locked.pk).update(supervisor_code=code)
    note(locked, "supervisor_code_renewed", user=user)


@transaction.atomic
def renew_access_code(session: Session, *, user: User) -> None:
    """A new code to join with; candidates who have joined stay. `Conflict` when finalised."""
    locked = journal.lock(session.pk)
    Session.objects.filter(pk=locked.pk).update(access_code=codes.new_access_code())
    note(locked, "access_code_renewed", user=user)


@transaction.atomic
def open_session(session: Session, *, user: User) -> None:
    """Before its first supervisor does it by entering. `Conflict` when finalised."""
    locked = journal.lock(session.pk)
    if locked.state == Session.State.PLANNED:
        Session.objects.filter(pk=locked.pk).update(state=Session.State.OPEN)
        journal.record(locked, "session_opened", user=user)


@transaction.atomic
def give_access(access: SupervisorAccess, *, user: User) -> None:
    """The account supervises the session, with no need of its codes. `Conflict` when finalised."""
    locked = journal.lock(access.session_id)
    access.revoked_at = None
    access.save()
    note(locked, "access_given", user=user, data={"access": access.pk})


@transaction.atomic
def withdraw_access(access: SupervisorAccess, *, user: User) -> None:
    """The account no longer supervises; the codes would let it in again. `Conflict` as above."""
    locked = journal.lock(access.session_id)
    still_open = SupervisorAccess.objects.filter(pk=access.pk, revoked_at=None)
    if still_open.update(revoked_at=locked.now):
        note(locked, "access_withdrawn", user=user, data={"access": access.pk})


def note(session: Session, event_type: str, *, user: User | None, data: dict | None = None) -> None:
    """Tell an open room. A planned session has no journal yet: it may still be deleted.

    What opens or closes a door is told to the security log as well, in whatever session.
    """
    if event_type in SECURITY_NAMES:
        security_log.note(event_type, user=user, session=session, **(data or {}))
    if session.state == Session.State.OPEN:
        journal.record(session, event_type, user=user, data=data)
