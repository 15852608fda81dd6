"""The admission list is loaded and published; what is not on it is asked for and decided by another;
what communities bear is written down."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Post
from tongxin.orgs.scope import posts_of
from tongxin.regions.models import Region
from tongxin.regions.queries import prefixes

from ..models import (
    AdmissionItem,
    AdmissionList,
    Approval,
    Burden,
    BurdenKind,
    Campaign,
    Plate,
)
from ..queries import month_of
from .common import must_hold, scoped

SAMPLE = Path(__file__).parent.parent / "data" / "admission.csv"
KEEPERS = ("officer", "dispatcher", "secretary", "first_secretary")
MOST_DAYS = 366
KINDS = {str(kind.value): kind for kind in BurdenKind} | {
    "任务": BurdenKind.TASK, "表格报表": BurdenKind.FORM, "表格": BurdenKind.FORM,
    "检查考核": BurdenKind.CHECK, "考核": BurdenKind.CHECK, "挂牌": BurdenKind.PLATE,
    "牌子": BurdenKind.PLATE,
}  # fmt: skip


class BadList(Invalid):
    """A row of the list cannot be read, or the version is not new."""


class BadApproval(Refused):
    """There is nothing to decide, or the one who asked would decide."""


class BadBurden(Invalid):
    """What is written down needs words, a kind, a day that has come."""


# The list.


@transaction.atomic
def load_list(
    data: bytes, *, file: str, region: Region, name: str, version: str, effective_from: date,
    at: datetime, by: User | None, source: str = "", is_sample: bool = False,
) -> AdmissionList:  # fmt: skip
    """Read a version of the list (CSV or XLSX: code, kind, name, department, basis, times_a_year).

    It holds once it is published. Kinds: task, form, check, plate, or their Chinese words.

    :raises BadList: for a row that cannot be read, with its line, or a version that is there
    :raises NotPermitted: unless `by` is an officer over the whole area (None: the system)
    """
    if by is not None:
        must_hold(by, ("officer",), region.path, what=_("编制这里的准入目录"))
    if region.level not in (Region.Level.CITY, Region.Level.DISTRICT):
        raise BadList(_("准入目录由市、区编制。"), field="region")
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    version = clean_text(version, limit=20, field_label=_("版本"), required=True)
    if AdmissionList.objects.filter(region=region, version=version).exists():
        raise BadList(_("已经有版本“%s”。") % version, field="version")
    table = read_table(data, name=file)
    if missing := {"code", "kind", "name", "basis"} - {str(one) for one in table.header}:
        raise BadList(_("缺少这些列：%s。") % "、".join(sorted(missing)), field="file")
    made = AdmissionList.objects.create(
        region=region, name=name, version=version, effective_from=effective_from, by=by,
        source=clean_text(source, limit=200, field_label=_("依据")), is_sample=is_sample,
    )  # fmt: skip
    items, codes = [], set()
    for line, row in table.rows:
        items.append(_item(made, line, row))
        if items[-1].code in codes:
            raise _bad(line, _("编号 %s 重复了") % items[-1].code)
        codes.add(items[-1].code)
    if not items:
        raise BadList(_("文件里没有事项。"), field="file")
    AdmissionItem.objects.bulk_create(items)
    return made


def _bad(line: int, words: Any) -> BadList:
    return BadList(_("第 %(line)d 行：%(words)s") % {"line": line, "words": words}, field="file")


def _item(made: AdmissionList, line: int, row: Any) -> AdmissionItem:
    kind = KINDS.get(str(row.get("kind", "")).strip())
    if kind is None:
        raise _bad(line, _("类型应是任务、表格报表、检查考核或挂牌"))
    try:
        times = int(float(str(row.get("times_a_year", "") or 0)))
        given = {
            "code": clean_text(str(row["code"]), limit=10, field_label=_("编号"), required=True),
            "name": clean_text(str(row["name"]), limit=100, field_label=_("事项"), required=True),
            "basis": clean_text(str(row["basis"]), limit=300, field_label=_("依据"), required=True),
            "department": clean_text(
                str(row.get("department", "")), limit=100, field_label=_("部门")
            ),
        }
    except ValueError:
        raise _bad(line, _("每年次数应是数字")) from None
    except Refused as refusal:
        raise _bad(line, refusal.message) from refusal
    if not 0 <= times <= 366:
        raise _bad(line, _("每年次数应在 0 到 366 之间，0 表示按需"))
    return AdmissionItem(list=made, kind=kind, times_a_year=times, **given)


@transaction.atomic
def publish_list(found: AdmissionList, *, at: datetime, by: User | None) -> AdmissionList:
    """Publish a version; the one before ends on the day this one begins.

    :raises BadList: if it is published
    :raises NotPermitted: unless `by` is an officer over the whole area
    """
    found = (
        AdmissionList.objects.select_for_update(of=("self",))
        .select_related("region")
        .get(pk=found.pk)
    )
    if by is not None:
        must_hold(by, ("officer",), found.region.path, what=_("发布准入目录"))
    if found.published_at:
        raise BadList(_("这个版本已经发布。"))
    before = AdmissionList.objects.filter(
        region=found.region, published_at__isnull=False, effective_to=None
    )
    for one in before:
        one.effective_to = max(found.effective_from, one.effective_from)
        one.save(update_fields=["effective_to"])
    found.published_at = at
    found.save(update_fields=["published_at"])
    audit(actor=by, action="campaigns.list", object=str(found), at=at)
    return found


def load_sample(*, region: Region, at: datetime, by: User | None) -> AdmissionList:
    """Load and publish the sample list for a district. Raises as `load_list`."""
    made = load_list(
        SAMPLE.read_bytes(), file=SAMPLE.name, region=region, name=_("社区事务准入目录（样例）"),
        version=f"{localdate(at).year}-1", effective_from=localdate(at).replace(month=1, day=1),
        at=at, by=by, is_sample=True, source=_("自编样例，请按本地文件核定"),
    )  # fmt: skip
    return publish_list(made, at=at, by=by)


# Approval of what is not on the list.


@transaction.atomic
def ask_approval(campaign: Campaign, *, reason: str, at: datetime, by: User) -> Approval:
    """Ask to issue what is not on the list; the district's other officers are told.

    :raises BadApproval: if it has been issued, waits already, or is approved
    :raises NotPermitted: unless `by` is an officer over the area
    """
    campaign = (
        Campaign.objects.select_for_update(of=("self",))
        .select_related("region")
        .get(pk=campaign.pk)
    )
    must_hold(by, ("officer",), campaign.region.path, what=_("申请准入"))
    if campaign.state != Campaign.State.DRAFT:
        raise BadApproval(_("只有还没下发的专项任务需要申请准入。"))
    reason = clean_text(reason, limit=500, field_label=_("理由"), required=True, multiline=True)
    if campaign.approvals.filter(verdict="").exists():
        raise BadApproval(_("已有一份申请在等待审批。"))
    if campaign.approvals.filter(verdict="approved", expires_on__gte=localdate(at)).exists():
        raise BadApproval(_("已经审批同意，可以下发。"))
    made = Approval.objects.create(
        campaign=campaign, kind=campaign.burden, title=campaign.name, region=campaign.region,
        reason=reason, asked_by=by, asked_at=at,
    )  # fmt: skip
    judges = [user for user in judges_of(campaign.region.path, at) if user.pk != by.pk]
    tell(
        users=judges, title=_("准入待审批：%s") % campaign.name, url="/campaigns/approvals/",
        text=reason, key=f"approval:{made.pk}", at=at,
    )  # fmt: skip
    return made


def judges_of(path: str, at: datetime) -> list[User]:
    """Return the officers of the district over a place."""
    posts = Post.objects.held_on(localdate(at)).filter(
        role="officer", region__level=Region.Level.DISTRICT, region__path__in=list(prefixes(path)),
        user__is_active=True,
    )  # fmt: skip
    return [post.user for post in posts.select_related("user").order_by("pk")]


def may_judge(actor: Any, path: str) -> bool:
    """Say whether somebody is an officer of the district over a place."""
    return any(
        post.role == "officer"
        and post.level == Region.Level.DISTRICT
        and path.startswith(post.path)
        for post in posts_of(actor)
    )


@transaction.atomic
def decide_approval(
    approval: Approval, *, approve: bool, at: datetime, by: User, expires_on: date | None = None,
    decision: str = "",
) -> Approval:  # fmt: skip
    """Approve what is not on the list, once and until a day, or refuse it with a reason.

    :raises NotPermitted: unless `by` is an officer of the district
    :raises BadApproval: for one's own asking, one that is decided, or whose campaign is gone
    :raises BadBurden: without a day that lies ahead, or a refusal without a reason
    """
    approval = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("region", "asked_by", "campaign", "plan__region")
        .get(pk=approval.pk)
    )
    if not may_judge(by, approval.region.path):
        raise NotPermitted(_("准入由区级管理员审批。"))
    if approval.asked_by_id == by.pk:
        raise BadApproval(_("不能审批自己的申请，请区里另一位管理员审批。"))
    if approval.verdict:
        raise BadApproval(_("这份申请已经审批过。"))
    today = localdate(at)
    decision = clean_text(decision, limit=300, field_label=_("审批意见"), required=not approve)
    if approve and (
        expires_on is None or not today <= expires_on <= today + timedelta(days=MOST_DAYS)
    ):
        raise BadBurden(_("有效期应在今天之后、一年以内。"), field="expires_on")
    approval.verdict = Approval.Verdict.APPROVED if approve else Approval.Verdict.REFUSED
    approval.decision, approval.decided_by, approval.decided_at = decision, by, at
    approval.expires_on = expires_on if approve else None
    approval.save()
    audit(
        actor=by, action="campaigns.approval", object=approval.title, at=at, reason=decision,
        detail={"verdict": approval.verdict, "until": str(expires_on or "")},
    )  # fmt: skip
    words = _("准入已同意：%s") if approve else _("准入没有同意：%s")
    tell(
        users=[approval.asked_by], title=words % approval.title, text=decision,
        url=_page_of(approval), key=f"approval:{approval.pk}:decided", at=at,
    )  # fmt: skip
    if approve and approval.plan is not None:
        from .plans import begin_approved  # it asks and counts by what stands here

        begin_approved(approval.plan, at=at, by=by)
    return approval


def _page_of(approval: Approval) -> str:
    if approval.plan_id:
        return reverse("fieldwork:plan", args=[approval.plan_id])
    return reverse("campaigns:campaign", args=[approval.campaign_id])


# What communities bear.


@transaction.atomic
def record_burden(
    *, community: Region, kind: str, title: str, from_name: str, on: date, at: datetime, by: User,
    item: AdmissionItem | None = None, key: str = "",
) -> Burden:  # fmt: skip
    """Write down a task, form or check that came on another way than a campaign.

    With an item of the list in force it counts as admitted; without, as coming from outside it.

    :raises BadBurden: for words that are missing, a day to come, an item of another kind
    :raises NotPermitted: unless `by` works in the community or overlooks it
    """
    kept = scoped(by, key)
    if kept and (old := Burden.objects.filter(key=kept).first()):
        return old
    _must_be_community(community)
    must_hold(by, KEEPERS, community.path, what=_("登记社区负担"))
    if kind not in (BurdenKind.TASK, BurdenKind.FORM, BurdenKind.CHECK):
        raise BadBurden(_("类型应是任务、表格报表或检查考核；挂牌请登记在牌子里。"), field="kind")
    if on > localdate(at):
        raise BadBurden(_("日期还没到。"), field="on")
    return Burden.objects.create(
        community=community, kind=kind, on=on, month=month_of(on), by=by, at=at, key=kept, item=item,
        is_admitted=_is_admitted(item, kind, community, on),
        title=clean_text(title, limit=100, field_label=_("事项"), required=True),
        from_name=clean_text(from_name, limit=100, field_label=_("谁下达的"), required=True),
    )  # fmt: skip


def _is_admitted(item: AdmissionItem | None, kind: str, community: Region, on: date) -> bool:
    if item is None:
        return False
    if item.kind != kind:
        raise BadBurden(_("“%s”不是这一类事项。") % item, field="item")
    current = AdmissionList.objects.in_force(community.path, on)
    if current is None or item.list_id != current.pk:
        raise BadBurden(_("“%s”不在那天现行的准入目录里。") % item, field="item")
    return True


def _must_be_community(region: Region) -> None:
    if region.level != Region.Level.COMMUNITY:
        raise BadBurden(_("请选择社区（村）。"), field="community")


@transaction.atomic
def hang_plate(
    *, community: Region, text: str, from_name: str, reason: str, hung_on: date, at: datetime,
    by: User, item: AdmissionItem | None = None, is_outside: bool = False,
) -> Plate:  # fmt: skip
    """Enter a plate with who wanted it and why; without an item of the list it counts as extra.

    :raises BadBurden: without words, for a day to come, one that hangs there, an item of another kind
    :raises NotPermitted: unless `by` works in the community or overlooks it
    """
    _must_be_community(community)
    must_hold(by, KEEPERS, community.path, what=_("登记牌子"))
    if hung_on > localdate(at):
        raise BadBurden(_("日期还没到。"), field="hung_on")
    text = clean_text(text, limit=100, field_label=_("牌子"), required=True)
    if Plate.objects.filter(community=community, text=text, removed_on=None).exists():
        raise BadBurden(_("“%s”已经登记，还挂着。") % text, field="text")
    _is_admitted(item, BurdenKind.PLATE, community, localdate(at))
    return Plate.objects.create(
        community=community, text=text, item=item, is_outside=is_outside, hung_on=hung_on, by=by,
        at=at, from_name=clean_text(from_name, limit=100, field_label=_("谁要求挂的"), required=True),
        reason=clean_text(reason, limit=200, field_label=_("理由"), required=True),
    )  # fmt: skip


@transaction.atomic
def remove_plate(plate: Plate, *, on: date, removal: str, at: datetime, by: User) -> Plate:
    """Write down that a plate was taken down. Raises BadBurden, NotPermitted."""
    plate = (
        Plate.objects.select_for_update(of=("self",)).select_related("community").get(pk=plate.pk)
    )
    must_hold(by, KEEPERS, plate.community.path, what=_("登记摘牌"))
    if plate.removed_on:
        raise BadBurden(
            _("“%(text)s”已于 %(day)s 摘下。") % {"text": plate.text, "day": plate.removed_on}
        )
    if not plate.hung_on <= on <= localdate(at):
        raise BadBurden(_("摘牌日期应在挂牌之后、今天之前。"), field="on")
    plate.removed_on = on
    plate.removal = clean_text(removal, limit=200, field_label=_("摘牌说明"), required=True)
    plate.save(update_fields=["removed_on", "removal"])
    return plate
