"""What the paths of this app share."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import NotFound
from tongxin.regions.models import Region


def one_of(rows: Any, pk: Any) -> Any:
    """:raises NotFound: if no such row is among those the caller sees"""
    one = rows.filter(pk=pk).first()
    if one is None:
        raise NotFound(_("没有找到，或您看不到它。"))
    return one


def region_at(code: str) -> Region:
    found = Region.objects.public().filter(code=code, valid_to=None).first()
    if found is None:
        raise NotFound(_("没有这个区域。"), field="region")
    return found
