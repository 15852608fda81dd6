"""Packages handed down to streets with their money, and activities that units share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.funds.actions import allocate
from tongxin.funds.models import Account, Source
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.meetings.queries import gathers
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org, Post
from tongxin.regions.models import Region

from ..models import ActivityPart, JointActivity, Package, PackageItem, Series
from ..scope import org_ids
from .common import made_once, must_keep, scoped

MOST_FEN = 10_000_000_000_00
State = PackageItem.State


class NotYourOffice(NotPermitted):
    """The actor does not act for this unit."""


class PackageFixed(Refused):
    """What was handed down is not changed any more."""


class PackageEmpty(Refused):
    """A package without a project, or with money and no account to take it from."""


class WrongTurn(Refused):
    """The project is not at the step at which this is done."""


class ActivityOver(Refused):
    """The activity was held or cancelled."""


def must_act_for(by: User, org: Org) -> None:
    """:raises NotYourOffice: unless `by` calls meetings of a unit, or leads its office"""
    if not gathers(by, org):
        raise NotYourOffice(_("您不能代表%s办理。") % org.name)


@transaction.atomic
def draft_package(
    *, street: Region, org: Org, year: int, name: str, policy: str, by: User, at: datetime
) -> Package:
    """Draft what a street shall get in one packet (S3.16). :raises NotYourOffice, Invalid:"""
    must_act_for(by, org)
    if street.level != Region.Level.STREET:
        raise Invalid(_("打包下放的对象是街镇。"), field="street")
    if not street.path.startswith(org.region.path) or org.region_id == street.pk:
        raise Invalid(_("%s不管%s。") % (org.name, street.name), field="street")
    if abs(year - localdate(at).year) > 1:
        raise Invalid(_("年度应是今年或前后一年。"), field="year")
    try:
        with transaction.atomic():
            return Package.objects.create(
                street=street, org=org, year=year, by=by, at=at,
                name=clean_text(name, limit=60, field_label=_("名称"), required=True),
                policy=clean_text(
                    policy, limit=5000, field_label=_("政策"), required=True, multiline=True
                ),
            )  # fmt: skip
    except IntegrityError:
        raise Invalid(_("%s今年已有同名的一包。") % street.name, field="name") from None


def _held(package: Package) -> Package:
    return (
        Package.objects.select_for_update(of=("self",))
        .select_related("street", "org")
        .get(pk=package.pk)
    )


@transaction.atomic
def add_package_item(
    *, package: Package, kind: str, title: str, due_on: date, by: User, at: datetime,
    amount_fen: int = 0,
) -> PackageItem:  # fmt: skip
    """Add a project with its money, in fen. :raises NotYourOffice, PackageFixed, Invalid:"""
    package = _held(package)
    must_act_for(by, package.org)
    if package.state != Package.State.DRAFT:
        raise PackageFixed(_("“%s”已下放，不能再加项目。") % package.name)
    if kind not in PackageItem.Kind.values:
        raise Invalid(_("请选择类别。"), field="kind")
    if not 0 <= amount_fen <= MOST_FEN:
        raise Invalid(_("资金不对，请核对。"), field="amount_fen")
    if due_on < localdate(at):
        raise Invalid(_("完成期限已过。"), field="due_on")
    title = clean_text(title, limit=80, field_label=_("项目"), required=True)
    try:
        with transaction.atomic():
            return PackageItem.objects.create(
                package=package, kind=kind, title=title, amount_fen=amount_fen, due_on=due_on
            )
    except IntegrityError:
        raise Invalid(_("这一包里已有“%s”。") % title, field="title") from None


@transaction.atomic
def issue_package(
    *, package: Package, by: User, at: datetime, account: Account | None = None,
    source: Source | None = None,
) -> Package:  # fmt: skip
    """Hand a package down: policy, projects, and the money of each allocated in the ledger at once.

    Either all of it is handed down or nothing. The street's officers are told.

    :raises NotYourOffice, PackageFixed:
    :raises PackageEmpty: without a project, or with money and no account and source
    :raises Refused: as `funds.actions.allocate`
    """
    package = _held(package)
    must_act_for(by, package.org)
    if package.state != Package.State.DRAFT:
        raise PackageFixed(_("“%s”已下放。") % package.name)
    items = list(package.items.order_by("pk"))
    if not items:
        raise PackageEmpty(_("这一包还没有项目。"))
    if any(item.amount_fen for item in items) and (account is None or source is None):
        raise PackageEmpty(
            _("有项目带资金，请选择从哪个账户、哪种来源拨付。"), field="account",
            remedy=_("政策、项目、资金要一起下放。"),
        )  # fmt: skip
    url = f"/conferences/packages/{package.pk}/"
    for item in items:
        if item.amount_fen and account is not None and source is not None:
            made = allocate(
                account=account, source=source, amount_fen=item.amount_fen, by=by, at=at,
                purpose=item.title, region=package.street, key=f"package-item:{item.pk}",
                to=("package_item", str(item.pk), item.title, url),
                payables=((item.due_on, item.amount_fen),),
            )  # fmt: skip
            item.allocation = str(made.pk)
            item.save(update_fields=["allocation"])
    package.state, package.issued_by, package.issued_at = Package.State.ISSUED, by, at
    package.save(update_fields=["state", "issued_by", "issued_at"])
    posts = Post.objects.held_on(localdate(at)).filter(region=package.street, role="officer")
    tell(
        users=User.objects.filter(pk__in=posts.values("user"), is_active=True),
        title=_("打包下放：%s") % package.name,
        text=_("共 %d 个项目，请组织实施。") % len(items), url=url,
        key=f"package:{package.pk}", at=at,
    )  # fmt: skip
    return package


@transaction.atomic
def report_package_item(
    *, item: PackageItem, note: str, served: int, by: User, at: datetime, is_done: bool = True
) -> PackageItem:
    """Say how far a project of the street is, or that it is done, and how many people it served.

    :raises NotYourLand, WrongTurn, Invalid:
    """
    item = _held_item(item)
    must_keep(by, item.package.street.path)
    if item.package.state != Package.State.ISSUED or item.state not in (
        State.WAITING, State.RUNNING,
    ):  # fmt: skip
        raise WrongTurn(_("“%(title)s”%(state)s，现在不能上报。")
                        % {"title": item.title, "state": item.get_state_display()})  # fmt: skip
    if not 0 <= served < 10_000_000:
        raise Invalid(_("服务人次不对，请核对。"), field="served")
    item.note = clean_text(
        note, limit=500, field_label=_("落实情况"), required=True, multiline=True
    )
    item.served, item.reported_by, item.reported_at = served, by, at
    item.state = State.DONE if is_done else State.RUNNING
    item.save(update_fields=["note", "served", "reported_by", "reported_at", "state"])
    return item


@transaction.atomic
def confirm_package_item(
    *, item: PackageItem, accept: bool, by: User, at: datetime, note: str = ""
) -> PackageItem:
    """Confirm that a project is there, by who handed it down; or hand it back with a reason.

    With the last of them the package is done. :raises NotYourOffice, WrongTurn, NotPermitted:
    """
    item = _held_item(item)
    must_act_for(by, item.package.org)
    if item.state != State.DONE:
        raise WrongTurn(_("“%s”还没有上报完成。") % item.title)
    if item.reported_by_id == by.pk:
        raise NotPermitted(_("上报的人不能自己确认。"))
    if accept:
        item.state, item.confirmed_by, item.confirmed_at = State.CONFIRMED, by, at
    else:
        words = clean_text(note, limit=300, field_label=_("退回原因"), required=True)
        item.state, item.note = State.RUNNING, _("退回：%s") % words
    item.save(update_fields=["state", "confirmed_by", "confirmed_at", "note"])
    package = item.package
    if not package.items.exclude(state=State.CONFIRMED).exists():
        package.state, package.closed_at = Package.State.CLOSED, at
        package.save(update_fields=["state", "closed_at"])
    return item


def _held_item(item: PackageItem) -> PackageItem:
    return (
        PackageItem.objects.select_for_update(of=("self",))
        .select_related("package__street", "package__org")
        .get(pk=item.pk)
    )


# Activities.


@transaction.atomic
def plan_activity(
    *, title: str, region: Region, place: str, host: Org, orgs: Sequence[Org], starts_at: datetime,
    ends_at: datetime, by: User, at: datetime, series: str = "", text: str = "",
    key: str | None = None,
) -> JointActivity:  # fmt: skip
    """Plan something several units do together (S2.35); each of them is asked. A repeated key plans once.

    :raises NotYourOffice: unless `by` acts for the host; :raises Invalid:
    """
    must_act_for(by, host)
    known = scoped(by, key)
    if known and (before := JointActivity.objects.filter(key=known).first()):
        return before
    if ends_at <= starts_at or (ends_at - starts_at).days > 30:
        raise Invalid(_("结束时间要晚于开始时间，一次活动不超过一个月。"), field="ends_at")
    others = [org for org in dict.fromkeys(orgs) if org.pk != host.pk]
    if not others:
        raise Invalid(_("共建活动至少还要有一家单位参加。"), field="orgs")
    if series and series not in Series.values:
        raise Invalid(_("请选择系列。"), field="series")
    made, is_new = made_once(JointActivity, JointActivity(
        title=clean_text(title, limit=80, field_label=_("活动"), required=True), series=series,
        text=clean_text(text, limit=500, field_label=_("内容"), multiline=True), region=region,
        place=clean_text(place, limit=100, field_label=_("地点"), required=True), host=host,
        starts_at=starts_at, ends_at=ends_at, by=by, at=at, key=known,
    ))  # fmt: skip
    if not is_new:
        return made
    ActivityPart.objects.bulk_create(ActivityPart(activity=made, org=org) for org in others)
    posts = Post.objects.held_on(localdate(at)).filter(
        org__in=others, role__in=("handler", "secretary", "organiser", "commissioner")
    )
    tell(
        users=User.objects.filter(pk__in=posts.values("user"), is_active=True),
        title=_("邀请参加共建活动：%s") % made.title, text=made.place,
        url=f"/conferences/activities/{made.pk}/", key=f"activity:{made.pk}", at=at,
    )  # fmt: skip
    return made


@transaction.atomic
def answer_activity(
    *, part: ActivityPart, joins: bool, by: User, at: datetime, people: int = 0, brings: str = ""
) -> ActivityPart:
    """Say for one's unit whether it comes, with how many, and what it brings.

    :raises NotYourOffice, ActivityOver, Invalid:
    """
    part = (
        ActivityPart.objects.select_for_update(of=("self",))
        .select_related("activity", "org")
        .get(pk=part.pk)
    )
    if part.org_id not in org_ids(by):
        raise NotYourOffice(_("您不能代表%s回复。") % part.org.name)
    if part.activity.state != JointActivity.State.PLANNED:
        raise ActivityOver(_("活动%s。") % part.activity.get_state_display())
    if joins and not 0 < people <= 5000:
        raise Invalid(_("请填写参加人数。"), field="people")
    part.answer = ActivityPart.Answer.JOINS if joins else ActivityPart.Answer.DECLINES
    part.people = people if joins else 0
    part.brings = clean_text(brings, limit=100, field_label=_("承担内容"))
    part.by, part.at = by, at
    part.save()
    return part


@transaction.atomic
def hold_activity(
    *, activity: JointActivity, residents: int, result: str, by: User, at: datetime,
    people: Mapping[int, int] | None = None,
) -> JointActivity:  # fmt: skip
    """Say that an activity was held: how many of each unit came ({part id: n}), how many residents.

    It enters the life log of every Party unit that took part. :raises NotYourOffice, ActivityOver:
    """
    activity = (
        JointActivity.objects.select_for_update(of=("self",))
        .select_related("host")
        .get(pk=activity.pk)
    )
    must_act_for(by, activity.host)
    if activity.state != JointActivity.State.PLANNED or at < activity.starts_at:
        raise ActivityOver(_("活动还没开始，或已登记。"))
    if not 0 <= residents < 1_000_000:
        raise Invalid(_("参加居民人数不对。"), field="residents")
    for part in activity.parts.filter(pk__in=people or {}):
        part.people = max(0, min(5000, (people or {})[part.pk]))
        part.save(update_fields=["people"])
    activity.residents, activity.held_by, activity.held_at = residents, by, at
    activity.result = clean_text(
        result, limit=500, field_label=_("开展情况"), required=True, multiline=True
    )
    activity.state = JointActivity.State.HELD
    activity.save()
    came = list(activity.parts.filter(people__gt=0).select_related("org"))
    units = [activity.host, *(part.org for part in came)]
    for unit in units:
        if unit.kind == Org.Kind.PARTY:
            write_log(
                unit=unit, kind=LogEntry.Kind.SERVICE, at=activity.starts_at, recorded_at=at,
                text=_("共建活动“%(title)s”，%(n)d 家单位，居民 %(r)d 人参加。")
                % {"title": activity.title, "n": len(units), "r": residents},
                source=f"conferences.activity:{activity.pk}", key=f"activity:{activity.pk}",
                actor=by,
            )  # fmt: skip
    return activity
