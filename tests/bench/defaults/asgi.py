"""Pages as in the product; sockets routed as the Channels documentation does."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.defaults.settings")
pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

import sessions_app.converters  # noqa: E402, F401

from .consumers import CandidateConsumer, SupervisionConsumer  # noqa: E402

SOCKETS = [
    path("ws/surveillance/<number:number>/", AuthMiddlewareStack(SupervisionConsumer.as_asgi())),
    # The seat is a signed cookie: no login to read.
    path("ws/candidat/", CandidateConsumer.as_asgi()),
]

application = ProtocolTypeRouter(
    {"http": pages, "websocket": AllowedHostsOriginValidator(URLRouter(SOCKETS))}
)
