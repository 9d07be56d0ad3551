"""The product's own settings, with what a test run alone changes."""

import os

# Read by the settings below, and handed to the servers that tests start.
os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 4)

from pix_surveillance.settings import *  # noqa: F403

# The real one is slow on purpose, and tests log people in all the time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Threads and servers of a test see one another's writes in a file, not in a memory database;
# two runs at once do not share it.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": ROOT / "var" / f"test-{os.getpid()}.sqlite3"}  # noqa: F405
