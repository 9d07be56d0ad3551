"""`manage.py check_journals`: are the sealed journals and PV still what they were?"""

import hashlib

from django.core.management.base import BaseCommand

from incidents.closing import is_intact
from incidents.models import IncidentReport
from sessions_app.models import PurgedSession


class Command(BaseCommand):
    help = "Vérifie l’empreinte du journal et du PV de chaque session finalisée."

    def add_arguments(self, parser):
        parser.add_argument("--session", metavar="N", help="le numéro d’une seule session")

    def handle(self, *, session, **options):
        reports = IncidentReport.objects.select_related("session__center").order_by(
            "session__number"
        )
        if session:
            reports = reports.filter(session__number=session)
        purged = dict(PurgedSession.objects.values_list("session_ref", "live_at"))
        faults = []
        for report in reports.iterator():
            if at := purged.get(report.session_id):
                day = f"{at.astimezone(report.session.zone):%d/%m/%Y}"
                self.stdout.write(f"{report.session.number}\u00a0: journal purgé le {day}.")
            faults += self._faults(report, is_purged=bool(at))
        for fault in faults:
            self.stderr.write(fault)
        count = reports.count()
        self.stdout.write(f"Sessions vérifiées\u00a0: {count}. Anomalies\u00a0: {len(faults)}.")
        if faults or (session and not count):
            raise SystemExit(1)

    def _faults(self, report: IncidentReport, *, is_purged: bool) -> list[str]:
        number = report.session.number
        faults = (
            [] if is_purged or is_intact(report) else [f"{number}\u00a0: le journal a été modifié."]
        )
        if report.pdf_sha256 and hashlib.sha256(report.pdf).hexdigest() != report.pdf_sha256:
            faults.append(f"{number}\u00a0: le PDF du PV a été modifié.")
        return faults
