"""The demo's branch building: a programme of three years, its goals on their way, branches measured,
buildings with what was done in them. Everything goes through the actions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import User
from tongxin.kit.geo import centroid
from tongxin.orgs.models import Org, Post
from tongxin.regions.actions import add_region
from tongxin.regions.models import Region
from tongxin.standards import actions
from tongxin.standards.models import (  # fmt: skip
    Assessment,
    AssessmentItem,
    BuildingDuty,
    Goal,
    Programme,
    StandardSet,
)

from .cast import home_of, places_below

NAME = "基层党建三年行动（样例）"
SUMMARY = (
    "以深化党支部标准化规范化建设为抓手，坚持把抓好党支部作为党的组织体系建设的基本内容，"
    "分领域、分年度明确重点任务和目标，以规划引领、项目化推进。"
)
AIMS = ("党员党性树起来", "党组织生活热起来", "各领域党建亮起来")
PAPERS = (
    {"title": "关于深入实施党建引领工程的实施意见（样例）", "number": "样例〔2024〕3号"},
    {"title": "加强基层组织建设三年行动计划（样例）", "number": "样例〔2024〕8号"},
    {"title": "党员教育培训三年行动计划（样例）", "number": "样例〔2024〕9号"},
)
# (field, aim, title, measure, unit, targets of the three years, what of them is reached; None: computed)
GOALS = (
    ("", 3, "党支部标准化率", "达标的党支部占比", "percent", (80, 90, 100), (82, 91, None)),
    ("community", 2, "社区“三会一课”规范化", "按期开展的党支部占比", "percent", (85, 92, 98), (88, 93, 71)),
    ("community", 3, "社区党群活动阵地提升", "完成提升的阵地", "count", (12, 16, 20), (13, 16, 9)),
    ("village", 1, "村党支部书记轮训", "参训书记占比", "percent", (90, 95, 100), (94, 91, 62)),
    ("private_firm", 3, "两新组织党的工作覆盖", "有党组织或指导员的企业占比", "percent", (70, 78, 85), (72, 80, 0)),
    ("organ", 1, "机关党员到社区报到", "报到党员占比", "percent", (90, 95, 98), (92, 96, 97)),
)  # fmt: skip
PROOFS = ("现场查看，照片存档", "查看台账，记录齐全", "走访党员群众 12 人，反映良好")
DONE = {
    BuildingDuty.POLICY: ("入户发放医保缴费明白纸", "楼门口宣讲防诈骗", "张贴物业费政策问答"),
    BuildingDuty.ACTIVITY: ("组织邻里清理楼道", "周末包饺子邀独居老人", "楼栋儿童读书会"),
    BuildingDuty.TROUBLE: ("联系维修，当天修好单元门", "帮独居老人换灯", "协调楼上漏水，三天解决"),
}


def make_standards(district: Region, dice: Random, *, at: datetime) -> int:
    """Make the programme, the assessments and the buildings; return how many branches were measured."""
    party = Org.objects.units().filter(region=district).order_by("path").first()
    by = User.objects.filter(username="district_organiser").first()
    if party is None or by is None:
        return 0
    actions.load_frame()
    programme = _programme(party, by, at)
    _buildings(home_of(district), dice, at)
    measured = _assessed(programme, by, dice, at)
    _goals(programme, by, dice, at)
    return measured


def noon(day: date) -> datetime:
    return make_aware(datetime.combine(day, time(12)))


def _programme(party: Org, by: User, at: datetime) -> Programme:
    year = localdate(at).year
    standard = StandardSet.objects.order_by("pk")[0]
    begun = noon(date(year - 2, 1, 15))
    made = actions.make_programme(
        unit=party, name=NAME, from_year=year - 2, to_year=year, aims=AIMS, papers=PAPERS,
        summary=SUMMARY, standard=standard, by=by, at=begun,
    )  # fmt: skip
    return actions.declare_campaign(
        programme=made, year=year, title="基层党组织标准化建设年", standard=standard, by=by,
        at=noon(date(year, 2, 1)),
    )  # fmt: skip


def _goals(programme: Programme, by: User, dice: Random, at: datetime) -> None:
    """Set the goals; those of the years before are reached or late, this year's are on their way."""
    aims = {aim.order: aim for aim in programme.aims.all()}
    streets = Org.objects.filter(parent=programme.unit, region__level="street").order_by("path")
    owners = [programme.unit, *streets[:3]]
    today = localdate(at)
    for n, (sector, aim, title, measure, unit_of, targets, reached) in enumerate(GOALS):
        for k, year in enumerate(programme.years):
            goal = actions.set_goal(
                programme=programme, sector=sector, year=year, title=title, measure=measure,
                unit_of=unit_of, target=Decimal(targets[k]), aim=aims[aim],
                owner=owners[n % len(owners)],
                due=date(year, 12, 20) if n % 3 else date(year, 11, 10),
                counts="standard" if reached[k] is None else "entries", by=by,
                at=noon(date(year, 1, 20)),
            )  # fmt: skip
            if figure := reached[k]:
                _entries(goal, figure, by, min(today, date(year, 12, 18)), dice)


def _entries(goal: Goal, figure: int, by: User, last: date, dice: Random) -> None:
    """Write three entries that lead to a figure; a per cent out of a made-up base."""
    base = dice.choice((60, 80, 120))
    is_percent = goal.unit_of == Goal.Unit.PERCENT
    end = round(figure * base / 100) if is_percent else figure
    words = ("摸清底数，列出清单", "分片推进，半年小结", "逐个核对，补齐短板")
    for n, text in enumerate(words, start=1):
        day = last - timedelta(days=(len(words) - n) * 70)
        if day.year < goal.year:
            continue
        actions.add_entry(
            goal=goal, on=day, text=text, done=end * n // len(words) if n < len(words) else end,
            total=base if is_percent else None, evidence="台账存党建办", by=by, at=noon(day),
        )  # fmt: skip


def _assessed(programme: Programme, by: User, dice: Random, at: datetime) -> int:
    """Measure all branches this year; most are looked into and confirmed, some wait."""
    year = localdate(at).year
    n, _left = actions.assess_below(unit=programme.unit, year=year, by=by, at=at)
    rows = Assessment.objects.filter(year=year).select_related("unit").order_by("unit__path")
    for number, row in enumerate(rows):
        if number % 4 == 3:
            continue  # waits for somebody
        for item in row.items.select_related("item").order_by("item__order"):
            _rule(item, by, dice, number, at)
        actions.confirm_assessment(assessment=row, by=by, at=at)
    return n


def _rule(row: AssessmentItem, by: User, dice: Random, number: int, at: datetime) -> None:
    """Judge what a person judges; here and there what the books lack was found on paper."""
    if not row.computed:
        verdict = "not_asked" if row.item.how != "hand" else "met"
        reason = "年底前完成即可，本次不计" if row.item.how != "hand" else dice.choice(PROOFS)
    elif row.computed == "not_met" and number % 3 != 2:
        verdict, reason = "met", "纸质记录本齐全，待补录系统"
    else:
        return
    actions.rule_item(row=row, verdict=verdict, reason=reason, by=by, at=at)


def _buildings(home: Region, dice: Random, at: datetime) -> None:
    """Register buildings of the home community, bind most of them, and do the duties in some."""
    grids = places_below(home)
    units = [
        post.org
        for post in Post.objects.filter(
            role="secretary", org__unit_kind="branch", org__region=home, to_date=None
        ).select_related("org").order_by("pk")
    ]  # fmt: skip
    if not units:
        return
    number = 0
    for grid in grids[:4]:
        for k in range(1, 5):
            number += 1
            made = add_region(parent=grid, code=f"{grid.code}{k:03d}", name=f"弘泽{number}号楼")
            _place(made, grid, dice)
            if number % 7 == 0:
                continue  # nobody answers for it yet
            unit = units[number % len(units)]
            unit.grids.add(made)
            _duties(made, unit, dice, number, at)


def _place(building: Region, grid: Region, dice: Random) -> None:
    """Put a building near the middle of its grid, where the grid has one."""
    polygon = Region.objects.filter(pk=grid.pk).values_list("polygon", flat=True).get()
    if not polygon:
        return
    lng, lat = centroid(polygon)
    where = {"lng": lng + dice.uniform(-6e-4, 6e-4), "lat": lat + dice.uniform(-5e-4, 5e-4)}
    Region.objects.filter(pk=building.pk).update(**where)


def _duties(building: Region, unit: Org, dice: Random, number: int, at: datetime) -> None:
    by = Post.objects.get(org=unit, role="secretary", to_date=None).user
    wanted: Iterable[BuildingDuty] = list(BuildingDuty)[: 1 + number % 3]
    for duty in wanted:
        day = localdate(at) - timedelta(days=dice.randrange(3, 60))
        actions.record_duty(
            unit=unit, building=building, duty=duty, on=day, text=dice.choice(DONE[duty]), by=by,
            at=noon(day),
        )  # fmt: skip
