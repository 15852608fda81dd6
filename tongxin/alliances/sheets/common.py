"""What the sheets of this app share."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, world
from tongxin.spreadsheets.declaring import Row

from ..models.alliances import OFFICES

BLOCK = 500
READ_ONLY = gettext_lazy("只供对照，导入时不看。")


class HasHistory(Refused):
    """Something rests on the row: it is not simply taken back."""


def works(actor: Any) -> bool:
    return any(post.role in OFFICES for post in posts_of(actor))


def named(rows: list[Row], column: str) -> set[str]:
    return {row.get(column) for row in rows} - {None}


def land_of(row: Row, path: str) -> Land | None:
    """Return the land a row names inside a place, or refuse it."""
    word = row.values["region"]
    found = [
        land
        for land in world().lands
        if word in (land.code, land.name, land.short_name) and land.path.startswith(path)
    ]
    if len(found) != 1:
        words = _("范围内没有“%s”") if not found else _("有不止一个“%s”，请填区划代码")
        row.refuse("region", words % word)
        return None
    return found[0]
