from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CandidatesConfig(AppConfig):
    name = "candidates"
    verbose_name = _("Candidats")

    def ready(self):
        from sessions_app import timekeeper

        from . import duties, leases

        timekeeper.register(leases.keep_lease)
        timekeeper.register(duties.tell_end_is_near)
        timekeeper.register(duties.note_overtime)
        timekeeper.register(duties.end_at_time)
        timekeeper.register(duties.tell_lapse_is_near)
        timekeeper.register(duties.lapse_authorizations)
