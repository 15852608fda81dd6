"""Signs on the spot: a code that stands for one place, may be typed, and cannot be made up."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.fieldwork.models import Target
from tongxin.kit.errors import Invalid
from tongxin.regions.queries import world

LENGTH = 8
CODE = re.compile(r"([TR])([0-9]{1,18})-([A-Z2-7]{8})$")


class BadSign(Invalid):
    """No sign of ours, or one of another installation."""


@dataclass(frozen=True)
class Site:
    """What a sign stands for: a target of a plan (its id), or else a region (its path)."""

    code: str
    name: str
    target: int | None = None
    area: str = ""


def sign_of_target(target: Target) -> Site:
    return Site(_signed(f"T{target.pk}"), target.name, target.pk, target.region.path)


def sign_of_region(code: str) -> Site | None:
    """Return the sign of a region that is there today: for checking in at a community's door."""
    land = world().by_code.get(code)
    return Site(_signed(f"R{land.code}"), land.name, None, land.path) if land else None


def url_of(site: Site) -> str:
    """Return what the QR code holds: an address of this installation, so that any camera opens it."""
    return settings.TONGXIN_URL.rstrip("/") + reverse("mobile:sign-read", args=[site.code])


def site_of(text: str) -> Site:
    """Return the site of a sign that was read or typed: the code alone, or the address it is in.

    :raises BadSign: if it is none of ours, or what it stood for is gone
    """
    match = CODE.search(text.strip().upper().rstrip("/"))
    kind, id = (match[1], match[2]) if match else ("", "")
    if match is None or not hmac.compare_digest(_signed(kind + id), match[0]):
        raise BadSign(
            _("这个码不是本系统的，请扫现场张贴的码，或核对输入的字母和数字。"), field="code"
        )
    if kind == "R":
        site = sign_of_region(id)
    else:
        target = Target.objects.select_related("region").filter(pk=int(id)).first()
        site = sign_of_target(target) if target else None
    if site is None:
        raise BadSign(_("这个码对应的地点已撤销，请联系管理员换新码。"), field="code")
    return site


def _signed(payload: str) -> str:
    # By the key of indexes, which is never turned: signs hang on walls for years.
    made = hmac.new(settings.TONGXIN_INDEX_KEY.encode(), f"site:{payload}".encode(), sha256)
    return f"{payload}-{base64.b32encode(made.digest())[:LENGTH].decode()}"
