"""Settings, all from the environment; every default is the embedded one (docs/operations.md)."""

import os
import secrets
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy
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
    "tongxin.ui",  # first: its frame is laid around the administrator's pages
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "tongxin.accounts.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",  # for its pages of /api/v1/docs, which need no network then
    "tongxin.accounts",
    "tongxin.regions",
    "tongxin.spreadsheets",
    "tongxin.photos",
    "tongxin.orgs",
    "tongxin.cases",
    "tongxin.funds",
    "tongxin.places",
    "tongxin.documents",
    "tongxin.findings",
    "tongxin.fieldwork",
    "tongxin.requests",
    "tongxin.meetings",
    "tongxin.affairs",
    "tongxin.secretaries",
    "tongxin.cadres",
    "tongxin.dual_report",
    "tongxin.standards",
    "tongxin.grids",
    "tongxin.inspections",
    "tongxin.care",
    "tongxin.campaigns",
    "tongxin.conferences",
    "tongxin.alliances",
    "tongxin.projects",
    "tongxin.renovation",
    "tongxin.economy",
    "tongxin.library",
    "tongxin.taking_part",
    "tongxin.dispatching",
    "tongxin.texts",
    "tongxin.matters",
    "tongxin.searching",
    "tongxin.open311",
    "tongxin.hotline",
    "tongxin.mailbox",
    "tongxin.mobile",
    "tongxin.centres",
    "tongxin.portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tongxin.middleware.ApiDoor",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tongxin.middleware.ChosenLanguage",
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
                "tongxin.portal.context.frame",
                "tongxin.requests.tabs.phone_tabs",
            ]
        },
    }
]

DATABASE_URL = os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'tongxin.sqlite3'}"
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=False)
}
# The few statements of every step are planned once per connection: a third less database CPU.
POSTGRES_OPTIONS = {"server_side_binding": True, "prepare_threshold": 3}
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
elif not env_flag("TONGXIN_POOLER"):  # a pooler in between breaks prepared statements
    # What DATABASE_URL says of the connection (sslmode and the like) stays.
    DATABASES["default"].setdefault("OPTIONS", {}).update(POSTGRES_OPTIONS)

AUTH_USER_MODEL = "accounts.User"
# Whose get_user brings posts and unread notices with the user, by one query.
AUTHENTICATION_BACKENDS = ["tongxin.orgs.signing.Backend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "portal:home"
SESSION_COOKIE_AGE = 14 * 24 * 3600
# In the database alone: a cache in each process would show the session as it was before another wrote.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Staff may sign in by the identity provider of the house (OpenID Connect); empty: they may not.
TONGXIN_OIDC_ISSUER = os.environ.get("TONGXIN_OIDC_ISSUER", "")
TONGXIN_OIDC_CLIENT_ID = os.environ.get("TONGXIN_OIDC_CLIENT_ID", "")
TONGXIN_OIDC_CLIENT_SECRET = os.environ.get("TONGXIN_OIDC_CLIENT_SECRET", "")
TONGXIN_OIDC_LABEL = os.environ.get("TONGXIN_OIDC_LABEL", "")  # words on the button
# Which claim names somebody, and what it is compared with: username | email | phone.
TONGXIN_OIDC_CLAIM = os.environ.get("TONGXIN_OIDC_CLAIM", "preferred_username")
TONGXIN_OIDC_MATCH = os.environ.get("TONGXIN_OIDC_MATCH", "username")
TONGXIN_OIDC_CREATE = env_flag("TONGXIN_OIDC_CREATE")  # accounts without a post, for new names
TONGXIN_OIDC_SCOPES = os.environ.get("TONGXIN_OIDC_SCOPES", "openid profile email phone")
TONGXIN_OIDC_ALG = os.environ.get("TONGXIN_OIDC_ALG", "RS256")

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
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *env_list("TONGXIN_TILE_ORIGINS")],
        "style-src": [SELF, "'unsafe-inline'"],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        # Signing out may lead on to the identity provider, which ends its session as well.
        "form-action": [SELF, *env_list("TONGXIN_OIDC_ISSUER")],
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
# Open311 (docs/operations.md): "name=region code, …" where one endpoint serves several areas.
TONGXIN_OPEN311_JURISDICTIONS = env_list("TONGXIN_OPEN311_JURISDICTIONS")
TONGXIN_OPEN311_CONTACT = os.environ.get("TONGXIN_OPEN311_CONTACT", "")
# Whether cases may be handed on to a server in a private network.
TONGXIN_OPEN311_ALLOW_PRIVATE = env_flag("TONGXIN_OPEN311_ALLOW_PRIVATE")
# Whether pictures that other systems name may be fetched by plain http.
TONGXIN_OPEN311_MEDIA_HTTP = env_flag("TONGXIN_OPEN311_MEDIA_HTTP")
EMAIL_HOST = os.environ.get("TONGXIN_SMTP_HOST", "")
if TONGXIN_DEMO and not EMAIL_HOST:
    # What the demo writes goes nowhere, instead of failing at a mail server that is not there.
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_PORT = int(os.environ.get("TONGXIN_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("TONGXIN_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("TONGXIN_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env_flag("TONGXIN_SMTP_TLS")
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = os.environ.get("TONGXIN_MAIL_FROM", "tongxin@localhost")
# A mailbox that is read: imaps://user:password@host/INBOX (also imap+tls, imap); empty: none.
TONGXIN_MAILBOX = os.environ.get("TONGXIN_MAILBOX", "")
TONGXIN_TILE_URL = os.environ.get("TONGXIN_TILE_URL", "")
TONGXIN_TILE_DATUM = os.environ.get("TONGXIN_TILE_DATUM", "gcj02")  # gcj02 | wgs84
# The phone app: MB of photos a day and user; days until unfinished uploads, and positions, are forgotten.
TONGXIN_FIELD_DAY_MB = int(os.environ.get("TONGXIN_FIELD_DAY_MB", "1000"))
TONGXIN_FIELD_LEFT_DAYS = int(os.environ.get("TONGXIN_FIELD_LEFT_DAYS", "30"))
TONGXIN_TRACK_DAYS = int(os.environ.get("TONGXIN_TRACK_DAYS", "30"))
# Whether papers may bear 密级: only where the installation was built and assessed for state secrets.
TONGXIN_SECRET_PAPERS = env_flag("TONGXIN_SECRET_PAPERS")
TONGXIN_DATA_DIR = Path(os.environ.get("TONGXIN_DATA", BASE_DIR.parent / "shared" / "data"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("TONGXIN_LOG", "INFO")},
}


def pages(title, *items) -> dict:
    """Return a group of the administrator's navigation: its pages by model, each with an icon."""
    return {
        "title": title,
        "separator": True,
        "items": [
            {"title": words, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}
            for words, icon, model in items
        ],
    }


# The administrator's pages, told to look like the rest (colours: frontend/tokens.css).
UNFOLD = {
    "SITE_TITLE": _("同心 管理"),
    "SITE_HEADER": _("系统管理"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("ui/mark.svg")}],
    "THEME": "light",
    "BORDER_RADIUS": "0.5rem",
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "tongxin.portal.checklist.show_checklist",
    "STYLES": [lambda request: static("ui/admin.css")],
    "SCRIPTS": [lambda request: static("ui/admin.js")],
    "COLORS": {
        "base": {
            "50": "#f7f5f2", "100": "#f0ede8", "200": "#e3ded6", "300": "#cfc8bd", "400": "#8a8278",
            "500": "#686159", "600": "#554f48", "700": "#3f3a35", "800": "#302c28", "900": "#23201d",
            "950": "#171513",
        },
        "primary": {
            "50": "#faeeec", "100": "#f7deda", "200": "#eebdb7", "300": "#dd8f88", "400": "#c25b56",
            "500": "#ad3435", "600": "#981c1f", "700": "#8a191c", "800": "#771316", "900": "#5c0f11",
            "950": "#3f0a0c",
        },
        "font": {
            "subtle-light": "#686159", "default-light": "#554f48", "important-light": "#23201d",
        },
    },
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    {"title": _("首页"), "icon": "home", "link": reverse_lazy("admin:index")},
                    {
                        "title": _("工作页面"),
                        "icon": "arrow_back",
                        "link": reverse_lazy("portal:home"),
                        "active": lambda request: False,  # every address begins like this one
                    },
                ]
            },
            pages(
                _("人员与组织"),
                (_("用户"), "person", "accounts_user"),
                (_("岗位"), "badge", "orgs_post"),
                (_("组织"), "account_tree", "orgs_org"),
                (_("志愿者"), "volunteer_activism", "orgs_volunteer"),
                (_("技能"), "construction", "orgs_skill"),
            ),
            pages(
                _("事项目录"),
                (_("事项"), "checklist", "cases_topic"),
                (_("大类"), "category", "cases_topiccategory"),
                (_("服务类别"), "favorite", "cases_serviceclass"),
                (_("问题类别"), "flag", "findings_findingkind"),
                (_("下沉事项"), "window", "centres_delegatedservice"),
                (_("功能室类型"), "meeting_room", "places_roomkind"),
                (_("预约规则"), "event_available", "places_bookingrule"),
            ),
            pages(
                _("区划与日历"),
                (_("区域"), "map", "regions_region"),
                (_("工作时间"), "schedule", "regions_workhours"),
                (_("日历例外"), "event_busy", "regions_dayexception"),
            ),
            pages(
                _("办件（只看）"),
                (_("事件单"), "description", "cases_case"),
                (_("办理记录"), "timeline", "cases_event"),
                (_("时限调整"), "more_time", "cases_adjustment"),
                (_("积分台账"), "stars", "requests_pointentry"),
            ),
            pages(
                _("对外与审计"),
                (_("订阅"), "webhook", "accounts_subscription"),
                (_("外发记录"), "outgoing_mail", "accounts_delivery"),
                (_("接口令牌"), "key", "accounts_token"),
                (_("审计日志"), "history", "accounts_auditentry"),
            ),
        ]
    },
}  # fmt: skip
