"""What several actions of this app ask: who may, at which time, numbers and history."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Visit, VisitChange, VisitCounter
from ..models.checklists import WRITERS

SKEW = timedelta(minutes=10)  # how far ahead of ours a phone's clock may be


class NotYourLand(NotPermitted):
    """Checklists and plans are written by the officers of the land they are for."""


class NotOnTeam(NotPermitted):
    """A visit is made by its team."""


class FromTheFuture(Invalid):
    """What has not happened yet cannot be reported."""


class VisitOver(Refused):
    """The visit is cancelled, or done, and takes no more of this."""


def must_write_for(by: User, region: Region | None, roles: Collection[str] = WRITERS) -> None:
    """:raises NotYourLand: for who holds none of the roles over the region"""
    if region is None or roles_over(by, region.path).isdisjoint(roles):
        where = region.name if region else _("全部区域")
        raise NotYourLand(
            _("您不负责%s，不能为它安排。") % where,
            field="region",
            remedy=_("请选择自己管辖范围内的区域。"),
        )


def not_ahead(at: datetime, recorded_at: datetime) -> None:
    """:raises FromTheFuture: for a moment after the one at which it became known"""
    if at > recorded_at + SKEW:
        raise FromTheFuture(_("时间比现在还晚，请检查手机的时间设置。"), field="at")


def note_change(
    visit: Visit, kind: str, text: str, *, by: User | None, at: datetime, recorded_at: datetime
) -> None:
    """Write a line into the history of a visit."""
    VisitChange.objects.create(
        visit=visit, kind=kind, text=text[:300], by=by, at=at, recorded_at=recorded_at
    )


def take_numbers(area: str, at: datetime, count: int = 1) -> list[str]:
    """Take the district's next numbers of the year: "120116-V2026-00042"."""
    city, district, *_rest = f"{area}//".split("/")
    prefix = f"{f'{city}{district}'[:6].ljust(6, '0')}-V{localdate(at).year}"
    table = connection.ops.quote_name(VisitCounter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (prefix, n) VALUES (%s, %s)"  # noqa: S608
            f" ON CONFLICT (prefix) DO UPDATE SET n = {table}.n + %s RETURNING n",
            [prefix, count, count],
        )
        (last,) = cursor.fetchone()
    return [f"{prefix}-{n:05d}" for n in range(last - count + 1, last + 1)]
