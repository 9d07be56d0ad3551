"""The browser of the tests, as it is started everywhere."""

import contextlib
import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

# Of Chromium itself: the first three load 400 files of their own for each window, beside the page
# that is tried; the others ask other machines for things.
UNWANTED = ["WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup"]
UNWANTED += ["HttpsUpgrades", "MediaRouter", "OptimizationHints", "NetworkTimeServiceQuerying"]
ARGUMENTS = [
    f"--disable-features={','.join(UNWANTED)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


def options() -> dict:
    """What Playwright starts it with. Raises `RuntimeError` where none is installed."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise RuntimeError(f"none of {', '.join(NAMES)} is installed")
    return {"executable_path": path, "args": ARGUMENTS}


@contextlib.contextmanager
def started() -> Iterator[Browser]:
    # Playwright's own event loop runs in this thread; the ORM is used between its steps only.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options())
        yield browser
        browser.close()
