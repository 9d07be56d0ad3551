"""The settings: one file, values from the environment only, refusal to start on a bad one."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

from pix_surveillance import log_lines, pooled_connection, shared_limits

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()


def _flag(name: str, default: bool) -> bool:
    """A yes or no; anything else than 1/0, true/false, yes/no, on/off refuses to start."""
    value = env.str(name, default=str(default)).strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not “{value}”.")


def _secret_key() -> str:
    key = env.str("SECRET_KEY", default="")
    if len(key) < 32:
        raise ImproperlyConfigured("SECRET_KEY must be set, to 32 random characters or more.")
    return key


def _origins() -> list[str]:
    """Where browsers reach the site, as `scheme://host[:port]`: hosts, CSRF and sockets follow."""
    origins = env.list("ORIGINS", default=["http://127.0.0.1:8000", "http://localhost:8000"])
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            raise ImproperlyConfigured(
                f"ORIGINS must hold addresses such as https://example.org, not “{origin}”."
            )
    return origins


def _database() -> dict:
    try:
        database = env.db("DATABASE_URL", default=f"sqlite:///{ROOT / 'var' / 'db.sqlite3'}")
    except (ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured("DATABASE_URL is not a database address.") from error
    engine = database.get("ENGINE")
    if engine == "django.db.backends.postgresql":
        has_pooler = env.str("LISTEN_DATABASE_URL", default="") not in {"", env.str("DATABASE_URL")}
        database["CONN_HEALTH_CHECKS"] = True
        database["OPTIONS"] = {
            "pool": pooled_connection.POOL,
            # Behind a pooler, what one server has prepared another does not know.
            "prepare_threshold": None if has_pooler else 2,
            # A process that freezes in the middle of a write gives its room back.
            "options": "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=8000",
        }
        return database
    if engine == "django.db.backends.sqlite3":
        Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
        return database
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgres://.")


def _listen_database() -> str:
    """Where to LISTEN when `DATABASE_URL` goes through a pooler; empty for the same address."""
    url = env.str("LISTEN_DATABASE_URL", default="")
    if url and not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("LISTEN_DATABASE_URL must begin with postgres://.")
    return url


def _oidc() -> dict:
    """The organisation's OpenID Connect provider; empty for none."""
    names = ("url", "client_id", "client_secret")
    known = {name: env.str(f"OIDC_{name.upper()}", default="") for name in names}
    if not any(known.values()):
        return {}
    if not all(known.values()):
        raise ImproperlyConfigured(
            "OIDC_URL, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are set together, or not at all."
        )
    known["url"] = known["url"].removesuffix("/.well-known/openid-configuration").rstrip("/")
    parts = urlsplit(known["url"])
    is_here = parts.hostname in {"127.0.0.1", "localhost"}
    if not parts.hostname or (parts.scheme != "https" and not (is_here and parts.scheme == "http")):
        raise ImproperlyConfigured(f"OIDC_URL must begin with https://, not “{known['url']}”.")
    return known | {
        # Not as its default, which would be translated here, before there are translations.
        "name": env.str("OIDC_NAME", default="") or gettext_lazy("votre organisation"),
        "scopes": env.str("OIDC_SCOPES", default="openid email profile").split(),
        "origin": f"{parts.scheme}://{parts.netloc}",
    }


def _days(name: str, default: int) -> int:
    """A duration in whole days, 30 at least: the database lets nothing go before."""
    value = env.str(name, default=str(default)).strip()
    if not value.isdecimal() or int(value) < 30:
        raise ImproperlyConfigured(f"{name} must be a number of days, 30 or more, not “{value}”.")
    return int(value)


DEBUG = _flag("DEBUG", default=False)
SECRET_KEY = _secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ORIGINS = _origins()
SECURE = all(origin.startswith("https://") for origin in ORIGINS)
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(origin).hostname or "" for origin in ORIGINS]
)
CSRF_TRUSTED_ORIGINS = ORIGINS
DATABASES = {"default": _database()}
LISTEN_DATABASE_URL = _listen_database()

INSTALLED_APPS = [
    # Its app does nothing but replace `runserver`, and would load Twisted at every other start.
    *(["daphne"] if "runserver" in sys.argv else []),
    "pix_surveillance.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "channels",
    "django_htmx",
    "sessions_app",
    "candidates",
    "incidents",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sessions_app.private_pages.PrivatePagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pix_surveillance.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sessions_app.security_doors.SecurityLogMiddleware",
    "sessions_app.refusals.RefusalMiddleware",
]

ROOT_URLCONF = "pix_surveillance.urls"
ASGI_APPLICATION = "pix_surveillance.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Accounts: an e-mail address is the identity; allauth's pages live under /compte/.
AUTH_USER_MODEL = "sessions_app.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "sessions_app.passwords.OwnWordsValidator"}] + [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = gettext_lazy("Pix Surveillance : ")
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "sessions_app.factor_secrets.FactorAdapter"
MFA_TOTP_ISSUER, MFA_FORMS = "Pix Surveillance", shared_limits.FORMS
MFA_TOTP_TOLERANCE = 1  # steps of 30 s: the clock of a phone is rarely exact
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
# Without https there is no secrecy to protect: a demonstration, a development machine.
ADMIN_SECOND_FACTOR = _flag("ADMIN_SECOND_FACTOR", default=SECURE)
# The first one makes new hashes; an older hash is renewed at the next login.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}"
    for name in ("Argon2PasswordHasher", "PBKDF2PasswordHasher")
]
ACCOUNT_RATE_LIMITS, CACHES = shared_limits.RATES, shared_limits.CACHES
# The organisation's own login. Accounts are matched by an address that it says it verified.
OIDC = _oidc()
SOCIALACCOUNT_ADAPTER = "sessions_app.organisation_login.OrganisationAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "entry"

if email_url := env.str("EMAIL_URL", default=""):
    vars().update(env.email_url_config(email_url))
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="surveillance@localhost")

# Who answers for the site, on its legal pages.
OPERATOR = {
    name: env.str(f"OPERATOR_{name.upper()}", default="")
    for name in ("name", "address", "contact", "host", "data_protection")
}

# How long what is known of people is kept: `sessions_app/retention.py`, `docs/data.md`.
RETENTION_DAYS = {
    "LIVE": _days("RETENTION_LIVE_DAYS", 60),
    "LIST": _days("RETENTION_LIST_DAYS", 240),
    "PRESENCE": _days("RETENTION_PRESENCE_DAYS", 30),
    "SECURITY": _days("RETENTION_SECURITY_DAYS", 365),
}

# Sentences are written in French; `locale/en` has them all in English (`language.py`).
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["pix_surveillance.formats"]
TIME_ZONE = "Europe/Paris"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "var" / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [ROOT / "static"]
# Without `collectstatic` (development, tests), files are served from where they stand.
WHITENOISE_USE_FINDERS = not (STATIC_ROOT / "staticfiles.json").exists()
if not WHITENOISE_USE_FINDERS:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "pix_surveillance.static_storage.StaticStorage"},
    }

# Security: nothing from elsewhere, nothing inline, cookies for this site only.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Browsers apply it to where a form is redirected, too.
        "form-action": [SELF, *([OIDC["origin"]] if OIDC else [])],
        "object-src": [NONE],
    }
}
# A browser takes such a cookie from this very host only, over https, for the whole site.
COOKIE_PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE, SESSION_ENGINE = 12 * 3600, "sessions_app.logins"
# Sentences may name people: with the login, not in a cookie of their own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "sessions_app.refusals.csrf_failure"
if SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

LOGGING = log_lines.configured(env.str("LOG_FORMAT", default="json" if SECURE else "line"))
