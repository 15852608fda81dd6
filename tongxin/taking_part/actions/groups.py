"""Residents' groups and what they do, conventions by poll, matters on which three lines work together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import (
    Convention,
    GroupActivity,
    GroupJoin,
    MatterParty,
    Poll,
    ResidentGroup,
    SharedMatter,
)
from .common import must_be_community, must_keep
from .polls import set_poll

LINES = ("community", "unit", "sector", "residents")


class BadGroup(Invalid):
    """A group needs a kind, a name of its own, a community."""


class JoinedAlready(Refused):
    """Everybody joins a group once."""


class BadMatter(Invalid):
    """A shared matter has parties of at least two lines, each named once."""


class EndedAlready(Refused):
    """It is over."""


@transaction.atomic
def register_group(
    *, community: Region, kind: str, name: str, leader: str, by: User, at: datetime,
    purpose: str = "", people: int = 0, founded_on: date | None = None,
) -> ResidentGroup:  # fmt: skip
    """Enter a mass group, association or group of residents of a community.

    :raises BadGroup: for a kind there is not, or a name that stands there
    """
    must_be_community(community)
    must_keep(by, community.path, what=_("登记居民组织"))
    if kind not in ResidentGroup.Kind.values:
        raise BadGroup(_("请选择类型。"), field="kind")
    if not 0 <= people < 100_000:
        raise BadGroup(_("人数不会是这个数，请核对。"), field="people")
    try:
        with transaction.atomic():
            return ResidentGroup.objects.create(
                community=community, kind=kind, people=people, founded_on=founded_on,
                name=clean_text(name, limit=60, field_label=_("名称"), required=True),
                purpose=clean_text(purpose, limit=200, field_label=_("做什么")),
                leader=clean_text(leader, limit=40, field_label=_("负责人"), required=True),
                recorded_by=by, recorded_at=at,
            )  # fmt: skip
    except IntegrityError:
        raise BadGroup(_("这个社区已有同名的组织。"), field="name") from None


@transaction.atomic
def end_group(group: ResidentGroup, *, on: date, by: User, at: datetime) -> ResidentGroup:
    """Write down that a group has dissolved. :raises EndedAlready:"""
    one = ResidentGroup.objects.select_for_update(of=("self",)).select_related("community").get(pk=group.pk)  # fmt: skip
    must_keep(by, one.community.path, what=_("登记居民组织"))
    if one.ended_on:
        raise EndedAlready(_("已经登记过解散。"))
    one.ended_on = min(on, localdate(at))
    one.save(update_fields=["ended_on"])
    return one


@transaction.atomic
def record_activity(
    group: ResidentGroup, *, title: str, on: date, by: User, at: datetime, place: str = "",
    people: int = 0, note: str = "",
) -> GroupActivity:  # fmt: skip
    """Enter what a group did. :raises BadGroup: for a day to come; EndedAlready: for one dissolved"""
    one = ResidentGroup.objects.select_related("community").get(pk=group.pk)
    must_keep(by, one.community.path, what=_("登记活动"))
    if one.ended_on:
        raise EndedAlready(_("这个组织已经解散。"))
    if on > localdate(at):
        raise BadGroup(_("活动日期不能晚于今天。"), field="on")
    return GroupActivity.objects.create(
        group=one, on=on, people=people, recorded_by=by, recorded_at=at,
        title=clean_text(title, limit=60, field_label=_("活动"), required=True),
        place=clean_text(place, limit=60, field_label=_("地点")),
        note=clean_text(note, limit=300, field_label=_("情况"), multiline=True),
    )  # fmt: skip


@transaction.atomic
def ask_to_join(group: ResidentGroup, *, by: User, at: datetime) -> GroupJoin:
    """Ask to join a group; the community's desk takes one in. :raises JoinedAlready, EndedAlready:"""
    one = ResidentGroup.objects.get(pk=group.pk)
    if one.ended_on:
        raise EndedAlready(_("这个组织已经解散。"))
    found = GroupJoin.objects.select_for_update().filter(group=one, user=by).first()
    if found is not None and found.state != GroupJoin.State.LEFT:
        raise JoinedAlready(_("您已经申请或加入了。"))
    if found is not None:
        found.state, found.at = GroupJoin.State.ASKED, at
        found.save(update_fields=["state", "at"])
        return found
    return GroupJoin.objects.create(group=one, user=by, state=GroupJoin.State.ASKED, at=at)


@transaction.atomic
def take_in(join: GroupJoin, *, by: User, at: datetime) -> GroupJoin:
    """Take somebody into a group: it counts one more. :raises JoinedAlready: if that was decided"""
    one = GroupJoin.objects.select_for_update(of=("self",)).select_related("group__community").get(pk=join.pk)  # fmt: skip
    must_keep(by, one.group.community.path, what=_("办理加入"))
    if one.state != GroupJoin.State.ASKED:
        raise JoinedAlready(_("这份申请已经办过。"))
    one.state, one.at = GroupJoin.State.IN, at
    one.save(update_fields=["state", "at"])
    group = ResidentGroup.objects.select_for_update().get(pk=one.group_id)
    group.people += 1
    group.save(update_fields=["people"])
    return one


@transaction.atomic
def leave_group(join: GroupJoin, *, by: User, at: datetime) -> GroupJoin:
    """Leave a group, or take one's asking back. :raises EndedAlready: if one has left"""
    one = GroupJoin.objects.select_for_update().get(pk=join.pk, user=by)
    if one.state == GroupJoin.State.LEFT:
        raise EndedAlready(_("您已经退出。"))
    if one.state == GroupJoin.State.IN:
        group = ResidentGroup.objects.select_for_update().get(pk=one.group_id)
        group.people = max(0, group.people - 1)
        group.save(update_fields=["people"])
    one.state, one.at = GroupJoin.State.LEFT, at
    one.save(update_fields=["state", "at"])
    return one


# Conventions.


@transaction.atomic
def draft_convention(
    *, community: Region, name: str, text: str, by: User, at: datetime
) -> Convention:
    """Write the next version of a convention (居民公约, 村规民约); it holds once a poll adopts it.

    Source: 《城市居民委员会组织法》 (2018) 第十五条: discussed and made by the residents' meeting.
    """
    must_be_community(community)
    must_keep(by, community.path, what=_("起草居民公约"))
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    Region.objects.select_for_update().only("pk").get(pk=community.pk)  # one version at a time
    rows = Convention.objects.filter(community=community, name=name)
    last = rows.aggregate(n=Max("version"))["n"] or 0
    return Convention.objects.create(
        community=community, name=name, version=last + 1, drafted_by=by, drafted_at=at,
        text=clean_text(text, limit=10_000, field_label=_("正文"), required=True, multiline=True),
    )  # fmt: skip


@transaction.atomic
def vote_on_convention(
    convention: Convention, *, rule: str, is_secret: bool, opens_at: datetime, closes_at: datetime,
    by: User, at: datetime,
) -> Poll:  # fmt: skip
    """Put a draft to the vote; publishing the result adopts or rejects it.

    :raises EndedAlready: if it is no draft, or is in a vote
    """
    one = Convention.objects.select_for_update(of=("self",)).select_related("community", "poll").get(pk=convention.pk)  # fmt: skip
    void = one.poll is not None and one.poll.state == Poll.State.VOID
    if one.state != Convention.State.DRAFT or (one.poll is not None and not void):
        raise EndedAlready(_("这一版已经表决过，或正在表决。"))
    poll = set_poll(
        community=one.community, title=_("%(name)s（第 %(n)d 版）") % {"name": one.name, "n": one.version},
        text=one.text[:5000], rule=rule, is_secret=is_secret, opens_at=opens_at,
        closes_at=closes_at, by=by, at=at,
    )  # fmt: skip
    one.poll = poll
    one.save(update_fields=["poll"])
    return poll


# Three lines.


@transaction.atomic
def open_matter(
    *, community: Region, title: str, parties: Sequence[dict[str, Any]], by: User, at: datetime,
    text: str = "", source: tuple[str, str, str, str] = ("", "", "", ""),
) -> SharedMatter:  # fmt: skip
    """Open a matter of three lines (社区、单位、行业, S3.35): {"line", "org" or "group" or "name", "task"}.

    :raises BadMatter: with parties of one line only, an unknown line, or one twice
    """
    must_be_community(community)
    must_keep(by, community.path, what=_("登记三线联动事项"))
    rows = [_party(one) for one in parties]
    if len({row["line"] for row in rows}) < 2:
        raise BadMatter(_("至少要有两条线的参与方：社区、单位、行业、居民组织。"), field="parties")
    if len({row["name"] for row in rows}) < len(rows):
        raise BadMatter(_("有一个参与方写了两次。"), field="parties")
    made = SharedMatter.objects.create(
        community=community, title=clean_text(title, limit=60, field_label=_("事项"), required=True),
        text=clean_text(text, limit=300, field_label=_("说明"), multiline=True),
        opened_on=localdate(at), recorded_by=by, recorded_at=at,
        **dict(zip(("source_kind", "source_id", "source_label", "source_url"), source, strict=True)),
    )  # fmt: skip
    MatterParty.objects.bulk_create([MatterParty(matter=made, **row) for row in rows])
    return made


def _party(one: dict[str, Any]) -> dict[str, Any]:
    if one.get("line") not in LINES:
        raise BadMatter(_("请写明参与方属于哪条线。"), field="parties")
    org, group = one.get("org"), one.get("group")
    name = str(org or group or one.get("name") or "")
    return {
        "line": one["line"], "org": org if isinstance(org, Org) else None,
        "group": group if isinstance(group, ResidentGroup) else None,
        "name": clean_text(name, limit=100, field_label=_("参与方"), required=True),
        "task": clean_text(one.get("task") or "", limit=100, field_label=_("做什么"), required=True),
    }  # fmt: skip


@transaction.atomic
def finish_part(party: MatterParty, *, by: User, at: datetime) -> MatterParty:
    """Write down that a party did its part. :raises EndedAlready: the second time"""
    one = MatterParty.objects.select_for_update(of=("self",)).select_related("matter__community").get(pk=party.pk)  # fmt: skip
    must_keep(by, one.matter.community.path, what=_("登记进展"))
    if one.done_on or one.matter.closed_on:
        raise EndedAlready(_("这一项已经完成。"))
    one.done_on = localdate(at)
    one.save(update_fields=["done_on"])
    return one


@transaction.atomic
def close_matter(matter: SharedMatter, *, result: str, by: User, at: datetime) -> SharedMatter:
    """End a shared matter with its result. :raises EndedAlready:"""
    one = SharedMatter.objects.select_for_update(of=("self",)).select_related("community").get(pk=matter.pk)  # fmt: skip
    must_keep(by, one.community.path, what=_("办结事项"))
    if one.closed_on:
        raise EndedAlready(_("这个事项已经办结。"))
    one.result = clean_text(result, limit=300, field_label=_("结果"), required=True, multiline=True)
    one.closed_on = localdate(at)
    one.save(update_fields=["result", "closed_on"])
    return one
