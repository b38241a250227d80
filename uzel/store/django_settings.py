"""Django's settings, all of them made from Config. Only what Uzel uses: no admin, no sessions, no contrib.auth."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from uzel.kernel.config import load_config
from uzel.kernel.keys import derive_key, load_secret
from uzel.kernel.logs import logging_config
from uzel.store.postgres import DatabaseUnusable, own_url


def database(url: str, *, connections: int) -> dict[str, Any]:
    """``url`` in Django's words. Prepared statements on: they halve PostgreSQL's work on the hot paths."""
    parts = conninfo_to_dict(url)
    known = {key: str(parts.pop(name, "")) for key, name in DATABASE_KEYS.items()}
    pool = {"min_size": 1, "max_size": connections, "timeout": 10}
    return known | {
        "ENGINE": "django.db.backends.postgresql",
        "OPTIONS": {"pool": pool, "prepare_threshold": 5, "application_name": "uzel", **parts},
    }


DATABASE_KEYS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}  # fmt: skip

_config = load_config()
_url = _config.database_url or own_url(_config)
if _url is None:
    raise DatabaseUnusable(
        "There is no database yet. Start Uzel (`uzel up`) or set DATABASE_URL.",
        "Базы данных ещё нет. Запустите Uzel (`uzel up`) или задайте DATABASE_URL.",
    )

DATABASES = {"default": database(_url, connections=max(4, _config.web_threads + 2))}
SECRET_KEY = derive_key(load_secret(_config), "django").hex()
INSTALLED_APPS = ["procrastinate.contrib.django", "uzel.store"]
MIDDLEWARE = [
    "uzel.api.turns.in_turn",
    "uzel.api.frame.access_log",
    "uzel.api.frame.security_headers",
    "uzel.api.frame.problems_everywhere",
]
ROOT_URLCONF = "uzel.roles.urls"
ALLOWED_HOSTS = _config.hosts
PUBLIC_URL = _config.public_url.rstrip("/")
TRUSTED_PROXIES = _config.proxies
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # each endpoint has its own limit, see api.rules
CALLS_PER_MINUTE, CALLS_AT_ONCE = _config.calls_per_minute, _config.calls_at_once
MAX_UPLOAD, UPLOADS = _config.max_upload, _config.blobs / "uploads"
IS_DEMO = _config.demo
WEB_THREADS = _config.web_threads
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
USE_TZ = True
TIME_ZONE = _config.time_zone
USE_I18N = True
LANGUAGE_CODE = _config.language
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOGGING = logging_config(_config)
