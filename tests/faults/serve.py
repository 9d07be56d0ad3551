"""One worker process: loads the product, waits for a port on its input, then serves.

Started ahead of its turn, it takes the place of a killed one at once. The input stays open as
long as the run that started it, however that ends; then this process ends too.
"""

import os
import sys
import threading

APPLICATION = "pix_surveillance.asgi:application"
DAPHNE = ["--ping-interval", "5", "--ping-timeout", "15", "--verbosity", "0"]


def main(kind: str) -> None:
    from django.urls import get_resolver

    import pix_surveillance.asgi  # noqa: F401

    get_resolver().url_patterns  # noqa: B018, what the first request would load
    port = sys.stdin.readline().strip()
    if not port:
        return
    threading.Thread(target=_end_with_the_run, daemon=True).start()
    if kind == "uvicorn":
        from pix_surveillance.serve import serve

        serve(["--host", "127.0.0.1", "--port", port, "--log-level", "warning"])
    else:
        from daphne.cli import CommandLineInterface

        CommandLineInterface().run(["--bind", "127.0.0.1", "--port", port, *DAPHNE, APPLICATION])


def _end_with_the_run() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
