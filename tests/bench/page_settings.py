"""The product's settings as they are, with one more address: see `page_urls`."""

from pix_surveillance.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.page_urls"
