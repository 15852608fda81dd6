from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.core import checks
from django.utils.translation import gettext_lazy as _

from . import senders

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MATCHES = ("username", "email", "phone")


class AccountsConfig(AppConfig):
    name = "tongxin.accounts"
    verbose_name = _("用户与消息")

    def ready(self) -> None:
        checks.register(check_senders)
        checks.register(check_oidc)


class AdminConfig(admin_apps.AdminConfig):
    """Django's own pages of the administrator, on our site."""

    default = False  # or this folder would have two
    default_site = "tongxin.accounts.site.Site"


def check_senders(**_kwargs) -> list[checks.CheckMessage]:
    """Say at the start what would otherwise only show when a resident waits for a code."""
    if settings.TONGXIN_SMS not in senders.SMS_SENDERS:
        names = ", ".join(senders.SMS_SENDERS)
        return [checks.Error(f"TONGXIN_SMS must be one of: {names}", id="accounts.E001")]
    if settings.TONGXIN_SMS == "webhook":
        missing = not (settings.TONGXIN_SMS_URL and settings.TONGXIN_SMS_SECRET)
        hint = "TONGXIN_SMS=webhook needs TONGXIN_SMS_URL and TONGXIN_SMS_SECRET"
        return [checks.Error(hint, id="accounts.E002")] if missing else []
    if not (settings.TONGXIN_DEMO or settings.DEBUG):
        hint = "TONGXIN_SMS=console: sign-in codes only reach the log, no phone"
        return [checks.Warning(hint, id="accounts.W001")]
    return []


def check_oidc(**_kwargs) -> list[checks.CheckMessage]:
    """Say at the start that signing in by the identity provider is half set, or unsafe."""
    issuer, client = settings.TONGXIN_OIDC_ISSUER, settings.TONGXIN_OIDC_CLIENT_ID
    if not (issuer or client or settings.TONGXIN_OIDC_CLIENT_SECRET):
        return []
    wrong: list[checks.CheckMessage] = []
    if not (issuer and client and settings.TONGXIN_OIDC_CLIENT_SECRET):
        hint = "TONGXIN_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET are needed together"
        wrong.append(checks.Error(hint, id="accounts.E003"))
    url = urlsplit(issuer)
    if issuer and url.scheme != "https" and url.hostname not in LOOPBACK:
        hint = "TONGXIN_OIDC_ISSUER must begin with https://"
        wrong.append(checks.Error(hint, id="accounts.E004"))
    if settings.TONGXIN_OIDC_MATCH not in MATCHES:
        hint = f"TONGXIN_OIDC_MATCH must be one of: {', '.join(MATCHES)}"
        wrong.append(checks.Error(hint, id="accounts.E005"))
    if settings.TONGXIN_OIDC_ALG[:2] not in ("RS", "ES"):
        hint = "TONGXIN_OIDC_ALG must be a signature by the provider's own key (RS256, ES256, …)"
        wrong.append(checks.Error(hint, id="accounts.E006"))
    if "openid" not in settings.TONGXIN_OIDC_SCOPES.split():
        hint = "TONGXIN_OIDC_SCOPES must hold openid"
        wrong.append(checks.Error(hint, id="accounts.E007"))
    return wrong
