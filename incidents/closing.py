"""The end of a session: signed, sealed, and read only from then on."""

from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sessions_app import journal, journal_chain
from sessions_app.models import Session, User
from sessions_app.refusals import Conflict, Invalid

from . import checklist, documents
from .models import IncidentReport

SIGN = _("Écrivez votre nom et votre fonction pour signer le PV.")


def finalize(session: Session, *, user: User, name: str, role: str) -> None:
    """Sign the PV and close the session, for good.

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


def is_intact(report: IncidentReport) -> bool:
    """Whether the journal is still the one that was sealed with this report."""
    return report.journal_digest == journal_chain.digest(report.session)


def _check_nothing_is_open(session: Session) -> None:
    blocking = [item for item in checklist.still_open(session) if item.is_blocking]
    if blocking:
        sentences = " ".join(item.sentence for item in blocking)
        raise Conflict(sentences, open=[item.kind for item in blocking])
