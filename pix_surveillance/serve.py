"""One process of the product under uvicorn, with what suits thousands of sockets:

    python -m pix_surveillance.serve --port 8000

Takes all that `uvicorn` takes; what is said there wins over what is said here.
"""

import sys

import uvicorn

from sessions_app.floods import LONGEST_MESSAGE

APPLICATION = "pix_surveillance.asgi:application"
OPTIONS = [
    # Short ways of ours for what sockets do all the time. All else goes uvicorn's own way, and
    # without them everything works, slower.
    *("--loop", "pix_surveillance.event_loop:Loop"),
    *("--http", "pix_surveillance.first_bytes:FirstBytes"),
    *("--ws", "pix_surveillance.socket_protocol:SocketProtocol"),
    # A computer that is cut off is noticed within 20 s; our texts are too short to be compressed.
    *("--ws-ping-interval", "5", "--ws-ping-timeout", "15"),
    *("--ws-per-message-deflate", "false", "--ws-max-size", str(LONGEST_MESSAGE)),
    *("--backlog", "4096"),  # all those of a building may come back at one instant
    *("--timeout-graceful-shutdown", "10"),
    "--no-access-log",
]


def serve(options: list[str]) -> None:
    uvicorn.main([APPLICATION, *OPTIONS, *options])


if __name__ == "__main__":
    serve(sys.argv[1:])
