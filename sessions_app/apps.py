from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self):
        from . import nightly, timekeeper

        timekeeper.register(nightly.purge_at_night)
