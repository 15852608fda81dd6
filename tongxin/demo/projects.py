"""The demo's key tasks: a breakdown of 7 aspects, 25 items, 120 tasks under way; people's projects
with a fixed end; five plans of three years; benchmarks; targets down to the streets; promises, duties,
hard problems. Contents are made up and marked as samples; everything goes through the actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from django.utils.timezone import localdate

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.dual_report.models import ContactPoint
from tongxin.orgs.models import Org, Post
from tongxin.projects import actions
from tongxin.projects.actions import Part, Share
from tongxin.projects.models import Demonstration, DutyItem, DutyTick, Node, Programme, Target, Task
from tongxin.regions.models import Region

from .cast import places_below
from .replay import as_it_happens

ASPECTS = (
    ("党建引领", "party", ("红色网格全覆盖", "党群服务阵地提升", "双报到常态化", "书记队伍建设")),
    ("基层治理", "governance", ("党建引领接诉即办", "网格员队伍建设", "社区减负", "居民议事协商")),
    ("民生保障", "livelihood", ("老旧小区改造", "一老一小服务", "便民菜市场", "社区食堂")),
    ("产业发展", "industry", ("园区企业服务", "集体经济发展", "就业帮扶")),
    ("城市建设", "urban", ("背街小巷整治", "停车设施补建", "无障碍环境")),
    ("生态环境", "ecology", ("河湖岸线整治", "垃圾分类", "口袋公园")),
    ("平安法治", "safety", ("燃气安全改造", "消防通道治理", "矛盾纠纷化解", "反诈宣传")),
)
STEPS = (
    ("摸底建账", -260, -170, ""), ("制定方案", -200, -110, ""), ("集中实施", -150, 25, "点位"),
    ("督查整改", -40, 45, "问题"), ("总结提升", 5, 100, ""),
)  # fmt: skip
LIVELIHOOD = (
    "新建三处社区食堂",
    "改造十个老旧小区",
    "补建停车泊位",
    "建设五处口袋公园",
    "燃气管网更新",
    "新建党群服务中心",
)
PLANS = ("基层党建", "社区治理", "城市更新", "乡村振兴", "营商环境")
EXEMPLARS = (
    ("苏州工业园区", "park"),
    ("深圳市", "city"),
    ("浦东新区", "zone"),
    ("广州开发区", "zone"),
    ("杭州市", "city"),
)
BENCHMARKS = (
    ("企业开办提速", "办理时间", "小时", True, 24, 4, 8), ("工程审批提速", "审批用时", "天", True, 60, 20, 30),
    ("热线一次办结", "一次办结率", "%", False, 72, 92, 85), ("政务服务网上办", "网办率", "%", False, 80, 99, 95),
    ("公文流转提速", "平均流转", "天", True, 6, 2, 3),
)  # fmt: skip
SECTIONS = ("一个统领", "一个保障", "着力之一", "着力之二", "一区", "二区", "三区", "四区", "五区")
SOURCE = "样例：内容为演示编写"


@dataclass
class _Cast:
    """Who plays: the district's officer, the units that do the work and one person of each."""

    district: Region
    by: User
    office: Org
    doers: list[tuple[Org, User]]
    dice: Random
    at: datetime

    def day(self, offset: int) -> date:
        return localdate(self.at) + timedelta(days=offset)

    def moment(self, offset: int) -> datetime:
        return self.at + timedelta(days=offset) if offset < 0 else self.at


def make_projects(district: Region, dice: Random, *, at: datetime) -> int:
    """Make programmes, tasks, targets and the rest; return how many tasks."""
    cast = _cast(district, dice, at)
    if cast is None:
        return 0
    actions.load_duties(at=at)
    actions.load_templates(at=at)
    with as_it_happens(lambda: at):
        target = _targets(cast)
        _key_tasks(cast, _frame(cast))
        _livelihood(cast, target)
        _benchmarks(cast)
        _problems(cast)
    _plans(cast)
    _promises(cast)
    _points(cast)
    return Task.objects.count()


def _cast(district: Region, dice: Random, at: datetime) -> _Cast | None:
    by = User.objects.filter(username="district").first()
    office = Org.objects.filter(region=district, kind=Org.Kind.GOVERNMENT).order_by("pk").first()
    posts = Post.objects.filter(
        role="handler", org__region=district, org__kind="department", to_date=None
    )
    doers: dict[int, tuple[Org, User]] = {}
    for post in posts.select_related("org", "user").order_by("pk"):
        doers.setdefault(post.org_id, (post.org, post.user))
    # The street of the opening scenes has its share, so that its officer has tasks to look after.
    street = Post.objects.filter(user__username="officer", role="officer", to_date=None)
    units = list(doers.values())[:9]
    units += [(post.org, post.user) for post in street.select_related("org", "user")[:1]]
    if by is None or office is None or len(units) < 2:
        return None
    return _Cast(district, by, office, units, dice, at)


def _programme(cast: _Cast, kind: str, name: str, since: int, until: int, **more) -> Programme:
    return actions.make_programme(
        kind=kind, name=name, region=cast.district, org=cast.office, start_on=cast.day(since),
        end_on=cast.day(until), source=SOURCE, is_sample=True, by=cast.by, at=cast.moment(since), **more,
    )  # fmt: skip


def _frame(cast: _Cast) -> list[Node]:
    frame = _programme(
        cast, "frame", "总体布局", -300, 700, text="一个统领、一个保障、两个着力、五区。"
    )
    return [
        actions.add_node(programme=frame, kind="section", name=name, by=cast.by, at=cast.at)
        for name in SECTIONS
    ]


def _key_tasks(cast: _Cast, sections: list[Node]) -> None:
    """Break the year down: 7 aspects, 25 items, 120 tasks; each item in five steps but five of them."""
    year = cast.at.year
    programme = _programme(
        cast, "key_tasks", f"{year}年工作分解落实项目书", -280, 120, parent=sections[0].programme
    )
    n = 0
    for k, (name, field, items) in enumerate(ASPECTS):
        aspect = actions.add_node(
            programme=programme,
            kind="aspect",
            name=name,
            serves=sections[k],
            by=cast.by,
            at=cast.at,
        )
        for item_name in items:
            item = actions.add_node(
                programme=programme,
                kind="item",
                name=item_name,
                parent=aspect,
                by=cast.by,
                at=cast.at,
            )
            org, owner = cast.doers[n % len(cast.doers)]
            steps = STEPS[: 4 if n % 5 == 4 else 5]
            for step, since, until, measure in steps:
                task = actions.make_task(
                    programme=programme, item=item, title=f"{item_name}：{step}", org=org, owner=owner,
                    start_on=cast.day(since), due_on=cast.day(until), field=field, measure=measure,
                    unit="个" if measure else "", target=cast.dice.randint(8, 40) if measure else None,
                    hard_end=step == "督查整改", by=cast.by, at=cast.moment(-270),
                )  # fmt: skip
                _work(cast, task, owner, since, until)
            n += 1


def _work(cast: _Cast, task: Task, owner: User, since: int, until: int) -> None:
    """Give a task out and let its unit work on it as far as the day has come."""
    if since > 0:
        return
    case = actions.give_task(task, by=cast.by, at=cast.moment(since - 3))
    if since > -60 and cast.dice.random() < 0.2:
        return
    make_move(case, "take", at=cast.moment(since - 2), actor=owner)
    share = min(1.0, -since / (until - since)) * cast.dice.uniform(0.5, 1.15)
    is_done = until < 0 and cast.dice.random() < 0.9
    last = min(until - 3, -1)
    if is_done:
        make_move(case, "finish", at=cast.moment(last), actor=owner, note="已完成，材料已归档")
        make_move(case, "accept", at=cast.moment(last + 1), actor=cast.by, note="核对材料，同意")
        return
    percent = min(int(100 * share), 95)
    value = None if task.target is None else int(float(task.target) * percent / 100)
    actions.report_progress(
        task, value=value, percent=percent, at=cast.moment(last), by=owner,
        note="按计划推进" if percent > 50 else "已启动，正在协调",
    )  # fmt: skip


def _livelihood(cast: _Cast, target: Target) -> None:
    """Projects for the people with a fixed end, stages counted back, parts of other units."""
    programme = _programme(
        cast, "livelihood", f"{cast.at.year}年20项民心工程（节选）", -200, 60, is_fixed=True
    )
    item_of = actions.add_node(
        programme=programme, kind="aspect", name="民心工程", by=cast.by, at=cast.at
    )
    item = actions.add_node(
        programme=programme, kind="item", name="建设类项目", parent=item_of, by=cast.by, at=cast.at
    )
    for n, title in enumerate(LIVELIHOOD):
        org, owner = cast.doers[n % len(cast.doers)]
        partner, clerk = cast.doers[(n + 1) % len(cast.doers)]
        task = actions.make_task(
            programme=programme, item=item, title=title, org=org, owner=owner, start_on=cast.day(-120),
            due_on=cast.day(60), hard_end=True, measure="形象进度", unit="%", target=100,
            parts=[Part(partner, "保障水电接入", cast.day(30))], by=cast.by, at=cast.moment(-125),
        )  # fmt: skip
        case = actions.give_task(task, by=cast.by, at=cast.moment(-124))
        make_move(case, "take", at=cast.moment(-123), actor=owner)
        actions.plan_stages(
            task, stages=[("选址和权属", 10), ("方案和审批", 15), ("施工", 60), ("验收移交", 10)],
            by=owner, at=cast.moment(-122),
        )  # fmt: skip
        first, second = task.schedule.stages.all()[:2]
        for stage in (first, second):
            if stage.end_on < cast.day(0) and n != 4:
                actions.finish_stage(stage, on=stage.end_on, by=owner, at=cast.at)
        actions.report_progress(
            task, value=cast.dice.randint(30, 70), note="主体施工", by=owner, at=cast.moment(-4)
        )
        if n % 2:
            actions.finish_part(task.parts.get(), note="已接通", by=clerk, at=cast.moment(-2))


def _targets(cast: _Cast) -> Target:
    """A target of the district down to its streets, with figures of most."""
    year = cast.at.year
    top = actions.set_target(
        name="党群服务中心达标", field="party", unit="个", value=60, region=cast.district, baseline=20,
        from_year=year, to_year=year, by=cast.by, at=cast.moment(-200),
    )  # fmt: skip
    streets = places_below(cast.district)
    each = -(-60 // len(streets))
    shares = actions.split_target(
        top, shares=[Share(each, street) for street in streets], by=cast.by, at=cast.moment(-199)
    )
    for share in shares[:-1]:
        actions.report_figure(
            share,
            on=cast.day(0),
            value=cast.dice.randint(0, each),
            note="已通过验收",
            by=cast.by,
            at=cast.at,
        )
    return top


def _plans(cast: _Cast) -> None:
    """Five plans of three years, each with a target split by year."""
    first = cast.at.year - 1
    fields = ("party", "governance", "urban", "rural", "reform")
    for name, field in zip(PLANS, fields, strict=True):
        plan = actions.make_programme(
            kind="three_year", name=f"{name}三年行动计划", region=cast.district, org=cast.office,
            start_on=date(first, 1, 1), end_on=date(first + 2, 12, 31), source=SOURCE, is_sample=True,
            by=cast.by, at=cast.moment(-280),
        )  # fmt: skip
        top = actions.set_target(
            name=f"{name}重点项目", field=field, unit="个", value=90, region=cast.district, programme=plan,
            from_year=first, to_year=first + 2, by=cast.by, at=cast.moment(-280),
        )  # fmt: skip
        years = [Share(30, cast.district, from_year=y, to_year=y) for y in range(first, first + 3)]
        done, now_on, _later = actions.split_target(
            top, shares=years, by=cast.by, at=cast.moment(-280)
        )
        actions.report_figure(
            done, on=date(first, 12, 31), value=cast.dice.randint(26, 31), by=cast.by, at=cast.at
        )
        actions.report_figure(
            now_on, on=cast.day(0), value=cast.dice.randint(12, 28), by=cast.by, at=cast.at
        )


def _benchmarks(cast: _Cast) -> None:
    programme = _programme(cast, "benchmark", "滨城标杆对标改革", -250, 200)
    for n, (org, _user) in enumerate(cast.doers):
        name, kind = EXEMPLARS[n % len(EXEMPLARS)]
        pairing = actions.pair(
            programme=programme, org=org, exemplar=name, kind=kind, by=cast.by, at=cast.at
        )
        title, measure, unit, less, base, theirs, goal = BENCHMARKS[n % len(BENCHMARKS)]
        project = actions.add_project(
            pairing=pairing, name=title, measure=measure, unit=unit, less_is_better=less, baseline=base,
            theirs=theirs, target=goal, due_on=cast.day(30 + 10 * n), gap="环节多、数据不共享",
            measures="并联办理，减少材料，数据核验代替纸质证明", by=cast.by, at=cast.at,
        )  # fmt: skip
        if n % 4 == 3:
            continue
        value = round(base + (goal - base) * cast.dice.uniform(0.3, 1.1), 1)
        actions.check_project(
            project, on=cast.day(-20), value=value, note="查阅台账，抽样 30 件", by=cast.by, at=cast.at,
            verdict="on_track" if n % 3 else "behind",
        )  # fmt: skip


def _secretaries(cast: _Cast) -> list[Post]:
    posts = Post.objects.filter(role="secretary", org__kind="party", to_date=None)
    rows = posts.filter(org__region__path__startswith=cast.district.path).select_related(
        "org__region", "user"
    )
    found = list(rows.order_by("org__region__level", "pk")[:40])
    front = [post for post in found if post.user.username == "secretary"]
    return (front + [post for post in found if post not in front])[:4]


def _problems(cast: _Cast) -> None:
    for post, (kind, title, goal) in zip(
        _secretaries(cast),
        (
            ("land", "社区用房权属不清", "办下不动产证，用于党群服务中心"),
            ("money", "老旧小区维修资金不足", "落实三方出资比例并到账"),
            ("system", "多头派单、重复报表", "统一派单入口，减少报表三分之一"),
            ("interest", "底商与居民停车之争", "达成分时共享协议"),
        ),
        strict=False,
    ):  # fmt: skip
        region = post.org.region
        problem = actions.raise_problem(
            kind=kind, title=title, goal=goal, region=region, org=post.org, owner=post.user,
            due_on=cast.day(90), by=post.user, at=cast.moment(-40),
        )  # fmt: skip
        if kind == "interest":
            continue
        actions.plan_problem(
            problem, plan="查清底数，会商部门，形成方案，公示后实施。", by=post.user, at=cast.moment(-38),
            steps=[("查清底数", cast.day(-10)), ("部门会商", cast.day(20)), ("公示实施", cast.day(80))],
        )  # fmt: skip
        step = problem.steps.order_by("n")[0]
        actions.finish_step(step, note="已查清，形成清单", by=post.user, at=cast.moment(-12))


def _promises(cast: _Cast) -> None:
    tasks = list(Task.objects.filter(closed_at__isnull=False).order_by("n")[:2])
    target = Target.objects.filter(name="党群服务中心达标", parent=None).order_by("pk")[0]
    for n, post in enumerate(_secretaries(cast)):
        actions.make_promise(
            person=post.user, org=post.org, year=cast.at.year, by=post.user, at=cast.moment(-30),
            text=("年内党群服务中心全部达标", "每月到网格接待居民一次", "解决居民停车难")[n % 3],
            measures="班子分片包保，每季度通报", targets=[target] if n % 3 == 0 else [],
            tasks=tasks if n % 2 == 0 else [],
        )  # fmt: skip


def _points(cast: _Cast) -> None:
    """What leaders did at their contact points; one of them is being made a demonstration point."""
    points = (
        ContactPoint.objects.filter(to_date=None).select_related("leader", "region").order_by("pk")
    )
    items = list(DutyItem.objects.filter(list__level="leader").order_by("n"))
    quarter = (localdate(cast.at).month + 2) // 3
    for n, point in enumerate(points[:3]):
        for item in items[: 6 - n]:
            actions.tick_duty(
                item=item, point=point, year=cast.at.year, quarter=quarter, note=f"已完成：{item.text}",
                by=point.leader, at=cast.at,
            )  # fmt: skip
        if n == 0 and not Demonstration.objects.filter(point=point).exists():
            actions.begin_demonstration(
                point, theme="红色网格示范", plan="建强阵地，配齐网格", by=point.leader, at=cast.at
            )
    for post in _secretaries(cast):
        duty = DutyItem.objects.filter(list__level=post.org.region.level).order_by("n").first()
        if duty is not None:
            actions.tick_duty(
                item=duty, org=post.org, year=cast.at.year, quarter=quarter, note="会议纪要在全程纪实册",
                by=post.user, at=cast.at,
            )  # fmt: skip
    _ticks(cast, quarter)


def _ticks(cast: _Cast, quarter: int) -> None:
    """What the district and the streets with an organiser did of their lists in this quarter and the last."""
    posts = Post.objects.filter(role="organiser", org__kind="party", to_date=None).filter(
        org__region__path__startswith=cast.district.path
    )
    for post in posts.select_related("user", "org__region").order_by("org", "pk")[:6]:
        items = list(DutyItem.objects.filter(list__level=post.org.region.level).order_by("n"))
        done = set(DutyTick.objects.filter(org=post.org).values_list("item", "quarter"))
        for back in range(min(quarter, 2)):
            for item in items[: len(items) - 2 * (1 - back)]:
                if (item.pk, quarter - back) in done:
                    continue
                actions.tick_duty(
                    item=item, org=post.org, year=cast.at.year, quarter=quarter - back, by=post.user,
                    note=f"{item.proof}，见全程纪实册", at=cast.at,
                )  # fmt: skip
