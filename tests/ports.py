"""A port for a server that a test is about to start."""

import contextlib
import random
import socket

# Below the ports that the system gives to outgoing connections, which might take it before the
# server does, or while it is dead; at random, since several runs may look for one at once. Those
# above are the workers' (`faults/cluster.py`).
FIRST_PORT, LAST_PORT = 10_000, 20_000


def free_port() -> int:
    while True:
        port = random.randrange(FIRST_PORT, LAST_PORT)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
