"""The demo's money: dues and fiscal money of the district, the account of one street's centres, what is
overdue, what waits for a second person, closed months, a check of use. Amounts are composed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.funds import actions
from tongxin.funds.models import Account, Allocation, Line, Source
from tongxin.orgs.models import Org, Post
from tongxin.photos.actions import keep_photo
from tongxin.places.models import Centre
from tongxin.regions.models import Region

from .cast import home_of, places_below
from .pictures import draw

YUAN = 100
PAYEES = ("滨海华宇建筑公司", "新港装饰工程公司", "天合办公设备公司", "海河标识制作中心")
WORKS = ("党群服务中心改造", "便民服务大厅装修", "党员活动室设备", "老年食堂厨房", "室外健身场地")


@dataclass(frozen=True)
class Purses:
    """The accounts of the district, for the part of the demo that gives money to villages."""

    villages: Account
    firms: Account
    keeper: User


def holder(org: Org | None, role: str, *, nth: int = 0) -> User | None:
    """Return somebody who holds a role in an organisation."""
    posts = Post.objects.filter(org=org, role=role, to_date=None, user__is_active=True)
    found = posts.select_related("user").order_by("pk")[nth : nth + 1]
    return found[0].user if found else None


def make_funds(district: Region, dice: Random, *, at: datetime) -> int:
    """Make sources, accounts and a year of their lines; return how many lines."""
    actions.load_sources()
    actions.load_pay_rules()
    purses = open_purses(district, at)
    if purses is None:
        return 0
    street = home_of(district).parent
    office = Org.objects.filter(region=street, kind=Org.Kind.GOVERNMENT).order_by("pk").first()
    keeper, second = holder(office, "officer"), holder(office, "officer", nth=1)
    inspector = User.objects.filter(username="inspector").first()
    if street is not None and office is not None and keeper is not None:
        account = _street_account(street, office, keeper, dice, at)
        _watched(account, keeper, second, inspector, at)
    return Line.objects.count()


def open_purses(district: Region, at: datetime) -> Purses | None:
    """Open the accounts of the district's committee, with a year's dues and fiscal money in them."""
    party = Org.objects.filter(region=district, kind=Org.Kind.PARTY).order_by("pk").first()
    keeper = holder(party, "organiser")
    if party is None or keeper is None:
        return None
    since = localdate(at) - timedelta(days=330)

    def account(name: str, purpose: str) -> Account:
        return actions.open_account(
            org=party, region=district, name=name, is_special=True, purpose=purpose, by=keeper,
            at=at, opened_on=since,
        )  # fmt: skip

    villages = account("村集体经济扶持专账", "村集体经济项目启动和先建后补")
    firms = account("企业备用金专账", "结对村产业项目")
    for code, yuan, days in (("F03", 3_000_000, 1), ("P02", 600_000, 12), ("P01", 400_000, 40)):
        actions.receive(
            account=villages, source=Source.objects.get(code=code), amount_fen=yuan * YUAN,
            on=since + timedelta(days=days), by=keeper, at=at, note="年度预算下达",
        )  # fmt: skip
    for back, share in ((2, 52), (1, 58), (0, 66)):
        _budget(party, district, localdate(at).year - back, share, keeper, at)
    return Purses(villages, firms, keeper)


def _budget(org: Org, district: Region, year: int, share: int, by: User, at: datetime) -> None:
    """A year's budget of which `share` of a hundred goes to the base: more every year (S4.72)."""
    rows = (
        ("基层阵地建设", "F03", share * 60, True), ("村（社区）党组织工作经费", "S02", share * 40, True),
        ("机关党务经费", "F03", (100 - share) * 70, False), ("教育培训", "P01", (100 - share) * 30, False),
    )  # fmt: skip
    for name, code, hundreds, base in rows:
        actions.set_budget(
            org=org, region=district, year=year, source=Source.objects.get(code=code), name=name,
            amount_fen=hundreds * 1000 * YUAN, for_base=base, by=by, at=at,
        )  # fmt: skip


def _street_account(street: Region, office: Org, keeper: User, dice: Random, at: datetime) -> Account:  # fmt: skip
    """An account of a street's centres: three sources, five sites, payments under the threshold."""
    today = localdate(at)
    since = today - timedelta(days=300)
    account = actions.open_account(
        org=office, region=street, name="党群服务中心建设专账", is_special=True,
        purpose="社区党群服务中心新建、改造和设备", by=keeper, at=at, opened_on=since,
    )  # fmt: skip
    sources = {code: Source.objects.get(code=code) for code in ("F04", "P01", "S01")}
    for code, yuan, days in (("F04", 360_000, 3), ("P01", 150_000, 20), ("S01", 240_000, 60)):
        actions.receive(
            account=account, source=sources[code], amount_fen=yuan * YUAN, by=keeper, at=at,
            on=since + timedelta(days=days), payer="滨海新区财政局",
        )  # fmt: skip
    for n, place in enumerate(places_below(street)[:5]):
        yuan = (80_000, 120_000, 46_500, 98_000, 60_000)[n]
        begin = since + timedelta(days=70 + 25 * n)
        allocation = actions.allocate(
            account=account, source=sources["F04" if n % 2 else "S01"], amount_fen=yuan * YUAN,
            purpose=f"{place.short_name}{WORKS[n]}", region=place, on=begin, by=keeper, at=at,
            to=_centre_of(place),
            payables=_plan(begin, yuan, late=n == 1, today=today),
        )  # fmt: skip
        _pay_some(allocation, keeper, dice, begin, today, at)
    return account


def _centre_of(place: Region) -> tuple[str, str, str, str] | None:
    """Return the centre of a community as what money is for; None where there is none."""
    found = Centre.objects.filter(region=place).order_by("pk").first()
    if found is None:
        return None
    return "centre", str(found.pk), found.name, reverse("places:centre", args=[found.pk])


def _plan(begin: date, yuan: int, *, late: bool, today: date) -> list[tuple[date, int]]:
    half = yuan * YUAN // 2
    second = today - timedelta(days=18) if late else today + timedelta(days=40)
    return [(begin + timedelta(days=30), half), (second, yuan * YUAN - half)]


def _pay_some(
    allocation: Allocation, by: User, dice: Random, begin: date, today: date, at: datetime
) -> None:
    """Pay the first instalment in slices of different days, with a receipt for the first."""
    left, day = allocation.amount_fen // 2, begin + timedelta(days=12)
    for n in range(3):
        fen = left if n == 2 else left // 3
        actions.pay(
            allocation=allocation, amount_fen=fen, on=min(day, today), payee=dice.choice(PAYEES),
            note=("首付款", "进度款", "结算款")[n], by=by, at=at,
        )  # fmt: skip
        left, day = left - fen, day + timedelta(days=dice.randint(8, 20))


def _watched(
    account: Account, keeper: User, second: User | None, inspector: User | None, at: datetime
) -> None:
    """What supervision sees: a line taken back, a payment that waits, closed months, two checks."""
    lines = list(account.lines.filter(kind=Line.Kind.PAY).order_by("seq"))
    receipt = keep_photo(data=draw("visit", 0, done=True), by=keeper, at=at)
    for line in lines[::2]:
        actions.add_proof(line=line, photos=[receipt], by=keeper, at=at)
    wrong = lines[-1]
    actions.reverse(line=wrong, reason="收款方账号填写有误，重新支付", by=keeper, at=at)
    if second is not None:
        allocation = lines[3].allocation
        assert allocation is not None  # noqa: S101 (a payment is out of one)
        actions.ask_payment(
            allocation=allocation, amount_fen=55_000 * YUAN, on=localdate(at),
            payee=PAYEES[0], note="第二期工程款", by=keeper, at=at - timedelta(hours=5),
        )  # fmt: skip
    month = account.opened_on
    while (nxt := (month.replace(day=1) + timedelta(days=31)).replace(day=1)) <= localdate(at).replace(day=1) - timedelta(days=40):  # fmt: skip
        actions.freeze(account=account, month=month, by=keeper, at=at)
        month = nxt
    if inspector is None or not actions.may_check(inspector, account):
        return
    day = localdate(at) - timedelta(days=9)
    actions.record_check(
        account=account, line=lines[0], result="proper", text="合同、发票、验收单齐全，与用途一致", on=day,
        by=inspector, at=at - timedelta(days=9),
    )  # fmt: skip
    actions.record_check(
        account=account, line=lines[1], result="flawed", text="缺少第三方审价报告，发票抬头与合同不一致",
        on=day, mend_by=localdate(at) + timedelta(days=10), by=inspector, at=at - timedelta(days=2),
    )  # fmt: skip
