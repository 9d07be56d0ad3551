"""A site on https, as an operator starts it: Django's own checks, its cookies and headers."""

import json
import os
import subprocess
import sys

import pytest

ASK = """
import json, django
django.setup()
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.test.utils import setup_test_environment
from candidates import access
setup_test_environment()
page = Client().get("/candidat/", secure=True, headers={"host": "s.example.org"})
seated = HttpResponse()
access.give_seat(seated, access.Seat(1, "a"))
cookies = {**page.cookies, **seated.cookies}
told = {name: [each["secure"], each["httponly"], each["path"], each["domain"], each["samesite"]]
        for name, each in cookies.items()}
plain = Client().get("/candidat/", headers={"host": "s.example.org"})
print(json.dumps({"cookies": told, "headers": dict(page.headers), "status": page.status_code,
                  "names": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME],
                  "plain": plain.headers["Location"], "admin": settings.ADMIN_SECOND_FACTOR,
                  "hasher": settings.PASSWORD_HASHERS[0]}))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    database = tmp_path_factory.mktemp("production") / "db.sqlite3"
    return kept | {
        "DJANGO_SETTINGS_MODULE": "pix_surveillance.settings",
        "SECRET_KEY": "p7Kq-2vXw_9sLmZ4tRbY8nCfHjD3gA6eUoQi5xV1kT0wEyBzNh",
        "ORIGINS": "https://s.example.org",
        "DATABASE_URL": f"sqlite:///{database}",
        "OIDC_URL": "https://id.example.org/realm",
        "OIDC_CLIENT_ID": "surveillance",
        "OIDC_CLIENT_SECRET": "a secret between them",
    }


def test_django_finds_nothing_to_say(environment):
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def told(environment):
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_cookie_belongs_to_this_host_alone(told):
    assert told["names"] == ["__Host-sessionid", "__Host-csrftoken"]
    assert set(told["cookies"]) == {"__Host-csrftoken", "__Host-seat"}
    for name, flags in told["cookies"].items():
        assert flags == [True, True, "/", "", "Lax"], name


def test_the_headers(told):
    headers = told["headers"]
    assert told["status"] == 200
    policy = headers["Content-Security-Policy"].split("; ")
    assert not [directive for directive in policy if "unsafe" in directive]
    assert {"frame-ancestors 'none'", "form-action 'self' https://id.example.org"} <= set(policy)
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in headers["Cache-Control"]
    assert told["plain"] == "https://s.example.org/candidat/"


def test_administrators_need_a_second_factor_and_passwords_are_dear(told):
    assert told["admin"] is True
    assert told["hasher"].endswith("Argon2PasswordHasher")
