"""Posts given and ended; organisations and their grids."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.regions.models import Region

from ..models import Org, Post


class PostHeld(Refused):
    """The user holds this very post already."""


class PostOver(Refused):
    """A post that has ended is not taken up again: a new one is given."""


class BadReach(Invalid):
    """A post reaches over the organisation's own region, or a part of it."""


class BadDates(Invalid):
    """A post ends after it begins, and not in the past of the one who ends it."""


class NotStanding(Refused):
    """The account is closed, or the organisation or region is no more."""


class StillNeeded(Refused):
    """An organisation cannot go while posts are held in it or others stand under it."""


class BadParent(Invalid):
    """An organisation stands under another, never under itself."""


class BadGrid(Invalid):
    """A party unit covers grids of its own region, each covered once."""


@transaction.atomic
def give_post(
    *,
    user: User,
    org: Org,
    role: str,
    at: datetime,
    by: User | None = None,
    region: Region | None = None,
    from_date: date | None = None,
    to_date: date | None = None,
) -> Post:
    """Give a user an office: from that day on they may do what the role may, as far as it reaches.

    It reaches over `region`, or the organisation's own; it begins on `from_date` or today.

    :raises NotStanding, BadReach, BadDates, PostHeld: as their names say
    """
    region, today = region or org.region, localdate(at)
    from_date = from_date or today
    check_post(
        user=user,
        org=org,
        role=role,
        region=region,
        from_date=from_date,
        to_date=to_date,
        today=today,
    )
    try:
        with transaction.atomic():
            post = Post.objects.create(
                user=user, org=org, role=role, region=region, from_date=from_date, to_date=to_date
            )
    except IntegrityError as error:
        raise _held(user, role) from error
    audit(actor=by, action="post.give", object=user.username, detail=_facts(post), at=at)
    return post


def check_post(
    *,
    user: User,
    org: Org,
    role: str,
    region: Region,
    from_date: date,
    to_date: date | None,
    today: date,
) -> None:
    """Raise what `give_post` raises, and change nothing."""
    if not user.is_active:
        raise NotStanding(_("%s 的账号已停用，不能任职") % user, field="user")
    if org.dissolved_on and org.dissolved_on <= today:
        raise NotStanding(_("“%s”已撤销，不能任职") % org, field="org")
    if region.valid_to and region.valid_to <= today:
        raise NotStanding(_("“%s”已停用，请选现在的区域") % region, field="region")
    if not region.path.startswith(org.region.path):
        raise BadReach(
            _("“%(region)s”不在%(org)s的辖区“%(land)s”内，请选辖区内的区域，或留空")
            % {"region": region, "org": org, "land": org.region},
            field="region",
        )
    if to_date and to_date <= from_date:
        raise BadDates(_("离任日期应晚于任职日期"), field="to_date")
    if user.pk is None:
        return
    same = Post.objects.filter(user=user, org=org, role=role, region=region)
    if same.filter(Q(to_date=None) | Q(to_date__gt=from_date)).exists():
        raise _held(user, role)


def _held(user: User, role: str) -> PostHeld:
    words = {"user": user, "role": Post.Role(role).label}
    return PostHeld(_("%(user)s已担任这个岗位（%(role)s），不必再加") % words, field="role")


@transaction.atomic
def end_post(*, post: Post, on: date | None, at: datetime, by: User | None) -> None:
    """End a post: from `on` on it gives nothing. None takes back an end that is still to come.

    The row stays: who answered for what, and when, is part of the history.

    :raises PostOver: if it has ended already
    :raises BadDates: for a day before it began, or before today
    """
    today = localdate(at)
    post = (
        Post.objects.select_for_update(of=("self",)).select_related("user", "org").get(pk=post.pk)
    )
    if post.to_date and post.to_date <= today:
        raise PostOver(
            _("%(user)s已于 %(day)s 离任；要重新任职，请新增岗位")
            % {"user": post.user, "day": post.to_date},
            field="to_date",
        )
    if on and (on < today or (post.from_date and on < post.from_date)):
        raise BadDates(_("离任日期不能早于今天，也不能早于任职日期"), field="to_date")
    post.to_date = on
    try:
        with transaction.atomic():
            post.save(update_fields=["to_date"])
    except IntegrityError as error:
        raise _held(post.user, post.role) from error
    audit(
        actor=by,
        action="post.end" if on else "post.keep",
        object=post.user.username,
        detail=_facts(post),
        at=at,
    )


def _facts(post: Post) -> dict[str, str]:
    facts = {"org": post.org.name, "role": post.role, "region": post.region.code}
    days = {"from": post.from_date, "to": post.to_date}
    return facts | {name: str(day) for name, day in days.items() if day}


@transaction.atomic
def dissolve_org(*, org: Org, on: date, at: datetime, by: User | None) -> None:
    """Close an organisation from a day on: it is offered nowhere any more, its history stays.

    :raises StillNeeded: while posts are held in it after that day, or others stand under it
    """
    held = Post.objects.held_on(on).filter(org=org).select_related("user")
    names = [str(post.user) for post in held[:5]]
    if names:
        raise StillNeeded(
            _("“%(org)s”还有人任职：%(names)s。请先让他们离任。")
            % {"org": org, "names": "、".join(names)}
        )
    below = [child.name for child in org.children.filter(dissolved_on=None)[:5]]
    if below:
        raise StillNeeded(
            _("“%(org)s”还有下级：%(names)s。请先撤销或改挂下级。")
            % {"org": org, "names": "、".join(below)}
        )
    org.dissolved_on = on
    org.save(update_fields=["dissolved_on"])
    audit(actor=by, action="org.dissolve", object=org.name, detail={"on": str(on)}, at=at)


def check_parent(*, org: Org, parent: Org) -> None:
    """Raise `BadParent` if `org` would stand under itself."""
    above: Org | None = parent
    while above is not None:
        if above.pk == org.pk:
            raise BadParent(_("上级不能是它自己或它的下级"), field="parent")
        above = above.parent


def check_grids(*, org: Org, grids: Collection[Region]) -> None:
    """Raise `BadGrid` unless a party unit may cover these grids (S0.26)."""
    if grids and org.kind != Org.Kind.PARTY:
        raise BadGrid(_("只有党组织可以覆盖网格"), field="grids")
    for grid in grids:
        small = grid.level in (Region.Level.GRID, Region.Level.BUILDING)
        if not small or not grid.path.startswith(org.region.path):
            raise BadGrid(
                _("“%(grid)s”不是%(land)s里的网格") % {"grid": grid, "land": org.region},
                field="grids",
            )
        if grid.level == Region.Level.BUILDING and org.unit_kind not in ("group", "branch"):
            raise BadGrid(
                _("楼栋由党小组或党支部覆盖，“%s”不是") % org,
                field="grids",
            )
        other = grid.party_units.exclude(pk=org.pk).filter(dissolved_on=None).first()
        if other is not None:
            raise BadGrid(
                _("“%(grid)s”已由“%(other)s”覆盖，请先从那里移出") % {"grid": grid, "other": other},
                field="grids",
            )
