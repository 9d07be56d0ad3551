"""The end of a session: signed, sealed, and read only from then on."""

from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sessions_app import journal, journal_chain
from sessions_app.former_reports import FormerReport
from sessions_app.models import PurgedSession, Session, User
from sessions_app.refusals import Conflict, Invalid

from . import checklist, documents
from .models import IncidentReport

SAY_WHY = _("Dites pourquoi la session est rouverte.")
NOT_FINAL = _("Cette session n’est pas finalisée : il n’y a rien à rouvrir.")
PURGED = _("Le journal de cette session a été effacé à son échéance : elle ne se rouvre plus.")
# Of the signed PV, as it was.
KEPT = ("signed_name", "signed_role", "signed_by", "signed_at", "journal_digest")
KEPT += ("pdf", "pdf_sha256")
SIGN = _("Écrivez votre nom et votre fonction pour signer le PV.")


def finalize(session: Session, *, user: User, name: str, role: str) -> None:
    """Sign the PV and close the session: only an administrator of the centre reopens it.

    Effects, in order: the session is locked (`Conflict` when finalised already), what is still
    open is looked for (`Conflict`, naming it), the PV is signed and printed, the last event is
    recorded with the PDF's digest, the session becomes read only, the journal's digest is kept
    beside the signature.
    """
    if not (name.strip() and role.strip()):
        raise Invalid(SIGN)
    with transaction.atomic():
        locked = journal.lock(session.pk)
        _check_nothing_is_open(locked)
        report = IncidentReport.objects.create(
            session=locked,
            signed_name=name.strip(),
            signed_role=role.strip(),
            signed_by=user,
            signed_at=locked.now,
        )
        locked.state = Session.State.FINALIZED
        report.pdf = documents.print_report(locked)
        report.pdf_sha256 = sha256(report.pdf).hexdigest()
        data = {"report": report.pk, "pdf_sha256": report.pdf_sha256}
        journal.record(locked, "session_finalized", user=user, data=data)
        Session.objects.filter(pk=locked.pk).update(state=locked.state)
        report.journal_digest = journal_chain.digest(locked)
        report.save(update_fields=["journal_digest", "pdf", "pdf_sha256"])


def reopen(session: Session, *, user: User, reason: str) -> None:
    """Open a finalised session again; what was signed is kept as it was.

    Effects, in order: the session is locked (`Conflict` unless it is finalised, or once its
    journal is purged), the signed PV goes to `FormerReport` with its seal, one event tells who
    and why and carries the old seal, so that the next one closes over it; the session is open.
    """
    if not reason.strip():
        raise Invalid(SAY_WHY)
    with transaction.atomic():
        locked = journal.lock_even_finalized(session.pk)
        if locked.state != Session.State.FINALIZED:
            raise Conflict(NOT_FINAL)
        if PurgedSession.objects.filter(session_ref=locked.pk).exists():
            raise Conflict(PURGED)
        report = IncidentReport.objects.get(session=locked)
        former = FormerReport.objects.create(
            session=locked,
            rank=locked.former_reports.count() + 1,
            report_ref=report.pk,
            sealed_version=locked.version,
            reopened_at=locked.now,
            reopened_by=user,
            reason=reason.strip(),
            **{name: getattr(report, name) for name in KEPT},
        )
        report.delete()
        Session.objects.filter(pk=locked.pk).update(state=Session.State.OPEN)
        data = {"report": former.report_ref, "reason": former.reason}
        data |= {"pdf_sha256": former.pdf_sha256, "journal_digest": former.journal_digest}
        journal.record(locked, "session_reopened", user=user, data=data)


def was_intact(former: FormerReport) -> bool:
    """Whether the journal is still, up to its seal, the one that was sealed with this report."""
    sealed = journal_chain.digest(former.session, former.sealed_version)
    return former.journal_digest == sealed


def is_intact(report: IncidentReport) -> bool:
    """Whether the journal is still the one that was sealed with this report."""
    return report.journal_digest == journal_chain.digest(report.session)


def _check_nothing_is_open(session: Session) -> None:
    blocking = [item for item in checklist.still_open(session) if item.is_blocking]
    if blocking:
        sentences = " ".join(item.sentence for item in blocking)
        raise Conflict(sentences, open=[item.kind for item in blocking])
