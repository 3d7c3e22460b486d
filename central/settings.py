"""Django's settings for central. DIR comes from the environment, everything people set from DIR/central.toml."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from central.config_reading import read_config
from central.data_dir import DataDir
from central.sqlite_choice import journal_mode, load_django_sqlite

DATA_VARIABLE = "DOCK_CENTRAL_DATA"

DATA = DataDir(Path(os.environ.get(DATA_VARIABLE, "central-data")).absolute())
CONFIG = read_config(DATA.config)

SECRET_KEY = DATA.secret_key.read_text() if DATA.secret_key.exists() else secrets.token_urlsafe(50)
DEBUG = False
# Any --listen address works, so any Host must. Nothing is built from the Host header: links are relative,
# and what leaves the machine uses [web] base_url.
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "central.fleet",
    "central.roster",
    "central.custody",
    "central.judging",
    "central.papers",
    "central.reviews",
    "central.retention",
    "central.answers",
    "central.dispatches",
    "central.notices",
    "central.alarms",
    "central.administration",
    "central.intake",
    "central.dashboard",
]

MIDDLEWARE = [
    "central.metrics.requests.RequestsMiddleware",
    "central.intake.answers.ProtocolMiddleware",
    "central.dashboard.headers.SecurityHeadersMiddleware",
    "central.dashboard.forms.SmallFormsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "central.dashboard.surroundings.SiteZoneMiddleware",
]

ROOT_URLCONF = "central.urls"
WSGI_APPLICATION = "central.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "central.dashboard.surroundings.surroundings",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA.database),
        # Each thread keeps its connection: closing the last one of a WAL database checkpoints it, on every request.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": (f"PRAGMA journal_mode={journal_mode(load_django_sqlite())}; PRAGMA synchronous=FULL"),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.web.base_url.startswith("https://")
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = (
    ["{0.scheme}://{0.netloc}".format(urlsplit(CONFIG.web.base_url))] if CONFIG.web.base_url else []
)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
"""Bytes of one JSON body. Uploads are streamed and have no such limit."""

LOGGING_CONFIG = None
"""`central.logs` sets logging up; `wsgi` and `cli` call it."""
