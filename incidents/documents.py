"""The PV d’incident and its fraud annex as PDF: what `draft` tells, laid out for signature."""

from collections.abc import Iterable

from django.utils.translation import gettext, gettext_noop

from sessions_app import board, documents
from sessions_app.document_text import lines
from sessions_app.former_reports import FormerReport
from sessions_app.models import Session
from sessions_app.refusals import Missing

from .draft import draft
from .models import IncidentReport
from .report import WHOLE_ROOM, Entry, Kind, Report

NO_SUCH_REPORT = gettext_noop("Cette session n’a pas de PV signé sous ce rang.")
NO_FRAUD = gettext_noop("Aucune suspicion de fraude n’a été notée dans cette session.")


def report_pdf(session: Session) -> bytes:
    """The PV: the bytes that were signed once the session is finalised, the draft until then."""
    if session.state == Session.State.FINALIZED:
        signed = IncidentReport.objects.filter(session=session).exclude(pdf_sha256="")
        stored = signed.values_list("pdf", flat=True).first()
        if stored:
            return bytes(stored)
    return print_report(session)


def former_pdf(session: Session, rank: int) -> bytes:
    """The PV that the reopening of this rank has replaced, as it was signed; or `Missing`."""
    found = FormerReport.objects.filter(session=session, rank=rank)
    stored = found.values_list("pdf", flat=True).first()
    if stored is None:
        raise Missing(gettext(NO_SUCH_REPORT))
    return bytes(stored)


@documents.in_french
def print_report(session: Session) -> bytes:
    """The PV as it stands, printed anew."""
    report, at = _read(session)
    data = {
        **_frame(session, report, "PV d’incident"),
        "sentences": [*report.reopenings, *_announced_annex(report)],
        "counts": _counts(report),
        "paragraphs": [paragraph.text for paragraph in report.paragraphs],
        "heading": "Incidents et temps",
        "entries": [_entry(entry) for entry in report.entries],
        "nothing": "Rien à signaler.",
        "has-remarks": True,
        "remarks": [
            {
                "author": remark.author,
                "changed": documents.spelled(remark.changed_at),
                "text": lines(remark.text),
            }
            for remark in report.remarks
        ],
    }
    return documents.render("report", data, at=at)


@documents.in_french
def fraud_pdf(session: Session) -> bytes:
    """The annex, a document of its own; `Missing` when no suspicion was ever noted."""
    report, at = _read(session)
    if not report.fraud:
        raise Missing(gettext(NO_FRAUD))
    data = {
        **_frame(session, report, "Suspicion de fraude, annexe au PV d’incident"),
        "sentences": [],
        "counts": [],
        "paragraphs": [],
        "heading": "Ce qui a été noté",
        "entries": [_entry(entry) for entry in report.fraud],
        "nothing": NO_FRAUD,
        "has-remarks": False,
        "remarks": [],
    }
    return documents.render("report", data, at=at)


def _read(session: Session):
    with board.snapshot():
        return draft(session), documents.last_change(session)


def _frame(session: Session, report: Report, title: str) -> dict:
    facts = report.session
    is_signed = facts.is_final and report.signatures
    started = facts.started_at
    return {
        "title": title,
        "facts": documents.facts_of(session),
        "state": "" if is_signed else f"Provisoire, état n° {facts.version} du journal",
        "duration": facts.duration_minutes,
        "started": documents.spelled(started) if started else "pas encore",
        "signatures": [
            {
                "name": each.name,
                "role": each.role,
                "account": each.account,
                "at": documents.spelled(each.at),
            }
            for each in report.signatures
        ],
    }


def _announced_annex(report: Report) -> list[str]:
    if not report.fraud:
        return []
    return ["Une annexe «\u00a0suspicion de fraude\u00a0», document séparé, accompagne ce PV."]


def _counts(report: Report) -> Iterable[dict]:
    counts = report.counts
    told = {
        "Inscrits": counts.enrolled,
        "Présents au test": counts.started,
        "Absents": counts.absent,
        "Tests terminés": counts.finished,
        "Tests arrêtés": counts.ended,
        "Incidents, annexe comprise": counts.incidents,
        "Changements de temps": counts.time_changes,
    }
    return [{"label": label, "value": value} for label, value in told.items()]


def _entry(entry: Entry) -> dict:
    is_later = (entry.noted_at - entry.at).total_seconds() >= 60
    return {
        **_version(entry),
        "hour": f"{entry.at:%H:%M}",
        "name": entry.candidate.name if entry.candidate else WHOLE_ROOM,
        "minutes": _minutes(entry),
        "noted-later": documents.spelled(entry.noted_at) if is_later else "",
        "is_withdrawn": entry.is_withdrawn,
        "history": [_version(each) for each in entry.history],
    }


def _version(entry: Entry) -> dict:
    return {
        "what": entry.what,
        "question": entry.question,
        "text": lines(entry.text),
        "author": entry.author,
        "noted": documents.spelled(entry.noted_at),
    }


def _minutes(entry: Entry) -> str:
    if entry.minutes is None:
        return ""
    sign = "−" if entry.kind == Kind.TIME_UNDONE else "+"
    return f"{sign}{entry.minutes}\u00a0min"
