"""The link by which a person follows a matter without signing in."""

from __future__ import annotations

import hmac
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.accounts.queries import sealer
from tongxin.kit.errors import NotFound

from ..models import Matter

SALT = "centres.matter"


class NoSuchMatter(NotFound):
    """The link is not whole, or the matter is gone."""


def progress_url(matter: Matter) -> str:
    """Return the address of the page that shows how far a matter is; whoever has it may read it."""
    return reverse("centres:progress", args=[signing.Signer(salt=SALT).sign(matter.pk.hex)])


def matter_of(token: str) -> Matter:
    """Return the matter of a link. Raises NoSuchMatter."""
    try:
        pk = UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        raise NoSuchMatter(_("这个链接不完整，请向窗口核对。")) from None
    found = Matter.objects.select_related("service", "centre", "case").filter(pk=pk).first()
    if found is None:
        raise NoSuchMatter(_("没有找到这件事，请向窗口核对。"))
    return found


def matter_by_number(number: str, tail: str) -> Matter:
    """Return the matter of a number, if the telephone it was left with ends in these digits.

    :raises NoSuchMatter: alike for a wrong number and wrong digits
    """
    found = Matter.objects.filter(number=number).exclude(phone_sealed="").first()
    known = sealer().open(found.phone_sealed)[-4:] if found else "----"
    if found is None or not hmac.compare_digest(known.encode(), tail.encode()):
        raise NoSuchMatter(_("没有找到，请核对编号和手机号后四位。"), field="number")
    return found
