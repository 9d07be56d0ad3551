"""The whole socket story: which path goes where, and from which pages."""

import gc
import os
from functools import lru_cache

from django.core.asgi import get_asgi_application

gc.disable()  # while everything is loaded: a tenth of a start
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pix_surveillance.settings")
pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

import sessions_app.converters  # noqa: E402, F401
from candidates.consumers import CandidateConsumer  # noqa: E402
from pix_surveillance.lifecycle import Lifecycle, fit_daphne  # noqa: E402
from sessions_app.consumers import CenterConsumer, SupervisionConsumer  # noqa: E402

# Each finds out for itself who is there, in a thread of the hub: no middleware stays in the way
# of the frames.
SOCKETS = [
    # First, since they are asked in order: nearly all are candidates'. Their seat is a signed
    # cookie: no login, no session to read.
    path("ws/candidat/", CandidateConsumer.as_asgi()),
    path("ws/surveillance/<number:number>/", SupervisionConsumer.as_asgi()),
    path("ws/surveillance/centre/<int:center_id>/", CenterConsumer.as_asgi()),
]


async def refuse(scope, receive, send):
    """A path that is no socket of ours: refused before the handshake, without a trace."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


class OwnOrigins(OriginValidator):
    """Sockets from the site's own pages only; an origin that is no address is refused too."""

    @lru_cache(maxsize=64)  # noqa: B019 (there is one of these, for as long as the process)
    def valid_origin(self, parsed_origin):
        try:
            return super().valid_origin(parsed_origin)
        except ValueError:
            return False


sockets = URLRouter([*SOCKETS, path("<path:unknown>", refuse)])
application = Lifecycle(
    ProtocolTypeRouter({"http": pages, "websocket": OwnOrigins(sockets, settings.ORIGINS)})
)
fit_daphne(application)
gc.enable()
