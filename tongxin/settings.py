"""Settings, all from the environment; every default is the embedded one (docs/operations.md)."""

import os
import secrets
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("TONGXIN_VAR", BASE_DIR / "var")).resolve()


def env_flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def kept_secret(name: str) -> str:
    """Return a secret from the environment, or one made at the first start and kept in VAR_DIR."""
    if value := os.environ.get(name.upper()):
        return value
    path = VAR_DIR / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


DEBUG = env_flag("TONGXIN_DEBUG")
# The demo lets anyone step into any role with one click: never on for real people.
TONGXIN_DEMO = env_flag("TONGXIN_DEMO")
SECRET_KEY = kept_secret("tongxin_secret_key")
# Keys of sealed fields (phones, identity numbers); the first seals, all open (key rotation).
TONGXIN_SEAL_KEYS = env_list("TONGXIN_SEAL_KEYS") or [kept_secret("tongxin_seal_key")]
TONGXIN_INDEX_KEY = kept_secret("tongxin_index_key")
ALLOWED_HOSTS = env_list("TONGXIN_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("TONGXIN_ORIGINS")
# How many proxies of our own stand in front: whose word on X-Forwarded-For counts (limits, audit).
TONGXIN_PROXIES = int(os.environ.get("TONGXIN_PROXIES", "0"))
TONGXIN_URL = os.environ.get("TONGXIN_URL", "http://127.0.0.1:8000")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",  # for its pages of /api/v1/docs, which need no network then
    "tongxin.ui",
    "tongxin.accounts",
    "tongxin.regions",
    "tongxin.orgs",
    "tongxin.cases",
    "tongxin.requests",
    "tongxin.portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tongxin.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "tongxin.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tongxin.ui.context.frame",
                "tongxin.requests.tabs.phone_tabs",
            ]
        },
    }
]

DATABASE_URL = os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'tongxin.sqlite3'}"
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=False)
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a writer waits for the lock at BEGIN instead of failing in the middle.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
        ),
    }

AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "portal:home"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", _("英文"))]
LOCALE_PATHS = [BASE_DIR / "tongxin" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise wants it before the first collectstatic
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"  # never served as files: evidence goes through a view that checks the reader
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = env_flag("TONGXIN_STATIC_FINDERS", True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/admin/"],  # unfold needs eval and inline styles; see middleware
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *env_list("TONGXIN_TILE_ORIGINS")],
        "style-src": [SELF, "'unsafe-inline'"],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env_flag("TONGXIN_HTTPS"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600

# What leaves the house: SMS, mail, map tiles.
TONGXIN_SMS = os.environ.get("TONGXIN_SMS", "console")  # console | webhook
TONGXIN_SMS_URL = os.environ.get("TONGXIN_SMS_URL", "")
TONGXIN_SMS_SECRET = os.environ.get("TONGXIN_SMS_SECRET", "")
# Whether a webhook may go to an address of a private network.
TONGXIN_WEBHOOK_PRIVATE = env_flag("TONGXIN_WEBHOOK_PRIVATE", True)
EMAIL_HOST = os.environ.get("TONGXIN_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("TONGXIN_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("TONGXIN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("TONGXIN_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env_flag("TONGXIN_SMTP_TLS")
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = os.environ.get("TONGXIN_MAIL_FROM", "tongxin@localhost")
TONGXIN_TILE_URL = os.environ.get("TONGXIN_TILE_URL", "")
TONGXIN_TILE_DATUM = os.environ.get("TONGXIN_TILE_DATUM", "gcj02")  # gcj02 | wgs84
TONGXIN_DATA_DIR = Path(os.environ.get("TONGXIN_DATA", BASE_DIR.parent / "shared" / "data"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("TONGXIN_LOG", "INFO")},
}
UNFOLD = {"SITE_TITLE": _("同心 管理"), "SITE_HEADER": _("同心 管理"), "SITE_SYMBOL": "hub"}
