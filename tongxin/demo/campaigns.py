"""The demo's campaigns: one under way, one that has ended, one that waits for another's word; what
communities bear, month by month. Everything goes through the actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.campaigns import actions
from tongxin.campaigns.models import AdmissionList, Burden, Campaign, CampaignTask
from tongxin.campaigns.queries import month_of, months_until
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from .cast import home_of, places_below
from .replay import as_it_happens

SENDERS = (
    ("民政局", "A05", "困难群众走访"), ("街道办事处", "A19", "街道综合考核"), ("消防救援支队", "A04", "消防隐患排查"),
    ("统计局", "", "社区经济活动摸底表"), ("公安分局", "A14", "人房信息核对表"), ("某协会", "", "满意度问卷"),
    ("城市管理委", "A09", "桶前值守"), ("应急管理局", "A20", "安全生产督查"),
)  # fmt: skip
KINDS = {"A19": "check", "A20": "check", "A14": "form", "": "form"}
PLATES = (
    ("党群服务中心", "区委组织部", "A23", "统一规范"), ("社区居民委员会", "区民政局", "A22", "法定"),
    ("社区党委", "区委组织部", "A21", "规范"), ("某某志愿服务示范基地", "某协会", "", "来函要求，正在清理"),
    ("家长学校", "某局", "", "检查时要求挂"),
)  # fmt: skip
ITEMS = [
    {"text": "排查场所", "kind": "number", "unit": "处"},
    {"text": "发现隐患", "kind": "number", "unit": "处"},
    {"text": "当场整改", "kind": "yes_no"},
]


def make_campaigns(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the list, three campaigns and the books of what communities bear; return how many tasks."""
    judge = User.objects.filter(username="district").first()
    officer = User.objects.filter(username="officer").first()
    if judge is None or officer is None:
        return 0
    admitted = admission_list(district, at=at)
    home = home_of(district)
    street = home.parent
    assert street is not None  # noqa: S101 (a community stands in a street)
    office = Org.objects.filter(region=street, kind=Org.Kind.GOVERNMENT).order_by("pk")[0]
    _running(street, office, officer, admitted, dice, at)
    _ended(street, office, officer, admitted, dice, at)
    _waiting(street, office, officer, at)
    _books(district, street, admitted, dice, at)
    _plates(home, admitted, at)
    return CampaignTask.objects.count()


def admission_list(district: Region, *, at: datetime) -> AdmissionList:
    """Return the district's list of what may be asked of communities; made where there is none."""
    found = AdmissionList.objects.filter(region=district).order_by("pk").first()
    judge = User.objects.filter(username="district").first()
    return found or actions.load_sample(region=district, at=at - timedelta(days=200), by=judge)


def _issue(campaign: Campaign, at: datetime) -> None:
    actions.issue_campaign(campaign, at=at, by=campaign.by)
    with as_it_happens(lambda: at):
        while actions.campaigns_due(at=at, limit=200):
            pass


def _running(street: Region, office: Org, by: User, admitted: AdmissionList, dice: Random, at: datetime) -> None:  # fmt: skip
    since = at - timedelta(days=4)
    campaign = actions.propose_campaign(
        kind="safety", name="冬季消防安全排查", text="对照清单逐户逐店查看，能当场改的当场改；改不了的当天上报。",
        region=street, org=office, from_on=localdate(since), due_on=localdate(at) + timedelta(days=6),
        items=ITEMS, needs_photo=False, admitted_by=admitted.items.get(code="A04"), at=since, by=by,
    )  # fmt: skip
    _issue(campaign, since)
    _work(campaign, dice, since, share=0.55, checked=0.5, officer=by)


def _ended(street: Region, office: Org, by: User, admitted: AdmissionList, dice: Random, at: datetime) -> None:  # fmt: skip
    since = at - timedelta(days=40)
    campaign = actions.propose_campaign(
        kind="tomb", name="寒衣节文明祭扫", text="宣传集中祭扫点，路口值守，劝导不焚烧。", region=street, org=office,
        from_on=localdate(since), due_on=localdate(since) + timedelta(days=8), level="community",
        items=[{"text": "值守人次", "kind": "number", "unit": "人次"}, {"text": "劝导", "kind": "number", "unit": "起"}],
        needs_photo=False, admitted_by=admitted.items.get(code="A01"), at=since, by=by,
    )  # fmt: skip
    _issue(campaign, since)
    _work(campaign, dice, since, share=1.0, checked=1.0, officer=by)
    actions.close_campaign(
        campaign, report="集中祭扫点分流明显，路口焚烧比去年少。下一年提前一周公布点位。",
        at=since + timedelta(days=9), by=by,
    )  # fmt: skip


def _work(campaign: Campaign, dice: Random, since: datetime, *, share: float, checked: float, officer: User) -> None:  # fmt: skip
    """Let the tasks be taken over, reported and checked by those who work there."""
    rows = CampaignTask.objects.filter(campaign=campaign).select_related(
        "campaign", "region", "case"
    )
    for task in rows.order_by("region__path"):
        doer = _doer(task.region)
        if doer is None or dice.random() > share + 0.25:
            continue
        taken = since + timedelta(hours=dice.randint(2, 20))
        with as_it_happens(partial(_same, taken)):
            make_move(task.case, "accept", at=taken, actor=doer)
        if dice.random() > share / (share + 0.25):
            continue
        answers = {
            item["code"]: dice.randint(0, 24 if item["code"] == "q1" else 3)
            if item["kind"] == "number"
            else "yes"
            for item in campaign.items
        }
        done = taken + timedelta(hours=dice.randint(8, 40))
        with as_it_happens(partial(_same, done)):
            actions.finish_task(
                task, answers=answers, note="已按清单查看，情况属实", at=done, by=doer
            )
        if dice.random() < checked:
            case, looked = Case.objects.get(pk=task.pk), done + timedelta(hours=3)
            with as_it_happens(partial(_same, looked)):
                make_move(case, "check", at=looked, actor=officer)


def _same(at: datetime) -> datetime:
    return at


def _doer(region: Region) -> User | None:
    role = "grid_worker" if region.level == Region.Level.GRID else "dispatcher"
    return (
        User.objects.filter(posts__role=role, posts__region=region, posts__to_date=None)
        .order_by("pk")
        .first()
    )


def _waiting(street: Region, office: Org, by: User, at: datetime) -> None:
    campaign = actions.propose_campaign(
        kind="collect", name="阳台花盆数量统计", text="台风季前统计。", region=street, org=office, burden="form",
        from_on=localdate(at), due_on=localdate(at) + timedelta(days=5), level="community",
        items=[{"text": "花盆", "kind": "number", "unit": "盆"}], needs_photo=False,
        at=at - timedelta(hours=5), by=by,
    )  # fmt: skip
    actions.ask_approval(
        campaign, reason="上级要求台风季前掌握高空坠物底数", at=at - timedelta(hours=4), by=by
    )


def _books(
    district: Region, street: Region, admitted: AdmissionList, dice: Random, at: datetime
) -> None:
    """What came on other ways over the last year; falling since the list was published."""
    codes = {item.code: item for item in admitted.items.all()}
    rows = []
    months = months_until(month_of(localdate(at)))
    for community in places_below(street):
        for n, month in enumerate(months):
            for name, code, title in dice.sample(SENDERS, 6 - n // 4):
                if not code and n > 8 and dice.random() < 0.7:
                    continue
                day = min(month + timedelta(days=dice.randint(0, 26)), localdate(at))
                rows.append(
                    Burden(
                        community=community, kind=KINDS.get(code, "task"), title=title, from_name=name,
                        item=codes.get(code), is_admitted=code in codes, on=day, month=month_of(day), at=at,
                    )
                )  # fmt: skip
    Burden.objects.bulk_create(rows, 500)


def _plates(home: Region, admitted: AdmissionList, at: datetime) -> None:
    by = User.objects.filter(username="dispatcher").first()
    if by is None:
        return
    for n, (text, name, code, reason) in enumerate(PLATES):
        actions.hang_plate(
            community=home, text=text, from_name=name, reason=reason, at=at, by=by,
            hung_on=localdate(at) - timedelta(days=900 - 100 * n), is_outside=n < 3,
            item=admitted.items.filter(code=code).first() if code else None,
        )  # fmt: skip
