"""Reopening a finalised session: who may, what stays as it was signed, and what comes after."""

import uuid
from hashlib import sha256
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import DatabaseError, transaction

from incidents import closing
from incidents.models import IncidentReport
from sessions_app import journal_chain, preparation
from sessions_app.former_reports import FormerReport
from sessions_app.models import PurgedSession, Session
from sessions_app.refusals import Conflict, Invalid
from tests import factories
from tests.pdf import Pdf
from tests.snapshots import changes, everything

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}
SIGNED = {"name": "Mme Lefèvre", "role": "Surveillante"}
WHY = "Un incident a été oublié."


@pytest.fixture
def head(room):
    return factories.head(room.center)


@pytest.fixture
def sealed(room, by):
    """The room, finalised."""
    factories.finished(room, by)
    closing.finalize(room, user=by, **SIGNED)
    return room


def state(room) -> str:
    return Session.objects.get(pk=room.pk).state


def post(client, room, **body):
    body = {"idempotency_key": uuid.uuid4().hex, "reason": WHY} | body
    return client.post(f"/surveillance/{room.number}/rouvrir/", body, headers=PAGE)


def test_what_was_signed_stays_and_the_next_seal_follows_it(sealed, by, head):
    signed = IncidentReport.objects.get(session=sealed)
    pdf, digest, version = bytes(signed.pdf), signed.journal_digest, sealed.events.count()
    closing.reopen(sealed, user=head, reason=f" {WHY} ")
    kept = FormerReport.objects.get(session=sealed)
    assert (bytes(kept.pdf), kept.pdf_sha256) == (pdf, sha256(pdf).hexdigest())
    assert (kept.journal_digest, kept.sealed_version, kept.rank) == (digest, version, 1)
    assert (kept.reopened_by, kept.reason, kept.signed_by) == (head, WHY, by)
    event = sealed.events.get(type="session_reopened")
    assert (event.user, event.data["reason"]) == (head, WHY)
    assert event.data["journal_digest"] == digest
    assert state(sealed) == "open"
    assert not IncidentReport.objects.exists()
    preparation.renew_supervisor_code(sealed, user=head)  # something may happen again
    closing.finalize(sealed, user=head, name="M. Roy", role="Chef de centre")
    report = IncidentReport.objects.get(session=sealed)
    assert closing.is_intact(report)
    assert closing.was_intact(kept)
    assert report.journal_digest == journal_chain.digest(Session.objects.get(pk=sealed.pk))
    assert WHY in Pdf(bytes(report.pdf)).text
    closing.reopen(sealed, user=head, reason="Encore")
    assert list(sealed.former_reports.values_list("rank", flat=True)) == [1, 2]


def test_everything_is_read_only_again_afterwards(sealed, head):
    closing.reopen(sealed, user=head, reason=WHY)
    closing.finalize(sealed, user=head, **SIGNED)
    with pytest.raises(Conflict):
        preparation.renew_supervisor_code(sealed, user=head)


@pytest.mark.parametrize("reason", ["", "   "])
def test_there_is_no_reopening_without_a_reason(sealed, head, reason):
    before = everything()
    with pytest.raises(Invalid, match="Dites pourquoi"):
        closing.reopen(sealed, user=head, reason=reason)
    assert changes(before, everything()) == set()


def test_only_a_finalised_session_that_is_whole_is_reopened(room, by, head):
    with pytest.raises(Conflict, match="rien à rouvrir"):
        closing.reopen(room, user=head, reason=WHY)
    factories.finished(room, by)
    closing.finalize(room, user=by, **SIGNED)
    PurgedSession.objects.create(
        session_ref=room.pk, number=room.number, day=room.date, live_at=room.scheduled_start
    )
    with pytest.raises(Conflict, match="effacé à son échéance"):
        closing.reopen(room, user=head, reason=WHY)


def test_an_administrator_reopens_on_the_page(client, sealed, head):
    client.force_login(head)
    assert (
        "Rouvrir la session"
        in client.get(f"/surveillance/{sealed.number}/cloture/", headers=PAGE).content.decode()
    )
    for body in ({"password": "faux"}, {"reason": "", "password": factories.PASSWORD}):
        refused = post(client, sealed, **body)
        assert refused.status_code == 422
        assert state(sealed) == "finalized"
    assert post(client, sealed, password=factories.PASSWORD).status_code == 303
    assert state(sealed) == "open"


def test_a_supervisor_does_not_reopen_but_is_told(client, sealed, by, head):
    client.force_login(by)
    before = everything()
    assert post(client, sealed, password=factories.PASSWORD).status_code == 403
    assert changes(before, everything()) == set()
    pdf = bytes(IncidentReport.objects.get().pdf)
    head.name = "Mme Roux"
    head.save()
    closing.reopen(sealed, user=head, reason=WHY)
    for page in ("cloture", "pv", "journal"):
        shown = client.get(f"/surveillance/{sealed.number}/{page}/", headers=PAGE)
        text = BeautifulSoup(shown.content, "html.parser").select_one("main").text
        assert WHY in text, page
        assert "Mme Roux" in text, page
    served = client.get(f"/surveillance/{sealed.number}/pv-1.pdf", headers=PAGE)
    assert served.content == pdf
    assert client.get(f"/surveillance/{sealed.number}/pv-2.pdf", headers=PAGE).status_code == 404


ATTEMPTS = {
    "update": lambda rows: rows.update(reason="Autre"),
    "bytes": lambda rows: rows.update(pdf=b"%PDF another", pdf_sha256="0" * 64),
    "delete": lambda rows: rows.delete(),
    "raw delete": lambda rows: rows._raw_delete(rows.db),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_database_keeps_a_former_report_as_it_was(sealed, head, attempt):
    closing.reopen(sealed, user=head, reason=WHY)
    before = everything()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        attempt(FormerReport.objects.all())
    assert changes(before, everything()) == set()


def test_a_former_seal_is_checked_too(sealed, head, monkeypatch):
    closing.reopen(sealed, user=head, reason=WHY)
    out = StringIO()
    call_command("check_journals", stdout=out)
    assert out.getvalue() == "Sessions vérifiées\u00a0: 1. Anomalies\u00a0: 0.\n"
    monkeypatch.setattr(journal_chain, "_written", lambda event: "another")
    errors = StringIO()
    with pytest.raises(SystemExit):
        call_command("check_journals", stdout=StringIO(), stderr=errors)
    assert errors.getvalue() == f"{sealed.number}\u00a0: le journal a été modifié.\n"
