"""A campaign is proposed, issued to every grid or community of its area, chased, put off, closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.actions import open_case, system_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import must_be_on, pilot_lands
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, lands_of, region_of

from ..models import (
    AdmissionItem,
    Approval,
    Burden,
    BurdenKind,
    Campaign,
    CampaignKind,
    CampaignTask,
)
from ..models.campaigns import ISSUERS
from ..queries import OPEN_STEPS, admission_of, month_of, targets_of
from .common import must_hold, scoped

MOST_ITEMS, MOST_DAYS, BITE = 20, 366, 50
ITEM_KINDS = ("yes_no", "number", "text")
PILOTED = ("night_patrol",)  # kinds of campaign that may be on trial (S0.27)
State = Campaign.State


class BadCampaign(Invalid):
    """A campaign needs a kind, an area with places in it, days in order, questions that can be answered."""


class NotAdmitted(Refused):
    """It is not on the list of what may be asked of communities, and nobody has approved it (S4.65)."""


class WrongState(Refused):
    """The campaign is past that: issued already, or closed."""


@transaction.atomic
def propose_campaign(
    *, kind: str, name: str, region: Region, org: Org, from_on: date, due_on: date, at: datetime,
    by: User, level: str = Campaign.Level.GRID, text: str = "", items: Sequence[dict[str, Any]] = (),
    needs_photo: bool = True, burden: str = BurdenKind.TASK,
    admitted_by: AdmissionItem | None = None, key: str = "",
) -> Campaign:  # fmt: skip
    """Write a campaign down as a draft; nobody below sees it yet.

    :raises BadCampaign: for an unknown kind, an area without grids, days in the wrong order, bad questions
    :raises NotPermitted: unless `by` is an officer over the area, of the organisation that issues it
    :raises PilotOff: for a kind on trial, where no place of the area takes part
    """
    kept = scoped(by, key)
    if kept and (old := Campaign.objects.filter(key=kept).first()):
        return old
    must_hold(by, ISSUERS, region.path, what=_("向这里下发专项任务"))
    if not any(post.org_id == org.pk and post.role in ISSUERS for post in posts_of(by)):
        raise NotPermitted(_("只能以您任职的单位下发。"), field="org")
    given = _checked(kind, level, burden, from_on, due_on, at)
    only = _piloted(kind, region, from_on)
    if not targets_of(region.path, level, only):
        raise BadCampaign(_("这个范围里没有网格或社区。"), field="region")
    return Campaign.objects.create(
        **given, region=region, org=org, by=by, at=at, needs_photo=needs_photo, key=kept,
        name=clean_text(name, limit=60, field_label=_("名称"), required=True),
        text=clean_text(text, limit=2000, field_label=_("要求"), multiline=True),
        items=clean_items(items), admitted_by=admitted_by, only=only or [],
    )  # fmt: skip


def _checked(kind: str, level: str, burden: str, from_on: date, due_on: date, at: datetime) -> dict[str, Any]:  # fmt: skip
    for name, value, values in (
        ("kind", kind, CampaignKind.values), ("level", level, Campaign.Level.values),
        ("burden", burden, (BurdenKind.TASK, BurdenKind.FORM, BurdenKind.CHECK)),
    ):  # fmt: skip
        if value not in values:
            raise BadCampaign(_("没有“%s”这个选项。") % value[:20], field=name)
    if due_on < from_on:
        raise BadCampaign(_("完成期限应在开始日期之后。"), field="due_on")
    if due_on < localdate(at):
        raise BadCampaign(_("完成期限已经过了。"), field="due_on")
    if (due_on - from_on).days > MOST_DAYS:
        raise BadCampaign(_("一次专项任务最长一年。"), field="due_on")
    return {"kind": kind, "level": level, "burden": burden, "from_on": from_on, "due_on": due_on}


def _piloted(kind: str, region: Region, on: date) -> list[str] | None:
    """Return the paths a kind on trial is kept to; None where no trial runs."""
    lands = pilot_lands(kind, on=on) if kind in PILOTED else None
    if lands is not None and not any(
        path.startswith(region.path) or region.path.startswith(path) for path in lands
    ):
        must_be_on(kind, region.path, on=on, field="kind")
    return lands


def clean_items(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the questions of a campaign as they are kept. Raises BadCampaign."""
    if len(items) > MOST_ITEMS:
        raise BadCampaign(_("填报项最多 %d 个：多了就是负担。") % MOST_ITEMS, field="items")
    found, texts = [], set()
    for n, item in enumerate(items, start=1):
        text = clean_text(
            str(item.get("text", "")), limit=60, field_label=_("填报项"), required=True
        )
        if item.get("kind") not in ITEM_KINDS:
            raise BadCampaign(_("“%s”要写明怎么填：是否、数字或文字。") % text, field="items")
        if text in texts:
            raise BadCampaign(_("填报项“%s”重复了。") % text, field="items")
        texts.add(text)
        unit = clean_text(str(item.get("unit", "")), limit=10, field_label=_("单位"))
        found.append({"code": f"q{n}", "text": text, "kind": item["kind"], "unit": unit})
    return found


def hold(campaign: Campaign) -> Campaign:
    rows = Campaign.objects.select_for_update(of=("self",))
    return rows.select_related("region", "org", "admitted_by__list").get(pk=campaign.pk)


@transaction.atomic
def change_campaign(
    campaign: Campaign, *, at: datetime, by: User, items: Sequence[dict[str, Any]] | None = None,
    admitted_by: AdmissionItem | None = None, **values: Any,
) -> Campaign:  # fmt: skip
    """Put a draft right: name, text, days, questions, the item of the list that admits it.

    :raises WrongState: once it was issued
    :raises BadCampaign, NotPermitted: as `propose_campaign`
    """
    campaign = hold(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("修改这项专项任务"))
    if campaign.state != State.DRAFT:
        raise WrongState(_("已下发的专项任务不能再改，可以延期或结束。"))
    allowed = {"name", "text", "from_on", "due_on", "needs_photo"}
    if unknown := set(values) - allowed:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    for name, value in values.items():
        setattr(campaign, name, value)
    campaign.name = clean_text(campaign.name, limit=60, field_label=_("名称"), required=True)
    campaign.text = clean_text(campaign.text, limit=2000, field_label=_("要求"), multiline=True)
    _checked(campaign.kind, campaign.level, campaign.burden, campaign.from_on, campaign.due_on, at)
    if items is not None:
        campaign.items = clean_items(items)
    campaign.admitted_by = admitted_by
    campaign.save()
    return campaign


@transaction.atomic
def issue_campaign(campaign: Campaign, *, at: datetime, by: User) -> Campaign:
    """Issue a campaign: the worker makes the tasks; every community's burden is counted.

    :raises WrongState: unless it is a draft
    :raises NotAdmitted: if it is neither on the list nor approved, with what to do
    :raises NotPermitted: unless `by` is an officer over the area
    """
    campaign = hold(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("下发专项任务"))
    if campaign.state != State.DRAFT:
        raise WrongState(_("“%s”已经下发过。") % campaign.name)
    today = localdate(at)
    if campaign.due_on < today:
        raise BadCampaign(_("完成期限已经过了，请先改期限。"), field="due_on")
    admission = admission_of(campaign, on=today)
    if not admission.is_admitted:
        raise NotAdmitted(
            _("不能下发：%s。") % admission.why,
            remedy=_(
                "请在准入目录里选对应的事项；目录里没有的，写明理由申请准入，由区里另一位管理员审批后再下发。"
            ),
        )
    if admission.approval is not None:
        Approval.objects.filter(pk=admission.approval.pk).update(used_at=at)
    campaign.state, campaign.issued_at, campaign.issued_by = State.ISSUING, at, by
    targets = targets_of(campaign.region.path, campaign.level, campaign.only)
    campaign.wanted, campaign.cursor = len(targets), ""
    campaign.save()
    _count_burdens(campaign, targets, admission.item, today, at)
    detail = {"wanted": len(targets), "why": admission.why}
    audit(actor=by, action="campaigns.issue", object=campaign.name, at=at, detail=detail)
    return campaign


def _count_burdens(
    campaign: Campaign, targets: list[Land], item: AdmissionItem | None, on: date, at: datetime
) -> None:
    """Write one burden for each community that the campaign reaches, whichever way its tasks go."""
    communities = {
        one.id
        for land in targets
        for one in lands_of(land.path)
        if one.level == Region.Level.COMMUNITY
    }
    Burden.objects.bulk_create(
        [
            Burden(
                community_id=pk, kind=campaign.burden, title=campaign.name, org=campaign.org,
                from_name=campaign.org.name, item=item, is_admitted=True, campaign=campaign, on=on,
                month=month_of(on), by=campaign.issued_by, at=at,
            )
            for pk in sorted(communities)
        ],
        500,
        ignore_conflicts=True,
    )  # fmt: skip


# What the worker does, in bites.


def campaigns_due(*, at: datetime, limit: int = BITE) -> int:
    """Go on with what is under way: make tasks, move days, take back what is left of a closed one.

    Any number of workers: each campaign is held by one at a time, each task is made once.
    """
    done = 0
    for pk in (
        Campaign.objects.filter(state=State.ISSUING).order_by("pk").values_list("pk", flat=True)
    ):
        done += _make_tasks(pk, at, limit - done)
        if done >= limit:
            return done
    done += _move_days(at, limit - done)
    if done < limit:
        done += _take_back(at, limit - done)
    return done


@transaction.atomic
def _make_tasks(pk: int, at: datetime, limit: int) -> int:
    rows = Campaign.objects.select_for_update(
        of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked
    )
    campaign = rows.select_related("region", "issued_by").filter(pk=pk, state=State.ISSUING).first()
    if campaign is None:
        return 0
    targets = targets_of(campaign.region.path, campaign.level, campaign.only)
    left = [land for land in targets if land.path > campaign.cursor][:limit]
    for land in left:
        _make_task(campaign, land, at)
        campaign.cursor = land.path
    if not left or left[-1] is targets[-1]:
        campaign.state = State.RUNNING
        campaign.wanted = CampaignTask.objects.filter(campaign=campaign).count()
    campaign.save(update_fields=["cursor", "state", "wanted"])
    return len(left)


def _make_task(campaign: Campaign, land: Land, at: datetime) -> None:
    def also(case: Case) -> None:
        CampaignTask.objects.get_or_create(
            campaign=campaign, region_id=land.id, defaults={"case": case, "due_on": campaign.due_on}
        )

    if CampaignTask.objects.filter(campaign=campaign, region=land.id).exists():
        return
    open_case(
        kind="grid_task", title=campaign.name, text=campaign.text, region=region_of(land), at=at,
        actor=campaign.issued_by, lng=land.lng, lat=land.lat, also=also,
        data={"campaign": campaign.pk, "due_on": str(campaign.due_on)},
    )  # fmt: skip


def _move_days(at: datetime, limit: int) -> int:
    """Give open tasks of a campaign that was put off their new day."""
    rows = CampaignTask.objects.filter(
        campaign__state=State.RUNNING, case__step__in=OPEN_STEPS
    ).exclude(due_on=F("campaign__due_on"))
    n = 0
    for task in rows.select_related("case", "campaign").order_by("pk")[:limit]:
        with transaction.atomic():
            changed = CampaignTask.objects.filter(pk=task.pk, due_on=task.due_on).update(
                due_on=task.campaign.due_on
            )
            if changed:
                note = _("完成期限延到 %s") % task.campaign.due_on
                system_move(task.case, "postpone", at=at, note=note)
                n += 1
    return n


def _take_back(at: datetime, limit: int) -> int:
    """Take back the open tasks of campaigns that have ended."""
    ended = (State.CLOSED, State.WITHDRAWN)
    rows = CampaignTask.objects.filter(
        campaign__state__in=ended, case__step__in=(*OPEN_STEPS, "done")
    )
    n = 0
    for task in rows.select_related("case", "campaign").order_by("pk")[:limit]:
        try:
            system_move(task.case, "withdraw", at=at, note=_("专项任务已结束"))
        except Refused:
            continue  # it moved on in this very moment
        n += 1
    return n
