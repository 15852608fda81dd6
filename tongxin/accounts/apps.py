from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps
from django.core import checks
from django.utils.translation import gettext_lazy as _

from . import senders


class AccountsConfig(AppConfig):
    name = "tongxin.accounts"
    verbose_name = _("用户与消息")

    def ready(self) -> None:
        checks.register(check_senders)


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
