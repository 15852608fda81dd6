"""What every action of this app asks first: whose land it is; keys that are each caller's own."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.text import clean_text, mask_name
from tongxin.regions.models import Region

from ..models.common import keeps


class NotACommunity(Invalid):
    """Deliberation belongs to a community or village, not to a street or a grid."""


def must_keep(by: Any, path: str, *, what: str) -> None:
    """:raises NotPermitted: unless `by` keeps deliberations on the land of a path"""
    if not keeps(by, path):
        raise NotPermitted(
            _("您的岗位不能%s。") % what, remedy=_("请由社区派单员、验单员或街镇管理员办理。")
        )


def must_be_community(region: Region) -> None:
    if region.level != Region.Level.COMMUNITY:
        raise NotACommunity(_("请选到社区（村）。"), field="community")


def scoped(by: Any, key: str | None) -> str | None:
    """Return a key as it is kept: each caller's own; None if none was given."""
    text = clean_text(key or "", limit=80, field_label="Idempotency-Key")
    return f"{by.pk}:{text}" if text else None


def name_shown(by: Any, hides: bool) -> str:
    """Return the name that the public reads."""
    return mask_name(by.name) if hides else by.name
