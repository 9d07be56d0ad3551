"""The product's settings, serving the polling peer's page too and nothing that it does not need."""

from pix_surveillance.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.polling_peer"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",  # allauth does not start without it
    "sessions_app.refusals.RefusalMiddleware",
]
