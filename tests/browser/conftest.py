import pytest
from playwright.sync_api import Browser

from tests import chromium
from tests.servers import server


@pytest.fixture(scope="session")
def browser() -> Browser:
    with chromium.started() as started:
        yield started


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
