from django.apps import AppConfig


class CandidatesConfig(AppConfig):
    name = "candidates"
    verbose_name = "Candidats"

    def ready(self):
        from sessions_app import timekeeper

        from . import duties, presence

        timekeeper.register(presence.keep_lease)
        timekeeper.register(duties.note_overtime)
        timekeeper.register(duties.lapse_authorizations)
