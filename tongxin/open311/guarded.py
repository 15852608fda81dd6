"""Calls that leave the house: to checked addresses only, bounded in time and size.

What we connect to is the address that was checked, so that a name cannot point elsewhere a moment
later. Nothing here touches a table.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

TIMEOUT = 5.0  # seconds for each of connecting, writing, and a piece of the answer
TOO_LARGE = "too large"
WHOLE = 10.0  # seconds for an answer from its first byte to its last


class CallFailed(Exception):  # noqa: N818 (an answer to deal with)
    """The call did no harm: it was refused, or never arrived."""


class Silent(CallFailed):
    """The other side does not answer at all: what waits for it need not try now."""


class Refusal(CallFailed):
    """The other side said no, and will say so again: 400, 403, 404."""


class Forbidden(CallFailed):
    """We may not call that address at all."""


def refuse_address(url: str) -> str:
    """Return why nothing may be sent to this address, or nothing."""
    try:
        address_of(url)
    except CallFailed as error:
        return str(error)
    return ""


def address_of(url: str) -> tuple[str, int, str]:
    """Return (host, port, an address of it).

    :raises Forbidden: for another scheme, or a private network, unless
        TONGXIN_OPEN311_ALLOW_PRIVATE
    :raises CallFailed: for a host that is not found
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Forbidden(_("地址写得不对")) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise Forbidden(_("不是 http 或 https 地址"))
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CallFailed(_("找不到这台主机：%s") % error) from error
    addresses = [str(info[4][0]) for info in found]
    if not settings.TONGXIN_OPEN311_ALLOW_PRIVATE and not all(map(is_public, addresses)):
        raise Forbidden(_("地址在内部网络中，系统设置不允许"))
    return parts.hostname, port, addresses[0]


NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Return whether an address is one of the open Internet, and holds no other inside itself."""
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address) and (
        one.ipv4_mapped or one.sixtofour or one.teredo or one in NAT64
    ):
        return False
    return one.is_global and not one.is_multicast


@contextmanager
def opened(method: str, url: str, *, accept: str, **request: Any) -> Iterator[httpx.Response]:
    """Call a checked address; the answer's body is still to be read. Redirects are not followed.

    :raises CallFailed: as `address_of`
    :raises httpx.TransportError, httpx.InvalidURL:
    """
    host, port, address = address_of(url)
    parts = urlsplit(url)
    netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    if parts.query and "params" not in request:
        request["params"] = httpx.QueryParams(parts.query)
    request |= {
        "headers": {"Host": parts.netloc, "User-Agent": "Tongxin", "Accept": accept},
        "extensions": {"sni_hostname": host},  # the certificate is that of the name
    }
    with (
        httpx.Client(timeout=TIMEOUT, verify=_certificates(), trust_env=False) as client,
        client.stream(method, f"{parts.scheme}://{netloc}{parts.path}", **request) as response,
    ):
        yield response


def pieces(chunks: Iterable[bytes], *, most: int, seconds: float = 0) -> Iterator[bytes]:
    """Yield the pieces of a body while it is not too large (bytes) and does not take too long (10 s).

    :raises httpx.ReadError, httpx.ReadTimeout:
    """
    started, size, longest = monotonic(), 0, seconds or WHOLE
    for piece in chunks:
        size += len(piece)
        if size > most:
            raise httpx.ReadError(TOO_LARGE)
        if monotonic() - started > longest:
            raise httpx.ReadTimeout("too slow")
        yield piece


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
