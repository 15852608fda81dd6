"""The demo's care: files of made-up people in the home street, visits, a fund, a round of greetings
to eight hundred households, errands that cost money, people here for a time. Everybody is 示例."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate

from tongxin.accounts.models import Delivery, Notice, User
from tongxin.care import actions
from tongxin.care.models import (
    Aid,
    AidRound,
    CareFile,
    CareVisit,
    Errand,
    Fund,
    Impact,
    RoundHousehold,
)
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from .cast import home_of, places_below
from .names import a_name

DAY = timedelta(days=1)
HOUSEHOLDS = 812  # on the list of the round; a few were not at home
KINDS = ("elder",) * 6 + ("needy",) * 3 + ("disabled",) * 2 + ("child", "veteran")
FILES = 26  # of the home community; others have a few
NEEDS = {
    "elder": ("每周送一次菜", "腿脚不便，需要帮忙取药", "想有人说说话，怕独自跌倒"),
    "needy": ("孩子上学的费用紧张", "想找一份离家近的活", "申请临时救助的材料不会填"),
    "disabled": ("轮椅出不了单元门", "办证要人陪同"),
    "child": ("放学后没人照看",),
    "veteran": ("优待证还没领",),
}
SEEN = (
    "精神不错，自己做饭", "吃住都好，屋里有点冷", "刚从子女家回来，想见见老邻居",
    "屋里收拾得干净，说近来睡得好", "独自在家，提醒关好燃气",
)  # fmt: skip
WISHES = ("想要一副老花镜", "想去看看新修的公园", "想吃一顿饺子", "")
PROMISED = ("换客厅的灯泡", "问清医保缴费的事", "联系家电维修")
AIDS = (("goods", "米面油一套", 16_800), ("goods", "棉被一床", 12_900), ("service", "上门理发", 0))


def make_care(district: Region, dice: Random, *, at: datetime) -> int:
    """Keep the care of the home street; return how many files were opened."""
    home = home_of(district)
    street = home.parent
    assert street is not None  # noqa: S101 (a community stands in a street)
    officer = _post("officer", street)
    above = _post("officer", district)
    begun = at - 200 * DAY
    impacts = _assess(street, officer, above, begun)
    carers = {}
    places = [home, *(one for one in places_below(street) if one.pk != home.pk)][:5]
    for place in places:
        carers[place.pk] = _post("verifier", place)
        actions.name_officer(user=carers[place.pk], region=place, by=officer, at=begun)
    files = []
    for n, place in enumerate(places):
        for grid in places_below(place):
            files += _files(grid, impacts["care"], FILES // 4 if n == 0 else 2, dice, at)
    fund = _fund(street, officer, begun)
    for file in files:
        _visit(file, dice, at)
    _help(files, fund, carers[home.pk], home, dice, at)
    _greet(street, places, carers, officer, dice, at)
    _pair(files, home, carers[home.pk], dice, at)
    _stays(home, impacts["stay"], dice, at)
    _errands(at)
    # What was told weeks ago has been read since.
    old = {"key__startswith": "care.", "at__lt": at - 3 * DAY}
    Notice.objects.filter(**old).delete()
    Delivery.objects.filter(key__contains=":care.", created_at__lt=at - 3 * DAY).delete()
    return len(files)


def _post(role: str, region: Region) -> User:
    posts = Post.objects.filter(role=role, region=region, to_date=None).select_related("user")
    return posts.order_by("user__username", "pk")[0].user


def _assess(street: Region, officer: User, above: User, at: datetime) -> dict[str, Impact]:
    """Write and accept an assessment of each purpose."""
    made = {}
    for code, purpose, data in (
        ("care", "困难和特殊群体关爱走访", "姓名、门牌、电话、需要什么、紧急联系人；不收集身份证号和病历"),
        ("stay", "流动人口服务管理", "姓名、手机号、住处、居住事由和时间；不收集身份证号、民族、籍贯"),
    ):  # fmt: skip
        impact = actions.write_impact(
            region=street,
            purpose=purpose, data=data, legality="用于上门走访和服务，目的明确，不作他用（样例）",
            risks="泄露后可能被推销、诈骗，或让人感到被打扰（样例）",
            measures="加密保存；按需查看，每次写理由并告知本人；到期清除（样例）",
            valid_until=localdate(at) + 700 * DAY, by=officer, at=at,
        )  # fmt: skip
        made[code] = actions.settle_impact(impact=impact, accept=True, note="", by=above, at=at)
    return made


def _files(grid: Region, impact: Impact, count: int, dice: Random, at: datetime) -> list[CareFile]:
    walker, found = _post("grid_worker", grid), []
    for n in range(count):
        kind = dice.choice(KINDS)
        when = at - dice.randint(60, 180) * DAY
        name = a_name(dice)
        found.append(
            actions.open_file(
                grid=grid,
                kind=kind,
                name=name,
                impact=impact,
                basis="consent",
                consented_on=localdate(when),
                consented_how="witnessed",
                consented_by="guardian" if kind == "child" else "self",
                by=walker,
                at=when,
                building=f"{dice.randint(1, 24)}号楼",
                key=f"demo:{grid.pk}:{n}",
                body={
                    "door": f"{dice.randint(1, 4)} 单元 {dice.randint(1, 6)}0{dice.randint(1, 3)}",
                    "needs": dice.choice(NEEDS[kind]),
                    "situation": "示例人物，并无其人",
                    "contact": a_name(dice),
                },
            )  # fmt: skip
        )
    return found


def _visit(file: CareFile, dice: Random, at: datetime) -> None:
    """Let somebody go as often as is due, but not always in time: some are overdue today."""
    walker = User.objects.get(pk=file.opened_by_id)
    file.refresh_from_db()
    for _again in range(3):
        due = file.next_due_on
        if due is None or due > localdate(at):
            return
        # Old visits are written short: the last ones are what the page shows.
        when = max(at - dice.randint(1, 28) * DAY, _noon(due, at))
        if when > at or dice.random() < 0.12:
            return
        promise = dice.random() < 0.25
        actions.record_visit(
            file=file, how="home" if dice.random() < 0.85 else "phone", on=localdate(when),
            condition=dice.choice(SEEN), wishes=dice.choice(WISHES), by=walker, at=when,
            promised=dice.choice(PROMISED) if promise else "",
            promise_due_on=localdate(when) + 7 * DAY if promise else None,
        )  # fmt: skip
        file.refresh_from_db()
    kept = CareVisit.objects.filter(file=file, promise_due_on__lt=localdate(at))
    for visit in kept.filter(promise_kept_at=None):
        actions.keep_promise(visit=visit, by=walker, at=at - DAY)


def _noon(day: date, at: datetime) -> datetime:
    return at + (day - localdate(at))


def _fund(street: Region, officer: User, at: datetime) -> Fund:
    party = Org.objects.filter(region=street, kind=Org.Kind.PARTY).order_by("pk").first()
    given: dict[str, Any] = {"region": street, "by": officer, "at": at}
    fund = actions.open_fund(name="党费慰问专项（样例）", source="dues", org=party, **given)
    actions.pay_in(fund=fund, fen=2_000_000, text="区委组织部下拨（样例）", by=officer, at=at)
    gifts = actions.open_fund(name="爱心捐赠（样例）", source="donation", **given)
    actions.pay_in(fund=gifts, fen=560_000, text="驻区单位捐赠（样例）", by=officer, at=at)
    return fund


def _help(
    files: list[CareFile], fund: Fund, officer: User, home: Region, dice: Random, at: datetime
) -> None:
    mine = [one for one in files if one.community_id == home.pk]
    for file in dice.sample(mine, min(12, len(mine))):
        kind, what, fen = dice.choice(AIDS)
        when = at - dice.randint(2, 50) * DAY
        actions.give_aid(
            file=file, kind=kind, what=what, fen=fen, fund=fund if fen else None,
            on=localdate(when), by=officer, at=when,
        )  # fmt: skip
    wrong = Aid.objects.filter(by=officer, fen__gt=0).order_by("pk").first()
    if wrong is not None:
        actions.correct_aid(
            aid=wrong, reason="登记错了户，重新登记（样例）", by=officer, at=at - DAY
        )


def _greet(
    street: Region, places: list[Region], carers: dict[int, User], officer: User, dice: Random,
    at: datetime,
) -> None:  # fmt: skip
    """A round to 812 households, of which a few were away; what was given is written at once."""
    first = localdate(at) - 40 * DAY
    found = actions.begin_round(
        name="重阳节慰问（样例）", region=street, starts_on=first, ends_on=first + 9 * DAY,
        goods="米面油一套", by=officer, at=at - 41 * DAY,
    )  # fmt: skip
    each = -(-HOUSEHOLDS // len(places))
    for n, place in enumerate(places):
        grids = places_below(place)
        count = min(each, HOUSEHOLDS - n * each)
        rows = [
            {"grid": grids[k % len(grids)], "name": f"{a_name(dice)}（示例）",
             "building": f"{k % 24 + 1}号楼", "door": f"{k // 24 + 1}-{k % 6 + 1}01"}
            for k in range(count)
        ]  # fmt: skip
        actions.list_households(round=found, rows=rows, by=carers[place.pk], at=at - 41 * DAY)
    _write_reached(found, carers, dice, at)


def _write_reached(found: AidRound, carers: dict[int, User], dice: Random, at: datetime) -> None:
    aids, rows = [], list(found.households.select_related("grid__parent").order_by("pk"))
    for row in rows:
        when = at - 40 * DAY + dice.randint(0, 8) * DAY
        away = dice.random() < 0.012
        row.state = RoundHousehold.State.AWAY if away else RoundHousehold.State.DONE
        community_id = row.grid.parent_id or 0
        row.done_at, row.by = when, carers[community_id]
        if not away:
            aids.append(
                Aid(
                    community_id=community_id,
                    area=row.grid.path,
                    household=row,
                    kind=Aid.Kind.GOODS,
                    what=found.goods,
                    on=localdate(when),
                    by=row.by,
                    at=when,
                )  # fmt: skip
            )
    RoundHousehold.objects.bulk_update(rows, ["state", "done_at", "by"], batch_size=200)
    Aid.objects.bulk_create(aids, batch_size=200)


def _pair(files: list[CareFile], home: Region, officer: User, dice: Random, at: datetime) -> None:
    units = list(Org.objects.filter(region__path__under=home.path).order_by("pk")[:4])
    needy = [one for one in files if one.community_id == home.pk and one.kind == "needy"][:4]
    for file, unit in zip(needy, units, strict=False):
        when = at - 50 * DAY
        pairing = actions.pair(
            file=file, org=unit, aim="每月看望一次，帮助解决一件难事", by=officer, at=when
        )
        actions.add_measure(
            pairing=pairing, text="帮助填写临时救助申请", due_on=localdate(at) + 10 * DAY,
            by=officer, at=when,
        )  # fmt: skip
        done = actions.add_measure(
            pairing=pairing, text="联系一次招聘会", due_on=localdate(at), by=officer, at=when
        )
        actions.finish_measure(measure=done, result="已参加，等通知", by=officer, at=at - 9 * DAY)
        actions.report_quarter(
            pairing=pairing, text="生活有了着落，还需继续跟进", by=officer, at=at - 5 * DAY
        )


def _stays(home: Region, impact: Impact, dice: Random, at: datetime) -> None:
    whys = ("work", "work", "business", "study", "family")
    grids = places_below(home)
    for n in range(14):
        grid = grids[n % len(grids)]
        walker, today = _post("grid_worker", grid), localdate(at)
        stay = actions.register_stay(
            grid=grid, name=f"{a_name(dice)}", phone=f"1390000{n:04d}", why=dice.choice(whys),
            building=f"{dice.randint(1, 24)}号楼", door=f"{dice.randint(1, 6)}01",
            since=today - dice.randint(30, 300) * DAY, until=today + dice.randint(5, 300) * DAY,
            impact=impact, basis="consent", by=walker, at=at - 20 * DAY,
        )  # fmt: skip
        if n % 3 == 0:
            kind = dice.choice(("permit", "school", "work", "housing"))
            service = actions.ask_service(stay=stay, kind=kind, by=walker, at=at - 12 * DAY)
            if n % 2 == 0:
                actions.finish_service(
                    service=service, note="已协助办好", by=walker, at=at - 4 * DAY
                )


def _errands(at: datetime) -> None:
    """Take over what the errands of the play cost; all but the last ones are settled."""
    while actions.follow_errands(at=at + DAY, limit=2000):
        pass
    waiting = Errand.objects.filter(state=Errand.State.TO_CONFIRM).exclude(resident=None)
    for errand in waiting.select_related("resident").order_by("finished_at", "pk")[2:]:
        if not errand.marks and errand.resident is not None:
            actions.confirm_errand(errand=errand, by=errand.resident, at=at)
