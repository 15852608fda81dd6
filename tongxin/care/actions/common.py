"""What every action of care asks before it writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.accounts.queries import sealer
from tongxin.kit.errors import Invalid, NotFound, NotPermitted, Refused
from tongxin.kit.ids import uuid7
from tongxin.kit.text import clean_text, normal_phone
from tongxin.orgs.models import Post
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import CareFile
from ..queries.files import BODY
from ..scope import has_duty, walks

LIMITS = {"door": 60, "needs": 500, "situation": 500, "contact": 40}
LABELS = BODY


class NotYourCare(NotPermitted):
    """Files are kept by the worker of the grid and the care officer of the community."""


class NoSuchFile(NotFound):
    """There is no such file, or none the actor reads."""


class FileClosed(Refused):
    """The file has been closed: nothing is written into it any more."""


class NotAGrid(Invalid):
    """A file lies in a grid."""


class BadDay(Invalid):
    """A day that cannot be."""


def must_keep(by: User, path: str) -> None:
    """Refuse who is neither worker of the grid nor care officer of the community.

    :raises NotYourCare:
    """
    if not (walks(by, path) or has_duty(by, path)):
        raise NotYourCare(
            _("关爱档案由本网格的网格员和社区关爱专员办理。"),
            remedy=_("请联系社区关爱专员；没有专员的，由街道管理员指定。"),
        )


def must_have_duty(by: User, path: str) -> None:
    """:raises NotYourCare: for anybody but the community's care officer"""
    if not has_duty(by, path):
        raise NotYourCare(_("这件事由社区关爱专员办理。"), remedy=_("请联系社区关爱专员。"))


def locked(file: CareFile, by: User, *, standing: bool = True) -> CareFile:
    """Return the file as it stands now, held until the transaction ends, if the actor reads it.

    :raises NoSuchFile: alike for one that is not there and one that is not theirs
    :raises FileClosed: if it has been closed and `standing` is asked for
    """
    rows = CareFile.objects.select_for_update(of=("self",)).select_related("grid", "community")
    found = rows.filter(pk=file.pk).first()
    if found is None or not CareFile.objects.visible_to(by).filter(pk=file.pk).exists():
        raise NoSuchFile(_("没有找到这份档案，或您看不到它。"))
    if standing and found.closed_at is not None:
        raise FileClosed(_("这份档案已于 %s 结束，不能再办理。") % localdate(found.closed_at))
    return found


def must_be_grid(grid: Region) -> Region:
    """Return the community of a grid.

    :raises NotAGrid: if it is none
    """
    parent = grid.parent
    if grid.level != Region.Level.GRID or parent is None:
        raise NotAGrid(_("请选择一个网格。"), field="grid")
    return parent


def read_body(given: Mapping[str, Any], old: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the fields of a sealed body, cleaned; those not given stay as they were."""
    body = {name: (old or {}).get(name, "") for name in BODY}
    for name, value in given.items():
        if name not in BODY:
            raise Invalid(_("没有“%s”这一项。") % name)
        if name in LIMITS:
            multiline = name in ("needs", "situation")
            body[name] = clean_text(
                value, limit=LIMITS[name], field_label=str(BODY[name]), multiline=multiline
            )
        elif name == "phone":
            body[name] = normal_phone(value) if value else ""
        else:  # whom to call may have a fixed line
            body[name] = clean_text(value, limit=20, field_label=str(BODY[name]))
    return body


def sealed(words: Mapping[str, Any]) -> str:
    """Return words as one sealed text; what says nothing is left out."""
    said = {name: value for name, value in words.items() if value}
    return sealer().seal(json.dumps(said, ensure_ascii=False)) if said else ""


def keep(data: bytes | None, *, by: User, at: datetime, key: str = "") -> Photo | None:
    """Keep a photo that was handed in, if one was."""
    return keep_photo(data=data, by=by, at=at, key=key or None, id=uuid7(at)) if data else None


def scoped(by: User, key: str) -> str:
    """Return a caller's own key as it is kept."""
    return f"{by.pk}:{key[:80]}" if key else ""


def carers_of(file: CareFile) -> list[User]:
    """Return who goes: the named carers, or the workers of the grid."""
    named = [one.user for one in file.carers.filter(to_date=None).select_related("user")]
    return named or workers_of(file.area)


def workers_of(path: str) -> list[User]:
    """Return who walks the grid of the path today."""
    posts = Post.objects.filter(role=Post.Role.GRID_WORKER, region__path=path, to_date=None)
    return [post.user for post in posts.select_related("user").order_by("pk")]


def care_officers(path: str) -> list[User]:
    """Return the care officers of the community in which the path lies."""
    from ..models import CareDuty

    rows = CareDuty.objects.filter(to_date=None).select_related("user", "region").order_by("pk")
    parts = path.rstrip("/").split("/")
    above = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
    return [one.user for one in rows.filter(region__path__in=above)]
