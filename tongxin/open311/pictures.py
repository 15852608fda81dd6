"""Pictures at addresses that other systems name: fetched from the hosts agreed on, and no others."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.images import MEBI

from .guarded import TOO_LARGE, CallFailed, Forbidden, Refusal, Silent, opened, pieces

MOST_BYTES = 15 * MEBI  # what a photo may have
SECONDS = 20.0  # for a picture from its first byte to its last
MOST_HOPS = 3  # redirects followed, each to a host agreed on
MOST_HOSTS = 20
_HOST = re.compile(
    r"(\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+(:\d{1,5})?"
)


class BadHost(Invalid):
    """Not the name of a host."""


def hosts_of(text: str) -> list[str]:
    """Return the hosts written in a text, lower case: "img.example.cn *.example.org:8443".

    :raises BadHost: naming the one that is wrong; or for more than 20
    """
    hosts = (
        list(dict.fromkeys(re.split(r"[\s,，、;；]+", text.strip().lower())))
        if text.strip()
        else []
    )
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise BadHost(
                _("“%s”不是主机名，应像 img.example.cn 或 *.example.cn。") % host[:60],
                field="media_hosts",
            )
    if len(hosts) > MOST_HOSTS:
        raise BadHost(_("最多写 %d 台主机。") % MOST_HOSTS, field="media_hosts")
    return hosts


def refuse_picture(url: str, hosts: list[str]) -> str:
    """Return why a picture is not fetched from an address, or nothing.

    Only by https (TONGXIN_OPEN311_MEDIA_HTTP: also http), only from the hosts agreed on, and only
    at the usual port unless the host is written with another.
    """
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return _("地址写得不对")
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if usual is None or (parts.scheme == "http" and not settings.TONGXIN_OPEN311_MEDIA_HTTP):
        return _("附图只从 https 地址取回")
    tail = f":{port}" if port and port != usual else ""
    if not any(_is_of(f"{name}{tail}", host) for host in hosts):
        return _("主机 %s 不在允许取图的名单中") % f"{name}{tail}"[:80]
    return ""


def _is_of(name: str, host: str) -> bool:
    return name.endswith(host[1:]) if host.startswith("*.") else name == host


def fetch(url: str, hosts: list[str]) -> bytes:
    """Return the bytes at an address.

    :raises Forbidden, Refusal: it will not be there later either
    :raises Silent, CallFailed: it may be there later
    """
    for _hop in range(MOST_HOPS + 1):
        if why := refuse_picture(url, hosts):
            raise Forbidden(why)
        found, url = _fetch_one(url)
        if found is not None:
            return found
    raise Refusal(_("转了太多次地址"))


def _fetch_one(url: str) -> tuple[bytes | None, str]:
    """Return (bytes, "") or, where the address has moved, (None, the next address)."""
    try:
        with opened("GET", url, accept="image/*") as response:
            return _read(response, url)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Silent(_("连不上对方：%s") % type(error).__name__) from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        if str(error) == TOO_LARGE:
            raise Refusal(_("图片超过 %d MB") % (MOST_BYTES // MEBI)) from error
        raise Silent(_("对方没有答完：%s") % type(error).__name__) from error


def _read(response: httpx.Response, url: str) -> tuple[bytes | None, str]:
    status, moved_to = response.status_code, response.headers.get("location", "")
    if status in {301, 302, 303, 307, 308} and moved_to:
        return None, urljoin(url, moved_to)
    if 200 <= status < 300:
        chunks = response.iter_raw()  # a picture needs no unpacking, and none is done
        return b"".join(pieces(chunks, most=MOST_BYTES, seconds=SECONDS)), ""
    if 400 <= status < 500 and status not in {408, 429}:
        raise Refusal(f"HTTP {status}")
    raise CallFailed(f"HTTP {status}")
