"""`manage.py check_journals`: are the sealed journals and PV still what they were?"""

import hashlib

from django.core.management.base import BaseCommand

from incidents.closing import is_intact
from incidents.models import IncidentReport


class Command(BaseCommand):
    help = "Vérifie l’empreinte du journal et du PV de chaque session finalisée."

    def add_arguments(self, parser):
        parser.add_argument("--session", metavar="N", help="le numéro d’une seule session")

    def handle(self, *, session, **options):
        reports = IncidentReport.objects.select_related("session").order_by("session__number")
        if session:
            reports = reports.filter(session__number=session)
        faults = [fault for report in reports.iterator() for fault in self._faults(report)]
        for fault in faults:
            self.stderr.write(fault)
        count = reports.count()
        self.stdout.write(f"Sessions vérifiées\u00a0: {count}. Anomalies\u00a0: {len(faults)}.")
        if faults or (session and not count):
            raise SystemExit(1)

    def _faults(self, report: IncidentReport) -> list[str]:
        number = report.session.number
        faults = [] if is_intact(report) else [f"{number}\u00a0: le journal a été modifié."]
        if report.pdf_sha256 and hashlib.sha256(report.pdf).hexdigest() != report.pdf_sha256:
            faults.append(f"{number}\u00a0: le PDF du PV a été modifié.")
        return faults
