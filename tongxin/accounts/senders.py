"""What carries a message out of the house: SMS, e-mail, webhook. Nothing here touches a table."""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
import smtplib
import socket
import ssl
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

TIMEOUT = 10.0  # seconds, for each of connecting, writing and the answer

logger = logging.getLogger(__name__)


class SendFailed(Exception):  # noqa: N818 (as `Refused`: an answer to deal with)
    """The message was not taken; the text says why."""


class Unreachable(SendFailed):
    """The other side does not answer at all: what waits for it need not try now."""


def send_sms(phone: str, text: str, *, at: datetime) -> None:
    """Send by the sender named in TONGXIN_SMS: "console" or "webhook"."""
    SMS_SENDERS[settings.TONGXIN_SMS](phone, text, at)


def _sms_to_console(phone: str, text: str, at: datetime) -> None:
    logger.info("SMS %s: %s", phone, text)


def _sms_to_webhook(phone: str, text: str, at: datetime) -> None:
    post_signed(
        settings.TONGXIN_SMS_URL,
        {"phone": phone, "text": text},
        secret=settings.TONGXIN_SMS_SECRET,
        at=at,
    )


SMS_SENDERS = {"console": _sms_to_console, "webhook": _sms_to_webhook}


def send_email(
    address: str, subject: str, text: str, headers: dict[str, str] | None = None
) -> None:
    """Send by Django's mail backend, on one line of subject; `headers` go in as they are."""
    try:
        EmailMessage(" ".join(subject.split()), text, None, [address], headers=headers).send()
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError) as error:
        raise Unreachable(f"SMTP: {error}") from error
    except smtplib.SMTPException as error:  # is an OSError too
        raise SendFailed(f"SMTP: {error}") from error
    except OSError as error:
        raise Unreachable(f"SMTP: {error}") from error


def post_signed(
    url: str,
    content: dict,
    *,
    secret: str,
    at: datetime,
    headers: dict | None = None,
    old_secret: str = "",
) -> None:
    """POST JSON with X-Tongxin-Timestamp (unix seconds) and X-Tongxin-Signature.

    The signature is "sha256=" and the HMAC-SHA256 of "timestamp.body" in hex; with `old_secret`
    X-Tongxin-Signature-Previous has that of the secret before. Redirects are not
    followed: they would carry the message to an address that nobody entered.
    """
    body = json.dumps(content, ensure_ascii=False).encode()
    stamp = str(int(at.timestamp()))
    message = f"{stamp}.".encode() + body
    head = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Tongxin",
        "X-Tongxin-Timestamp": stamp,
        "X-Tongxin-Signature": _signature(secret, message),
        **(headers or {}),
    }
    if old_secret:
        head["X-Tongxin-Signature-Previous"] = _signature(old_secret, message)
    try:
        # As a stream: only the status is wanted, however much the other side has to say.
        with httpx.stream(
            "POST", url, content=body, headers=head, timeout=TIMEOUT, verify=_certificates()
        ) as response:
            status = response.status_code
    except httpx.TransportError as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    except httpx.InvalidURL as error:
        raise SendFailed(f"InvalidURL: {error}") from error
    if not 200 <= status < 300:
        raise SendFailed(f"HTTP {status}")


def _signature(secret: str, message: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), message, "sha256").hexdigest()


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # 50 ms of CPU, once and not per message


def refuse_target(url: str) -> str:
    """Return why no webhook may go to this address, or nothing.

    With TONGXIN_WEBHOOK_PRIVATE off, names that lead into a private network are refused, so that
    a subscription cannot be used to reach the machines behind us. (A name may lead elsewhere a
    moment later: a firewall has the last word.)
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return _("不是 http 或 https 地址")
    if settings.TONGXIN_WEBHOOK_PRIVATE:
        return ""
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        return _("找不到这台主机：%s") % error
    addresses = [ipaddress.ip_address(info[4][0]) for info in found]
    return (
        ""
        if all(address.is_global for address in addresses)
        else _("地址在内部网络中，系统设置不允许")
    )
