from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = _("Sessions")

    def ready(self):
        from . import nightly, security_signals, timekeeper

        timekeeper.register(nightly.purge_at_night)
        security_signals.connect()
