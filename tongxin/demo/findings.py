"""The demo's register of findings: closed on the spot, rectified in every step, written off, repeated;
a fund that did not come, pressed on three units; a common finding asked of all communities of a street.
Everything goes through the actions; names of places and projects are composed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import cached_property
from random import Random
from typing import Any

from django.core.files.base import ContentFile
from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, ring_clocks
from tongxin.cases.actions.evidence import prepare_evidence
from tongxin.cases.models import Case, Evidence
from tongxin.findings import actions
from tongxin.findings.models import Finding, SelfCheck
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Org, Post
from tongxin.photos.actions import keep_photo
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from .cast import home_of, places_below
from .pictures import draw
from .replay import as_it_happens

MANY = 116
# Kind, scene of the picture, who regulates, who is mainly answerable ("" is the community), what was
# found, what is done about it.
MATTERS = (
    ("F11", "corridor", "消防救援支队", "物业服务中心", "{n}号楼消防通道堆放纸箱、旧家具，宽度不足", "清走杂物，划出通道线，物业每日巡查"),
    ("F12", "corridor", "消防救援支队", "物业服务中心", "{n}号楼两具灭火器压力不足，应急照明不亮", "更换灭火器和应急灯，建立月检记录"),
    ("F13", "wall", "住房和建设委员会", "物业服务中心", "{n}号楼有居民从窗户拉线给电动自行车充电", "拆除飞线，增设充电位，逐户告知"),
    ("F41", "bins", "城市管理委员会", "", "{n}号楼旁垃圾桶满溢，周边有散落垃圾", "当日清运，早晚各增加一次收运"),
    ("F42", "road", "城市管理委员会", "", "{n}号楼前路面破损，雨后积水", "修补路面，疏通雨水口"),
    ("F21", "visit", "", "", "值班表上的带班人员不在岗，电话未接通", "批评教育，调整值班安排，公示带班电话"),
    ("F51", "visit", "", "", "便民窗口没有公示办理时限，一次性告知单缺页", "补齐公示和告知单，窗口人员重新培训"),
    ("F61", "visit", "", "", "支部上季度党员大会记录不完整，没有缺席人员说明", "补充说明，规范记录，书记每月检查"),
    ("F14", "parking", "市场监督管理局", "生鲜超市", "冷柜里有三袋超过保质期的速冻食品", "下架封存，自查全部货架，完善进货台账"),
    ("F02", "visit", "卫生健康委员会", "卫生服务站", "就诊登记台账有半天没有记录", "补齐登记，明确专人负责"),
)  # fmt: skip
# How far each goes, over and over: on the spot, written off, and every step between.
ENDS = (
    "corrected closed closed corrected planned closed done corrected closed open "
    "closed accepted corrected closed ordered rechecked closed late corrected closed "
    "redone closed corrected void closed corrected returned closed extended"
).split()
PATHS = {
    "ordered": "",
    "accepted": "accept",
    "planned": "accept plan",
    "late": "accept plan",
    "extended": "accept plan ask_extend approve_extend",
    "done": "accept plan carry_out",
    "redone": "accept plan carry_out redo",
    "rechecked": "accept plan carry_out recheck",
    "closed": "accept plan carry_out recheck write_off",
    "returned": "decline",
}
NOTES = {
    "accept": "", "decline": "此处不属本单位管理范围，请核实", "redo": "现场仍有两处没有整改到位",
    "recheck": "现场复查，已整改到位", "write_off": "", "ask_extend": "材料采购需要时间",
    "approve_extend": "",
}  # fmt: skip
CAUSES = (
    "日常巡查不到位",
    "人员调整后职责没有及时交接",
    "与物业的责任划分不清",
    "经费和材料准备不足",
)


class _Cast:
    """Who finds, who orders, who answers; each with posts read once."""

    def __init__(self, district: Region, at: datetime) -> None:
        self.district, self.at, self.now = district, at, at
        self.proofs = _Proofs()
        self.inspectors = self._holders("inspector", district)
        self.people: dict[int, User] = {}
        self.photos: dict[tuple[str, bool], Photo] = {}

    def _holders(self, role: str, region: Region) -> list[User]:
        posts = Post.objects.filter(role=role, region=region, user__is_active=True)
        return [post.user for post in posts.select_related("user").order_by("user__pk")]

    @cached_property
    def offices(self) -> dict[int, Org]:
        rows = Org.objects.filter(kind=Org.Kind.COMMUNITY, dissolved_on=None)
        return {org.region_id: org for org in rows}

    def department(self, name: str) -> Org | None:
        rows = Org.objects.filter(kind=Org.Kind.DEPARTMENT, name__endswith=name)
        return rows.order_by("pk").first() if name else None

    def of(self, org: Org) -> User | None:
        """Return somebody who answers for a unit."""
        if org.pk not in self.people:
            roles = ("handler", "dispatcher", "officer", "secretary")
            post = (
                Post.objects.filter(org=org, role__in=roles, user__is_active=True)
                .select_related("user")
                .order_by("pk")
                .first()
            )
            if post is None:
                return None
            self.people[org.pk] = post.user
        return self.people[org.pk]

    @cached_property
    def officer(self) -> User:
        return self._holders("officer", self.district)[0]

    def photo(self, scene: str, at: datetime, *, done: bool = False) -> Photo:
        """Return a picture of a scene; one of each is kept, and shown by many findings."""
        if (scene, done) not in self.photos:
            data = draw(scene, 1, done=done)
            self.photos[scene, done] = keep_photo(data=data, by=self.inspectors[0], at=at)
        return self.photos[scene, done]


class _Proofs:
    """Evidence that work was done: drawn and checked once for each scene, copied for each case."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[Evidence, bytes, bytes]] = {}

    def of(self, scene: str, actor: User, at: datetime) -> Evidence:
        if scene not in self.kept:
            made = prepare_evidence(data=draw(scene, 1, done=True), kind="photo", actor=None, at=at)
            self.kept[scene] = (made, made.file.read(), made.thumb.read())
        shown, file, thumb = self.kept[scene]
        evidence = copy.copy(shown)
        evidence._state = copy.copy(shown._state)
        evidence.id, evidence.uploaded_by, evidence.uploaded_at = uuid7(at), actor, at
        evidence.file = ContentFile(file, name="file.jpg")
        evidence.thumb = ContentFile(thumb, name="thumb.jpg")
        return evidence


def make_findings(district: Region, dice: Random, *, at: datetime) -> int:
    """Make about a hundred and twenty findings in every state; return how many there are."""
    actions.load_kinds()
    cast = _Cast(district, at)
    places = [place for street in places_below(district) for place in places_below(street)]
    places = [place for place in places if place.pk in cast.offices]
    if not cast.inspectors or not places:
        return 0
    with as_it_happens(lambda: cast.now):
        for n, when in enumerate(_days(dice, at)):
            _one(cast, n, when, dice.choice(places))
        _fund(cast, places)
        _common(cast)
        _ring(cast)
    return Finding.objects.count()


def _ring(cast: _Cast) -> None:
    """Ring the clocks that have run out, each at its time."""
    while soonest := Case.objects.ringing(cast.at).values_list("rings_at", flat=True).first():
        cast.now = soonest
        ring_clocks(at=soonest)


def _days(dice: Random, at: datetime) -> Iterator[datetime]:
    """Moments of the last five months, from the first to the last, in working hours."""
    ago = sorted((dice.randrange(2, 150) for _n in range(MANY)), reverse=True)
    for days in ago:
        day = localdate(at) - timedelta(days=days)
        yield make_aware(datetime.combine(day, time(9 + dice.randrange(7), dice.randrange(60))))


def _one(cast: _Cast, n: int, when: datetime, place: Region) -> None:
    kind, scene, regulator, owner, text, plan = MATTERS[n % len(MATTERS)]
    finder = cast.inspectors[n % len(cast.inspectors)]
    end = _end(n, when, cast.at)
    main = cast.offices[place.pk]
    named: list[tuple[Org | None, str, str]] = [(main, "", "main")]
    if owner:
        named = [(None, f"{place.short_name.removesuffix('社区')}{owner}", "main")]
    if regulator:
        named.append((cast.department(regulator), regulator, "regulator"))
    number = 1 + n % 12
    cast.now = when
    finding = actions.record_finding(
        region=place, text=text.format(n=number), kind=kind, site=f"{place.short_name}{number}号楼",
        severity=("normal", "normal", "serious")[n % 3], units=named, found_at=when, by=finder,
        at=when, lng=place.lng, lat=place.lat, photos=[cast.photo(scene, when)],
        tags=["六稳", "六保"] if n % 9 == 0 else [], named="某某（样例）" if n % 17 == 0 else "",
    )  # fmt: skip
    if end == "corrected":
        cast.now = when + timedelta(minutes=40)
        actions.correct_on_the_spot(
            finding, note=plan, photos=[cast.photo(scene, when, done=True)], at=cast.now,
            by=finder,
        )  # fmt: skip
    elif end == "void":
        actions.void_finding(finding, reason="与前一条重复登记", at=when, by=finder)
    elif end != "open":
        _rectify(cast, finding, main, end, plan=plan, scene=scene)


def _end(n: int, when: datetime, at: datetime) -> str:
    """Old ones are mostly over; those of the last weeks stand in every step."""
    end = ENDS[n % len(ENDS)]
    days = (at - when).days
    if days > 45 and end not in ("corrected", "void", "late", "closed"):
        return "closed"
    return "planned" if end == "closed" and days < 8 else end


def _rectify(cast: _Cast, finding: Finding, org: Org, end: str, *, plan: str, scene: str) -> Case:
    """Order a unit and walk its rectification as far as it goes."""
    by, when = finding.found_by or cast.inspectors[0], finding.found_at
    cast.now = when + timedelta(hours=1)
    days = finding.kind.days if finding.kind else 15
    late = end == "late"
    deadline = localdate(when) + timedelta(days=days if late else max(days, 6))
    if end in ("planned", "extended", "accepted", "ordered", "redone") and not late:
        deadline = max(deadline, localdate(cast.at) + timedelta(days=3 + finding.n % 9))
    case = actions.order_rectification(
        finding, org=org, deadline=deadline, note="请说明原因，限期整改", at=cast.now, by=by
    )
    _walk(cast, case, PATHS[end].split(), plan=plan, scene=scene)
    return case


def _walk(
    cast: _Cast, case: Case, moves: list[str], *, plan: str, scene: str, cause: str = ""
) -> None:
    org = case.handler
    doer = cast.of(org) if org else None
    if doer is None:
        return
    checker = cast.inspectors[(case.opened_at.day + 1) % len(cast.inspectors)]
    for name in moves:
        cast.now = min(cast.now + timedelta(hours=15 + case.opened_at.day % 9), cast.at)
        given: dict[str, Any] = {}
        actor = doer
        if name in ("recheck", "redo", "write_off"):
            actor = checker
        elif name == "approve_extend":
            actor = cast.officer
        if name == "plan":
            given |= {"cause": cause or CAUSES[case.opened_at.day % len(CAUSES)], "plan": plan}
        elif name == "carry_out":
            given |= {
                "note": plan + "，已完成",
                "evidence": [cast.proofs.of(scene, actor, cast.now)],
            }
        elif NOTES.get(name):
            given["note"] = NOTES[name]
        make_move(case, name, at=cast.now, actor=actor, **given)


def _fund(cast: _Cast, places: list[Region]) -> None:
    """Money for the projects of two villages that did not come in full: three units are pressed."""
    villages = [place for place in places if place.short_name.endswith("村")] or places
    place, today = villages[0], localdate(cast.at)
    names = [one.short_name for one in villages[:2]]
    when = make_aware(datetime.combine(today - timedelta(days=24), time(10)))
    cast.now = when
    units = [cast.department(name) for name in ("人力资源和社会保障局", "民政局", "应急管理局")]
    pressed = [org for org in units if org is not None]
    finding = actions.record_finding(
        region=place, kind="F31", severity="grave", found_at=when, at=when, by=cast.inspectors[0],
        text=f"{'、'.join(names)}产业项目帮扶资金没有按计划到位，影响项目开工",
        fund=f"{'、'.join(names)}产业项目帮扶资金（样例）", due_fen=3_000_000_00,
        units=[(org, "", duty) for org, duty in zip(pressed, ("main", "regulator", "regulator"), strict=False)],
        site=f"{place.short_name}产业项目", lng=place.lng, lat=place.lat, tags=["六稳", "六保"],
    )  # fmt: skip
    if not pressed:
        return
    orders = [
        actions.Order(
            org, today + timedelta(days=9), "说明原因、立即整改、全额拨付", report_every=7
        )
        for org in pressed
    ]
    cases = actions.press_on_units(finding, orders=orders, at=when, by=cast.inspectors[0])
    finding.refresh_from_db()
    plan = "核对两村项目清单，分两批拨付，次月全额到账"
    for n, case in enumerate(cases):
        cast.now = when + timedelta(hours=2)
        _walk(
            cast,
            case,
            ["accept", "plan"][: 2 - n // 2],
            plan=plan,
            scene="receipt",
            cause="年初预算没有列足，拨付手续在部门之间停留",
        )
    _paid(cast, finding, pressed)


def _paid(cast: _Cast, finding: Finding, pressed: list[Org]) -> None:
    by, today = cast.of(pressed[0]), localdate(cast.at)
    if by is None:
        return
    for days, fen in ((16, 900_000_00), (6, 750_000_00)):
        cast.now = make_aware(datetime.combine(today - timedelta(days=days), time(15)))
        actions.record_payment(
            finding, fen=fen, on=localdate(cast.now), at=cast.now, by=by, note="分批拨付",
            unit=finding.units.filter(org=pressed[0]).first(),
            receipt=cast.photo("receipt", cast.now, done=True),
        )  # fmt: skip
        row = finding.rectifications.get(unit__org=pressed[0])
        actions.report_progress(
            row, on=localdate(cast.now), text="本批资金已拨付到镇级专户，余款排入下月计划",
            at=cast.now, by=by,
        )  # fmt: skip
    cast.now = cast.at - timedelta(days=4)
    actions.log_call(
        finding, called_at=cast.now, spoke_to="经办科室负责人", at=cast.now, by=cast.inspectors[0],
        text="余款已报批，本月底前可以拨付；要求三天后报送进度。", next_on=today + timedelta(days=1),
        unit=finding.units.filter(org=pressed[0]).first(),
    )  # fmt: skip


def _common(cast: _Cast) -> None:
    """A common finding a person confirmed, and the self-check of the street's communities."""
    rows = list(
        Finding.objects.filter(kind__code="F11", register=cast.district.code[:6])
        .standing()
        .order_by("-pk")[:4]
    )
    if len(rows) < 2:
        return
    cast.now = cast.at - timedelta(days=5)
    group = actions.make_group(
        title="楼道和消防通道堆物", text="楼道、消防通道堆放杂物，清理后容易反复。", findings=rows,
        why="同为“消防通道堵塞”，都提到“通道”“堆放”", at=cast.now, by=cast.inspectors[0],
    )  # fmt: skip
    street = home_of(cast.district).parent
    if street is None:
        return
    made = actions.start_self_check(
        group, region=street, org_kind="community", due_on=localdate(cast.at) + timedelta(days=2),
        text="对照检查本社区各楼栋的楼道和消防通道，逐楼拍照，存在的立即清理并列入台账。",
        at=cast.now, by=cast.inspectors[0],
    )  # fmt: skip
    _answers(cast, list(made.checks.select_related("org").order_by("pk")))


def _answers(cast: _Cast, checks: list[SelfCheck]) -> None:
    home = home_of(cast.district)
    for n, check in enumerate(checks):
        by = cast.of(check.org)
        if by is None or n % 3 == 2 or check.org.region_id == home.pk:
            continue  # these wait, that of the demo's own community among them
        cast.now = cast.at - timedelta(days=3, hours=n % 5)
        has = n % 4 == 1
        actions.answer_self_check(
            check, has=has, checked_on=localdate(cast.now), at=cast.now, by=by,
            text="5号楼楼道有杂物，已通知物业清理" if has else "逐楼检查，通道畅通",
            photos=[cast.photo("corridor", cast.now, done=not has)],
        )  # fmt: skip
