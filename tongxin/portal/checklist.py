"""What an administrator does first, and what to look at later: the home of /admin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _

from tongxin.accounts.models import Delivery
from tongxin.cases.models import Case, Event, Topic
from tongxin.kit.worktime import known_years
from tongxin.open311.models import Peer
from tongxin.orgs.models import Post
from tongxin.regions.models import DayException, Region

DONE, OPEN, WARN = "done", "open", "warn"
PATIENCE = timedelta(minutes=2)  # what the worker leaves longer than this, it does not do
NOTICE_MONTH = 11  # the State Council tells the holidays of the next year in November
MOST_NAMED = 3


@dataclass(frozen=True)
class Item:
    """A line of the list: "done", "open" or "warn", what it is about, how it stands, where to go."""

    state: str
    title: str
    words: str
    url: str = ""
    link: str = ""


def show_checklist(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the list to the page (`UNFOLD["DASHBOARD_CALLBACK"]`)."""
    at = now()
    groups = [(_("先把这些建好"), list(to_set_up(at))), (_("平时看这些"), list(to_watch(at)))]
    left = sum(item.state != DONE for _title, items in groups for item in items)
    return context | {"groups": groups, "left": left}


def to_set_up(at: datetime) -> Iterable[Item]:
    today = localdate(at)
    yield _regions(today)
    yield _catalogue()
    yield _staff(today)
    yield _posts("dispatcher", _("派单员"), today)
    yield _posts("verifier", _("验单员"), today)
    yield _party_grids(today)
    yield _calendar(today)
    yield _sms()
    yield _mail()


def to_watch(at: datetime) -> Iterable[Item]:
    yield _worker(at)
    yield _dead()
    yield from _not_handed_on()
    yield _left_behind(localdate(at))
    if settings.TONGXIN_DEMO:
        words = _("任何人都能一键进入任何角色。正式使用前请去掉环境变量 TONGXIN_DEMO。")
        yield Item(WARN, _("演示模式开着"), words)


def _left_behind(today: date) -> Item:
    """Whether open cases are still in the hands of people who hold no post any more."""
    held = Post.objects.held_on(today).filter(user=OuterRef("holder"), user__is_active=True)
    left = Case.objects.filter(~Exists(held), closed_at=None, holder__isnull=False)
    numbers = list(left.order_by("id").values_list("number", flat=True)[: MOST_NAMED + 1])
    title = _("离任人员手里的单子")
    if not numbers:
        return Item(DONE, title, _("没有。"))
    more = " …" if len(numbers) > MOST_NAMED else ""
    words = _("承办人已离任或停用，单子还没办结，请派单员收回重派：%s") % (
        "、".join(numbers[:MOST_NAMED]) + more
    )
    return Item(WARN, title, words, reverse("portal:desk") + "?tab=all", _("去收件箱"))


def _page(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


def _regions(today: date) -> Item:
    lands = Region.objects.valid_on(today)
    streets = lands.filter(level="street").count()
    communities = lands.filter(level="community").count()
    grids = lands.filter(level="grid").count()
    if not communities:
        words = _("还没有区划。请在服务器上运行 tongxin import regions。")
        return Item(OPEN, _("区划"), words, _page("regions_region"), _("查看区域"))
    words = _("%(streets)d 个街镇、%(communities)d 个社区（村）、%(grids)d 个网格。") % {
        "streets": streets,
        "communities": communities,
        "grids": grids,
    }
    return Item(DONE, _("区划"), words, _page("regions_region"), _("查看区域"))


def _catalogue() -> Item:
    active = Topic.objects.filter(is_active=True)
    total, sample = active.count(), active.filter(is_sample=True).count()
    if not total:
        words = _("还没有事项。请导入目录表，或运行 tongxin import catalogue。")
        page = reverse("admin:cases_topic_import_sheet")
        return Item(OPEN, _("事项目录"), words, page, _("导入目录"))
    if sample:
        words = _("%(total)d 项启用，其中 %(sample)d 项还是示例：请逐项核定时限和承接人。") % {
            "total": total,
            "sample": sample,
        }
        page = _page("cases_topic", "?is_sample__exact=1")
        return Item(WARN, _("事项目录"), words, page, _("核定示例"))
    words = _("%d 项启用，都已核定。") % total
    return Item(DONE, _("事项目录"), words, _page("cases_topic"), _("查看目录"))


def _staff(today: date) -> Item:
    staff = Post.objects.held_on(today).exclude(role="volunteer")
    people = staff.values("user").distinct().count()
    if not people:
        words = _("还没有工作人员。新增用户，再给他一个岗位：没有岗位就没有权限。")
        return Item(OPEN, _("人员与岗位"), words, reverse("admin:accounts_user_add"), _("新增用户"))
    words = _("%d 名工作人员在岗。") % people
    return Item(DONE, _("人员与岗位"), words, _page("orgs_post"), _("查看岗位"))


def _posts(role: str, label: str, today: date) -> Item:
    """Whether every community is reached by somebody with the role."""
    held = Post.objects.held_on(today).filter(role=role, user__is_active=True)
    paths = set(held.values_list("region__path", flat=True))
    communities = Region.objects.valid_on(today).filter(level="community").order_by("path")
    missing = [
        name
        for name, path in communities.values_list("name", "path")
        if not any(path.startswith(reach) for reach in paths)
    ]
    title = _("每个社区有%s") % label
    page, link = reverse("admin:orgs_post_add") + f"?role={role}", _("新增岗位")
    if not paths:
        return Item(OPEN, title, _("还没有人担任%s，订单会没有人处理。") % label, page, link)
    if missing:
        words = _("%(n)d 个社区还没有：%(names)s") % {
            "n": len(missing),
            "names": "、".join(missing[:MOST_NAMED]) + (" …" if len(missing) > MOST_NAMED else ""),
        }
        return Item(WARN, title, words, page, link)
    return Item(DONE, title, _("都有了。"), _page("orgs_post", f"?role__exact={role}"), _("查看"))


def _party_grids(today: date) -> Item:
    grids = Region.objects.valid_on(today).filter(level="grid")
    bare = grids.exclude(party_units__dissolved_on=None, party_units__isnull=False).count()
    page, link = _page("orgs_org", "?kind__exact=party"), _("查看党组织")
    if not grids.exists():
        return Item(OPEN, _("红网格"), _("还没有网格。"), page, link)
    if bare:
        words = _("%d 个网格还没有党组织覆盖。在党组织的页面里选它覆盖的网格。") % bare
        return Item(WARN, _("红网格"), words, page, link)
    return Item(DONE, _("红网格"), _("每个网格都有党组织覆盖。"), page, link)


def _calendar(today: date) -> Item:
    years = known_years()
    wanted = today.year + (today.month >= NOTICE_MONTH)
    page, link = _page("regions_dayexception"), _("日历例外")
    if wanted in years:
        words = _("已有到 %d 年的法定节假日和调休安排。") % max(years)
        return Item(DONE, _("工作日历"), words, page, link)
    days = DayException.objects.filter(day__year=wanted, region__parent__isnull=True).count()
    if days:
        words = _("%(year)d 年的安排由您录入，已有 %(days)d 天。") % {"year": wanted, "days": days}
        return Item(DONE, _("工作日历"), words, page, link)
    words = _(
        "还没有 %d 年的放假和调休安排，时限暂按周一到周五算。请更新软件包 chinesecalendar，"
        "或按国务院通知逐日录入“日历例外”。"
    )
    return Item(WARN, _("工作日历"), words % wanted, page, link)


def _sms() -> Item:
    if settings.TONGXIN_SMS == "webhook":
        return Item(
            DONE, _("短信"), _("由 %s 发送。") % urlsplit(settings.TONGXIN_SMS_URL).hostname
        )
    words = _("验证码只写进日志，居民收不到。请设 TONGXIN_SMS=webhook 和短信网关的地址、密钥。")
    return Item(WARN, _("短信"), words)


def _mail() -> Item:
    if settings.EMAIL_HOST:
        return Item(DONE, _("邮件"), _("由 %s 发送。") % settings.EMAIL_HOST)
    return Item(WARN, _("邮件"), _("还没有邮件服务器；要用邮件通知，请设 TONGXIN_SMTP_HOST。"))


def _worker(at: datetime) -> Item:
    """Whether the worker does its work: what it should have done, waits nowhere."""
    since = at - PATIENCE
    waiting = (
        Case.objects.filter(rings_at__lt=since)[:1].count()
        + Event.objects.filter(settled_at=None, recorded_at__lt=since)[:1].count()
        + Delivery.objects.filter(state="waiting", next_at__lt=since - PATIENCE)[:1].count()
    )
    if waiting:
        words = _("有到期的时钟、通知或外发超过 2 分钟没有处理。请检查 tongxin work 是否在运行。")
        return Item(WARN, _("后台进程"), words)
    return Item(DONE, _("后台进程"), _("没有积压：时钟、通知、外发都处理到了现在。"))


def _not_handed_on() -> Iterable[Item]:
    """Cases that another system would not take; nothing where none are handed on."""
    for peer in Peer.objects.filter(forwardings__state="dead").distinct().order_by("name"):
        words = _("有事项转交%s没有成功。看一看原因，改好之后可以重新转交。") % peer.name
        page = reverse("open311:peer", args=[peer.pk]) + "?state=dead"
        yield Item(WARN, _("转交失败的事项"), words, page, _("查看"))


def _dead() -> Item:
    dead = Delivery.objects.filter(state="dead").count()
    page = reverse("open311:deliveries") + "?state=dead"
    if dead:
        words = _("%d 条消息多次重试仍没有送到。看一看原因，改好之后可以重发。") % dead
        return Item(WARN, _("送不到的消息"), words, page, _("查看"))
    return Item(DONE, _("送不到的消息"), _("没有。"))
