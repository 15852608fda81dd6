from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.translation import gettext_lazy as _

SCHEMES = ("imaps", "imap+tls", "imap")


class MailboxConfig(AppConfig):
    name = "tongxin.mailbox"
    verbose_name = _("邮件来件")

    def ready(self) -> None:
        checks.register(check_mailbox)


def check_mailbox(**_kwargs) -> list[checks.CheckMessage]:
    """Say at the start that the mailbox cannot be read as it is set."""
    if not settings.TONGXIN_MAILBOX:
        return []
    url = urlsplit(settings.TONGXIN_MAILBOX)
    if url.scheme not in SCHEMES or not (url.hostname and url.username and url.password):
        hint = "TONGXIN_MAILBOX must be imaps://user:password@host/INBOX (or imap+tls, imap)"
        return [checks.Error(hint, id="mailbox.E001")]
    if url.scheme == "imap" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
        hint = "TONGXIN_MAILBOX=imap:// sends the password unencrypted; use imaps:// or imap+tls://"
        return [checks.Warning(hint, id="mailbox.W001")]
    return []
