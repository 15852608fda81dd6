"""A campaign is started over every place of its land; its numbers, its leaders, what follows it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.backplan import latest_start
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post, UnitKind
from tongxin.orgs.scope import posts_of
from tongxin.places.models import Centre
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, calendar_for, world

from ..models import (
    AreaNorm,
    CommandArea,
    Criterion,
    FollowUp,
    FollowUpMark,
    GroupMember,
    PlaceKind,
    RenovationCampaign,
    Site,
    StageNorm,
)
from ..models.campaigns import ISSUERS, OVERSEERS, Mode
from .common import hold_campaign, hold_site, must_hold, note, past, scoped, touch

DATA = Path(__file__).parent.parent / "data"
SAMPLE_SOURCE = "样例"
SAMPLE_AREA = {PlaceKind.COMMUNITY: 300, PlaceKind.VILLAGE: 200}


class BadCampaign(Invalid):
    """A campaign needs an area with places in it, days in order, two different departments."""


class NotTopLeader(Refused):
    """Only the top leader answers for it; it cannot be handed to a deputy (主官主抓, S1.11)."""

    status = 422


class SeatTaken(Refused):
    """The group has its head already, or this person sits in it."""


def is_top_leader(user: User, region: Region, on: date) -> bool:
    """Say whether somebody is the secretary of the committee of an area on a day."""
    return (
        Post.objects.held_on(on)
        .filter(
            user=user,
            role=Post.Role.SECRETARY,
            org__region=region,
            org__kind=Org.Kind.PARTY,
            org__unit_kind__in=(UnitKind.COMMITTEE, UnitKind.WORK_COMMITTEE),
        )  # fmt: skip
        .exists()
    )


def must_lead(user: User, region: Region, on: date, *, field: str) -> None:
    if not is_top_leader(user, region, on):
        words = {"name": user.name, "place": region.name}
        raise NotTopLeader(
            _("%(name)s不是%(place)s党组织的书记。阵地改造由主官主抓，不能由他人代管。") % words,
            field=field, remedy=_("请选择这个区域党（工）委的书记。"),
        )  # fmt: skip


@transaction.atomic
def start_campaign(
    *, name: str, region: Region, org: Org, head: User, begun_on: date, final_on: date, by: User,
    at: datetime, partner: Org | None = None, programme: str = "", text: str = "",
    with_samples: bool = True, key: str = "",
) -> RenovationCampaign:  # fmt: skip
    """Start a campaign and list every community and village of its land (S1.6–S1.10, S1.29).

    `final_on` is fixed: no action moves it. `with_samples` loads the composed standards, to be
    changed by `set_area_norm` and `set_criteria`.

    :raises BadCampaign: for an area without places, days in the wrong order, one department twice
    :raises NotTopLeader: unless `head` is the secretary of the area's committee
    :raises NotPermitted: unless `by` is an officer over the area, of the department that leads
    """
    kept = scoped(by, key)
    if kept and (old := RenovationCampaign.objects.filter(key=kept).first()):
        return old
    must_hold(by, ISSUERS, region.path, what=_("在这里启动阵地改造"))
    if not any(post.org_id == org.pk and post.role in ISSUERS for post in posts_of(by)):
        raise NotPermitted(_("只能以您任职的单位牵头。"), field="org")
    if final_on <= begun_on:
        raise BadCampaign(_("完成期限应在启动日期之后。"), field="final_on")
    if final_on <= localdate(at):
        raise BadCampaign(_("完成期限已经过了。"), field="final_on")
    if partner is not None and partner.pk == org.pk:
        raise BadCampaign(_("会同部门应是另一个单位。"), field="partner")
    places = places_of(region.path)
    if not places:
        raise BadCampaign(_("这个范围里没有社区或村。"), field="region")
    must_lead(head, region, localdate(at), field="head")
    made = RenovationCampaign.objects.create(
        name=clean_text(name, limit=60, field_label=_("名称"), required=True),
        programme=clean_text(programme, limit=60, field_label=_("所属工程")), region=region,
        org=org, partner=partner, head=head, begun_on=begun_on, final_on=final_on, by=by, at=at,
        text=clean_text(text, limit=2000, field_label=_("目标要求"), multiline=True), key=kept,
    )  # fmt: skip
    if with_samples:
        load_samples(made)
    _list_places(made, places)
    audit(actor=by, action="renovation.start", object=made.name, at=at)
    return made


def places_of(path: str) -> list[Land]:
    """Return the communities and villages of an area that stand today."""
    return [
        land
        for land in world().lands
        if land.level == Region.Level.COMMUNITY and land.path.startswith(path)
    ]


def load_samples(campaign: RenovationCampaign) -> None:
    """Give a campaign the composed standards: areas, working days of stages, what is judged."""
    day = campaign.begun_on
    AreaNorm.objects.bulk_create(
        AreaNorm(campaign=campaign, kind=kind, area_m2=area, effective_from=day, source=SAMPLE_SOURCE, is_sample=True)
        for kind, area in SAMPLE_AREA.items()
    )  # fmt: skip
    common = {"campaign": campaign, "source": SAMPLE_SOURCE, "is_sample": True}
    with (DATA / "stages.csv").open(encoding="utf-8") as file:
        StageNorm.objects.bulk_create(StageNorm(**common, **row) for row in csv.DictReader(file))
    with (DATA / "criteria.csv").open(encoding="utf-8") as file:
        Criterion.objects.bulk_create(
            Criterion(**common, effective_from=day, **row) for row in csv.DictReader(file)
        )


def _list_places(campaign: RenovationCampaign, places: Sequence[Land]) -> None:
    needed = needed_on(campaign, campaign.begun_on)
    centres = {
        centre.region_id: centre
        for centre in Centre.objects.filter(
            region__path__under=campaign.region.path, kind__in=PlaceKind.values
        ).exclude(state=Centre.State.CLOSED)
    }
    plan_by = _plan_by(campaign)
    rows = []
    for land in places:
        kind = PlaceKind.VILLAGE if land.kind == PlaceKind.VILLAGE else PlaceKind.COMMUNITY
        centre = centres.get(land.id)
        site = Site(
            campaign=campaign, region_id=land.id, centre=centre, kind=kind, name=land.short_name[:60],
            path=land.path, lng=land.lng, lat=land.lat, needed_m2=needed.get(kind, 0),
            area_m2=(centre.area_m2 or 0) if centre else 0, stage=_("编制方案"), due_on=plan_by,
        )  # fmt: skip
        if site.needed_m2 and site.area_m2 >= site.needed_m2:
            site.area_ok_on = campaign.begun_on
        rows.append(site)
    Site.objects.bulk_create(rows, 500)


def _plan_by(campaign: RenovationCampaign) -> date | None:
    """Return the last day on which the shortest way of working can still begin."""
    stages: dict[str, list[tuple[str, int]]] = {}
    for norm in campaign.stage_norms.all():
        stages.setdefault(norm.mode, []).append((norm.code, norm.days))
    works = calendar_for(campaign.region.path).is_workday
    return max(
        (latest_start(campaign.final_on, one, is_workday=works) for one in stages.values()),
        default=None,
    )


def needed_on(campaign: RenovationCampaign, day: date) -> dict[str, int]:
    """Return the m² that a centre of each kind must have on a day."""
    rows = campaign.area_norms.filter(effective_from__lte=day).order_by("effective_from")
    return {row.kind: row.area_m2 for row in rows}


@transaction.atomic
def set_area_norm(
    campaign: RenovationCampaign, *, kind: str, area_m2: int, effective_from: date, source: str,
    by: User, at: datetime,
) -> AreaNorm:  # fmt: skip
    """Set how large centres of a kind must be from a day on; places not yet written off follow it.

    :raises BadCampaign: for an unknown kind or an area that cannot be
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("设定面积标准"))
    if kind not in PlaceKind.values:
        raise BadCampaign(_("请选择社区或村。"), field="kind")
    if not 0 < area_m2 <= 100_000:
        raise BadCampaign(_("面积标准应在 1 到 100000 平方米之间。"), field="area_m2")
    source = clean_text(source, limit=200, field_label=_("依据"), required=True)
    norm, _made = AreaNorm.objects.update_or_create(
        campaign=campaign, kind=kind, effective_from=effective_from,
        defaults={"area_m2": area_m2, "source": source, "is_sample": False},
    )  # fmt: skip
    today = localdate(at)
    needed = needed_on(campaign, today).get(kind, 0)
    open_sites = campaign.sites.filter(kind=kind, number=None).exclude(state=Site.State.EXEMPT)
    open_sites.update(needed_m2=needed)
    open_sites.filter(area_m2__gte=needed, area_ok_on=None).update(area_ok_on=today)
    open_sites.filter(area_m2__lt=needed, work_ok_on=None).update(area_ok_on=None)
    touch(campaign.pk)
    return norm


@transaction.atomic
def set_criteria(
    campaign: RenovationCampaign, *, group: str, names: Sequence[str], source: str, by: User,
    at: datetime,
) -> list[Criterion]:  # fmt: skip
    """Replace what places are judged by in one group from today on; old answers keep their words.

    :raises BadCampaign: for an unknown group, no line, or one line twice
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("设定验收标准"))
    if group not in Criterion.Group.values:
        raise BadCampaign(_("没有这一类标准。"), field="group")
    lines = [clean_text(name, limit=60, field_label=_("内容"), required=True) for name in names]
    if not lines or len(set(lines)) < len(lines) or len(lines) > 30:
        raise BadCampaign(_("请每行写一条，不要重复，最多 30 条。"), field="names")
    source = clean_text(source, limit=200, field_label=_("依据"), required=True)
    today = localdate(at)
    campaign.criteria.filter(group=group, effective_to=None).update(effective_to=today)
    n = campaign.criteria.filter(group=group).count()
    return Criterion.objects.bulk_create(
        Criterion(campaign=campaign, group=group, code=f"{group[0].upper()}{n + place:02d}",
                  name=name, effective_from=today, source=source)
        for place, name in enumerate(lines, start=1)
    )  # fmt: skip


def criteria_on(campaign: RenovationCampaign, day: date) -> list[Criterion]:
    """Return what places are judged by on a day."""
    rows = campaign.criteria.filter(effective_from__lte=day)
    return [row for row in rows if row.effective_to is None or row.effective_to > day]


@transaction.atomic
def seat_member(
    campaign: RenovationCampaign, *, name: str, part: str, duty: str, by: User, at: datetime,
    title: str = "", user: User | None = None,
) -> GroupMember:  # fmt: skip
    """Seat somebody in the leading group with their duty (S1.12).

    :raises SeatTaken: for a second head, or somebody who sits there
    :raises NotTopLeader: if another than the top leader is to head it (S1.11)
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("调整领导小组"))
    if part not in GroupMember.Part.values:
        raise BadCampaign(_("请选择组内职务。"), field="part")
    if part == GroupMember.Part.HEAD and (user is None or user.pk != campaign.head_id):
        raise NotTopLeader(
            _("组长只能是第一责任人%s，不能由他人代管。") % campaign.head.name, field="part"
        )
    name = clean_text(user.name if user else name, limit=40, field_label=_("姓名"), required=True)
    try:
        with transaction.atomic():
            return GroupMember.objects.create(
                campaign=campaign, user=user, name=name, part=part, from_on=localdate(at),
                title=clean_text(title, limit=60, field_label=_("职务")),
                duty=clean_text(duty, limit=200, field_label=_("分工"), required=True),
            )  # fmt: skip
    except IntegrityError as error:
        raise SeatTaken(_("领导小组里已有组长，或已有%s。") % name, field="part") from error


@transaction.atomic
def unseat_member(member: GroupMember, *, by: User, at: datetime) -> None:
    """End somebody's seat; it stays in the history."""
    campaign = hold_campaign(member.campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("调整领导小组"))
    GroupMember.objects.filter(pk=member.pk, to_on=None).update(to_on=localdate(at))


@transaction.atomic
def set_command(
    campaign: RenovationCampaign, *, region: Region, head: User, powers: Sequence[str], by: User,
    at: datetime,
) -> CommandArea:  # fmt: skip
    """Make an area a command area under its own top leader, with the powers handed down (S1.54).

    :raises BadCampaign: for an area outside the campaign or a power that is none
    :raises NotTopLeader: unless `head` is the secretary of the area's committee
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("划分战区"))
    if not region.path.startswith(campaign.region.path):
        raise BadCampaign(_("战区应在本次改造范围内。"), field="region")
    if unknown := set(powers) - set(CommandArea.DELEGATED):
        raise BadCampaign(_("没有这项权限：%s。") % "、".join(sorted(unknown))[:60], field="powers")
    must_lead(head, region, localdate(at), field="head")
    area, _made = CommandArea.objects.update_or_create(
        campaign=campaign, region=region, defaults={"head": head, "powers": sorted(set(powers))}
    )
    audit(actor=by, action="renovation.command", object=f"{campaign.name} {region.name}", at=at)
    return area


@transaction.atomic
def set_follow_up(
    campaign: RenovationCampaign, *, kind: str, goal: str, due_on: date, by: User, at: datetime
) -> FollowUp:
    """Set the goal and day of one of the four programmes after building (S1.55)."""
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("部署后续提升"))
    if kind not in FollowUp.Kind.values:
        raise BadCampaign(_("请选择后续提升的类别。"), field="kind")
    if due_on <= localdate(at):
        raise BadCampaign(_("期限应在今天之后。"), field="due_on")
    goal = clean_text(goal, limit=200, field_label=_("目标"), required=True)
    return FollowUp.objects.update_or_create(
        campaign=campaign, kind=kind, defaults={"goal": goal, "due_on": due_on, "by": by, "at": at}
    )[0]


@transaction.atomic
def mark_follow_up(
    follow_up: FollowUp, *, site: Site, note_text: str, on: date, by: User, at: datetime
) -> FollowUpMark:
    """Write down that a place in use has reached a programme's goal, and what shows it.

    :raises BadCampaign: unless the place is in use and of the campaign
    """
    site = hold_site(site)
    must_hold(by, OVERSEERS, site.path, what=_("登记后续提升"))
    if site.campaign_id != follow_up.campaign_id or site.state != Site.State.IN_USE:
        raise BadCampaign(_("已投入使用的点位才能登记后续提升。"), field="site")
    text = clean_text(note_text, limit=200, field_label=_("说明"), required=True)
    mark, made = FollowUpMark.objects.get_or_create(
        follow_up=follow_up, site=site, defaults={"note": text, "on": past(on, at), "by": by, "at": at}
    )  # fmt: skip
    if made:
        words = f"{follow_up.get_kind_display()}：{text}"
        note(site, "use", words, on=on, by=by, at=at)
    return mark


@transaction.atomic
def close_campaign(campaign: RenovationCampaign, *, by: User, at: datetime) -> RenovationCampaign:
    """End a campaign once every place of its base is in use or written off.

    :raises BadCampaign: while some are not
    """
    campaign = hold_campaign(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("宣布收官"))
    if left := campaign.sites.base().exclude(state__in=Site.DONE).count():
        raise BadCampaign(_("还有 %d 个点位没有销号，不能收官。") % left)
    campaign.state = RenovationCampaign.State.CLOSED
    campaign.save(update_fields=["state"])
    touch(campaign.pk)
    audit(actor=by, action="renovation.close", object=campaign.name, at=at)
    return campaign


MODES = tuple(Mode.values)
