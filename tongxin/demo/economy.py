"""The demo's villages: two years of one town, projects with start-up money, eighteen firms. All composed.

The places are real, what they earn is not. Figures as the mission says them: no village at nothing,
six above the line, eighteen firms with 17.3 million yuan set aside.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.economy import actions
from tongxin.economy.models import Firm, IncomeKind, VillageProject, VillageYear
from tongxin.funds import actions as funds
from tongxin.funds.models import Account, Source
from tongxin.orgs.models import Post
from tongxin.photos.actions import keep_photo
from tongxin.regions.models import Region

from .funds import YUAN
from .pictures import draw

TOWN = "杨家泊镇"
MOST = 14  # villages of the town that the demo plays
ABOVE = 6
CROPS = ("冬枣", "西红柿", "对虾", "葡萄", "食用菌")
FIRMS = (
    "海润农业", "渤海水产", "滨城商贸", "汉沽果品", "北塘渔业", "港湾物流", "太平种业", "营城海产", "津东商贸",
    "小王庄粮油", "盐田水产", "永定物流", "新河农业", "茶淀渔业", "蓝湾商贸", "中塘农机", "寨上水产", "大港物流",
)  # fmt: skip
INDUSTRIES = ("农业", "水产", "流通")


def make_economy(district: Region, dice: Random, *, at: datetime) -> int:
    """Make what the villages of a town earned, their projects and firms; return how many villages."""
    actions.load_kinds()
    account = Account.objects.filter(name="村集体经济扶持专账").select_related("org").first()
    villages = _villages(district)
    if account is None or not villages:
        return 0
    keeper = account.by
    officers = _officers(villages[0])
    played = []
    for n, village in enumerate(villages):
        reporter = _reporter(village)
        if reporter is None:
            continue
        _year(village, n, reporter, officers, dice, at)
        played.append((village, reporter))
    _projects(played, account, keeper, officers, at)
    _firms(district, played, keeper, officers, at)
    return len(played)


def _villages(district: Region) -> list[Region]:
    rows = Region.objects.filter(
        parent__parent=district, level=Region.Level.COMMUNITY, kind=Region.Kind.VILLAGE,
        valid_to=None,
    ).defer("polygon")  # fmt: skip
    there = rows.filter(parent__name=TOWN).order_by("path")
    first = rows.order_by("path").first()
    if not there and first is not None:
        there = rows.filter(parent=first.parent_id).order_by("path")
    return list(there[:MOST])


def _reporter(village: Region) -> User | None:
    posts = Post.objects.filter(region=village, role="dispatcher", user__is_active=True)
    found = posts.select_related("user").order_by("pk").first()
    return found.user if found else None


def _officers(village: Region) -> list[User]:
    posts = Post.objects.filter(region=village.parent_id, role="officer", user__is_active=True)
    return [post.user for post in posts.select_related("user").order_by("pk")]


def _year(village: Region, n: int, reporter: User, officers: list[User], dice: Random, at: datetime) -> None:  # fmt: skip
    """Last year verified, this year under way: six above the line, none at nothing."""
    this, kinds = localdate(at).year, {kind.code: kind for kind in IncomeKind.objects.all()}
    yuan = 50_000 + 9_000 * n if n < ABOVE else 8_000 + dice.randint(0, 30) * 1000
    last = date(this - 1, 9, 1 + n % 28)
    when = at - timedelta(days=200)

    def earn(kind: str, amount: int, on: date, text: str) -> None:
        actions.add_income(
            village=village, kind=kinds[kind], amount_fen=amount * YUAN, on=on, text=text,
            by=reporter, at=at,
        )  # fmt: skip

    earn(
        ("R1", "R2", "R3", "R5")[n % 4],
        yuan,
        last,
        ("厂房年租金", "鱼塘承包费", "大棚销售", "合作社分红")[n % 4],
    )
    if n % 3 == 0:
        earn("R7", 20_000, last, "零星征地留用")
        earn("G1", 100_000, last, "项目补助")
    of_year = actions.report_year(village=village, year=this - 1, by=reporter, at=when)
    if officers and n != 4:  # one still waits for the street
        actions.verify_year(
            of_year=of_year, accept=True, by=officers[0], at=when + timedelta(days=5)
        )
    if n % 2 == 0:
        earn(
            ("R1", "R2", "R3", "R5")[n % 4],
            yuan + 6000,
            localdate(at) - timedelta(days=30 + n),
            "本年第一笔",
        )
    if n % 5 == 0:
        actions.record_sale(
            village=village, product=CROPS[n % 5], amount_fen=dice.randint(8, 40) * 1000 * YUAN,
            quantity=f"{dice.randint(3, 20) * 100} 斤", helper="区委办公室", by=reporter, at=at,
            on=localdate(at) - timedelta(days=14 + n),
        )  # fmt: skip


def _projects(
    played: list[tuple[Region, User]], account: Account, keeper: User, officers: list[User],
    at: datetime,
) -> None:  # fmt: skip
    today = localdate(at)
    dues = Source.objects.get(code="P02")
    for n, (village, reporter) in enumerate(played[:5]):
        begin = today - timedelta(days=240 - 20 * n)
        days = [begin + timedelta(days=60 * k) for k in (1, 2, 3, 5)]
        project = actions.plan_project(
            village=village, title=f"{CROPS[n]}种养基地", industry="特色种养", by=reporter, at=at,
            policy="村集体统一流转土地，合作社经营，保底租金加年底分红，优先用本村劳动力",
            started_on=begin, earns_by=days[-1], planned_fen=480_000 * YUAN, goal_fen=60_000 * YUAN,
            stages=list(zip(("土地流转", "基础设施", "设备安装", "投产见效"), days, strict=True)),
        )  # fmt: skip
        for stage in list(project.stages.order_by("seq"))[: 4 - n]:
            done = min(stage.due_on + timedelta(days=n), today)
            actions.finish_stage(stage=stage, on=done, by=reporter, at=at, note="已完成并自查")
        given = actions.grant_start_up(
            project=project, account=account, source=dues, amount_fen=(60_000 + 5_000 * n) * YUAN,
            by=keeper, at=at, due_on=today + timedelta(days=15 - 10 * n),
        )  # fmt: skip
        if n < 3:
            funds.pay(
                allocation=given, amount_fen=30_000 * YUAN, on=today - timedelta(days=5 + n),
                payee=f"{village.short_name}股份经济合作社", by=keeper, at=at,
            )  # fmt: skip
    _subsidies(account, keeper, officers, at)


def _subsidies(account: Account, keeper: User, officers: list[User], at: datetime) -> None:
    """One granted, one accepted, one built, one applied for: money only after acceptance."""
    projects = list(VillageProject.objects.select_related("village", "by").order_by("pk")[:4])
    if not officers:
        return
    shown = draw("wall", 0, done=True)
    asked = at - timedelta(days=30)
    for n, project in enumerate(projects):
        subsidy = actions.apply_subsidy(
            project=project,
            title="钢架大棚和配套水电",
            asked_fen=80_000 * YUAN,
            by=project.by,
            at=asked,
        )
        if n == 3:
            continue
        actions.report_built(
            subsidy=subsidy, photo=keep_photo(data=shown, by=project.by, at=at), by=project.by,
            on=localdate(at) - timedelta(days=8), at=at,
        )  # fmt: skip
        if n == 2:
            continue
        actions.accept_subsidy(
            subsidy=subsidy, passed=True, opinion="实地查看，与申报一致，可以使用", by=officers[0], at=at,
            granted_fen=76_000 * YUAN, photo=keep_photo(data=shown, by=officers[0], at=at),
        )  # fmt: skip
        if n == 0:
            source = Source.objects.get(code="F03")
            actions.grant_subsidy(
                subsidy=subsidy, account=account, source=source, by=keeper, at=at,
                due_on=localdate(at) + timedelta(days=20),
            )  # fmt: skip


def _firms(
    district: Region, played: list[tuple[Region, User]], keeper: User, officers: list[User],
    at: datetime,
) -> None:  # fmt: skip
    """Eighteen firms with 17.3 million yuan set aside; the first ones share with villages."""
    purse = Account.objects.get(name="企业备用金专账")
    source, joined = Source.objects.get(code="E01"), localdate(at) - timedelta(days=280)
    for n, name in enumerate(FIRMS):
        yuan = 1_000_000 if n < 16 else (700_000, 600_000)[n - 16]
        firm = actions.register_firm(
            name=f"{name}公司（样例）", region=district, joined_on=joined, pledged_fen=yuan * YUAN,
            industry=INDUSTRIES[n % len(INDUSTRIES)], by=keeper, at=at,
        )  # fmt: skip
        actions.put_reserve(
            firm=firm, account=purse, source=source, amount_fen=yuan * YUAN, by=keeper, at=at,
            on=joined + timedelta(days=n),
        )  # fmt: skip
    if not officers:
        return
    for n, ((village, reporter), firm) in enumerate(
        zip(played, Firm.objects.order_by("pk"), strict=False)
    ):
        pair = actions.pair(
            firm=firm, village=village, text="订单收购，优先用工，技术指导", since=joined, by=officers[0],
            at=at,
        )  # fmt: skip
        if n > 3:
            continue
        link = actions.sign_link(
            pair=pair, title="种养基地合作经营合同", number=f"HZ-{n + 1:03d}", signed_on=joined,
            ends_on=joined + timedelta(days=1095), by=officers[0], at=at,
            shares={"village": 3000, "households": 4000, "firm": 2500, "fund": 500},
            project=VillageProject.objects.filter(village=village).first(),
        )  # fmt: skip
        is_open = VillageYear.objects.filter(
            village=village, year=localdate(at).year, state="reported"
        )
        if n < 2 and not is_open.exists():
            actions.share_out(
                link=link, profit_fen=123_456_78 + n, on=localdate(at) - timedelta(days=3),
                by=reporter, at=at,
            )  # fmt: skip
