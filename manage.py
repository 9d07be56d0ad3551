#!/usr/bin/env python
"""Django's command line.

Servers set SECRET_KEY and everything else themselves. A checkout without SECRET_KEY is a
developer's machine: it gets a key of its own, kept in var/, and answers on loopback only.
"""

import os
import secrets
import sys
from pathlib import Path


def use_developer_defaults() -> None:
    folder = Path(__file__).resolve().parent / "var"
    folder.mkdir(exist_ok=True)
    key_file = folder / "secret-key"
    if not key_file.exists():
        key_file.write_text(secrets.token_urlsafe(50))
        key_file.chmod(0o600)
    os.environ["SECRET_KEY"] = key_file.read_text()
    port = sys.argv[sys.argv.index("--port") + 1] if "--port" in sys.argv[:-1] else "8000"
    os.environ.setdefault("ORIGINS", f"http://127.0.0.1:{port},http://localhost:{port}")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pix_surveillance.settings")
    if "SECRET_KEY" not in os.environ:
        use_developer_defaults()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
