"""`manage.py check_journals`: are the sealed journals and PV still what they were?"""

import hashlib

from django.core.management.base import BaseCommand

from incidents.closing import is_intact, was_intact
from incidents.models import IncidentReport
from sessions_app.former_reports import FormerReport
from sessions_app.models import PurgedSession


class Command(BaseCommand):
    help = "Vérifie l’empreinte du journal et du PV de chaque session finalisée."

    def add_arguments(self, parser):
        parser.add_argument("--session", metavar="N", help="le numéro d’une seule session")

    def handle(self, *, session, **options):
        reports, former = (
            model.objects.select_related("session__center").order_by("session__number", "pk")
            for model in (IncidentReport, FormerReport)
        )
        if session:
            reports = reports.filter(session__number=session)
            former = former.filter(session__number=session)
        purged = dict(PurgedSession.objects.values_list("session_ref", "live_at"))
        faults = []
        for report in reports.iterator():
            if at := purged.get(report.session_id):
                day = f"{at.astimezone(report.session.zone):%d/%m/%Y}"
                self.stdout.write(f"{report.session.number}\u00a0: journal purgé le {day}.")
            faults += self._faults(report, is_purged=bool(at))
        for report in former.iterator():
            faults += self._faults(report, is_purged=report.session_id in purged)
        for fault in faults:
            self.stderr.write(fault)
        sealed = {*reports.values_list("session", flat=True)}
        count = len(sealed.union(former.values_list("session", flat=True)))
        self.stdout.write(f"Sessions vérifiées\u00a0: {count}. Anomalies\u00a0: {len(faults)}.")
        if faults or (session and not count):
            raise SystemExit(1)

    def _faults(self, report: IncidentReport | FormerReport, *, is_purged: bool) -> list[str]:
        number = report.session.number
        check = was_intact if isinstance(report, FormerReport) else is_intact
        faults = (
            [] if is_purged or check(report) else [f"{number}\u00a0: le journal a été modifié."]
        )
        if report.pdf_sha256 and hashlib.sha256(report.pdf).hexdigest() != report.pdf_sha256:
            faults.append(f"{number}\u00a0: le PDF du PV a été modifié.")
        return faults
