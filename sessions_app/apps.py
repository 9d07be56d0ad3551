from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Sessions"

    def ready(self):
        from . import nightly, security_signals, timekeeper

        timekeeper.register(nightly.purge_at_night)
        security_signals.connect()
