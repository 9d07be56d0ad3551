from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CandidatesConfig(AppConfig):
    name = "candidates"
    verbose_name = _("Candidats")

    def ready(self):
        from sessions_app import timekeeper

        from . import duties, leases

        timekeeper.register(leases.keep_lease)
        timekeeper.register(duties.do_what_is_due)
