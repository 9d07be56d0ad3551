import os

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import chromium
from tests.servers import server

# Playwright's own event loop runs in this thread; the ORM is used between its steps only.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="session")
def browser() -> Browser:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium.path(), args=chromium.ARGUMENTS
        )
        yield started
        started.close()


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
