import os
import shutil

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.servers import server

# Playwright's own event loop runs in this thread; the ORM is used between its steps only.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Browser:
    path = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def _nothing_stays_open(browser):
    """Pages that a test leaves open would go on following its room, and slow all others down."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture
def site(transactional_db):
    """The address of a real server on the test's database."""
    with server() as url:
        yield url
