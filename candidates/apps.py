from django.apps import AppConfig


class CandidatesConfig(AppConfig):
    name = "candidates"
    verbose_name = "Candidats"

    def ready(self):
        from sessions_app import timekeeper

        from . import duties

        timekeeper.register(duties.note_overtime)
        timekeeper.register(duties.lapse_authorizations)
