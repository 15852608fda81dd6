"""Worlds of the size of real districts, made up: units, members, and the sheets by which they come.

`wuhai`: 1,919 units with 35,000 members (S4.1, S4.2); `qindu`: 1,155 units with 45,991 members
(S3.37). Everything follows from the name, so that two runs make the same world. No number is
anybody's: identity numbers begin with 99, which is no province, telephones with 19900.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tongxin.kit.errors import Refused
from tongxin.kit.identity import id_check_digit
from tongxin.kit.tables import write_xlsx

MARK = "（合成）"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红建国文志斌宁慧琴波辉云莉"
SECTORS = ("community", "organ", "state_firm", "private_firm", "education", "health", "village", "social_org")  # fmt: skip
UNIT_HEADER = ("组织代码", "党组织名称", "上级组织代码", "党组织类型", "领域", "成立日期")
MEMBER_HEADER = (
    *("姓名", "身份证号", "性别", "民族", "学历", "手机号", "党组织代码", "所在党组织", "发展阶段"),
    *("申请入党日期", "入党日期", "转正日期", "在职党员", "流动党员", "困难党员"),
)
EDUCATION = ("初中", "高中、中专", "大专", "大学本科", "研究生")
Progress = Callable[[str, int, int], None]


class WorldStands(Refused):
    """A world of this name is in the database already."""


@dataclass(frozen=True)
class Plan:
    """How large a world is: its code of division, name, streets, units in all, members in all."""

    name: str
    code: str
    title: str
    streets: int
    units: int
    members: int


PLANS = {
    plan.name: plan
    for plan in (
        Plan("wuhai", "150300", "乌海市", 20, 1_919, 35_000),
        Plan("qindu", "610402", "秦都区", 12, 1_155, 45_991),
    )
}


@dataclass(frozen=True)
class UnitLine:
    code: str
    name: str
    parent: str
    kind: str
    sector: str
    founded_on: date

    def cells(self) -> tuple[Any, ...]:
        from tongxin.orgs.models import Sector, UnitKind

        return (
            self.code, self.name, self.parent, str(UnitKind(self.kind).label),
            str(Sector(self.sector).label), self.founded_on,
        )  # fmt: skip


def unit_lines(plan: Plan) -> list[UnitLine]:
    """Return all units but the root, parents first: streets, committees under them, branches."""
    dice = Random(f"units of {plan.name}")  # noqa: S311
    root = root_code(plan)
    lines: list[UnitLine] = []

    def add(parent: str, name: str, kind: str, sector: str) -> str:
        code = f"{plan.code}{len(lines) + 1:05d}"
        founded = date(1990, 1, 1) + timedelta(days=dice.randrange(12_000))
        lines.append(UnitLine(code, name + MARK, parent, kind, sector, founded))
        return code

    streets = [
        add(root, f"{plan.title}第{n}街道党工委", "work_committee", "street")
        for n in range(1, plan.streets + 1)
    ]
    above: list[tuple[str, str, str]] = []  # code, name, sector of committees and general branches
    committees = (plan.units - 1) // 8
    for n in range(1, committees + 1):
        sector = dice.choices(SECTORS, (30, 14, 8, 16, 8, 5, 14, 5))[0]
        kind = "committee" if n % 3 else "general_branch"
        name = f"第{n}{'党委' if n % 3 else '党总支'}"
        above.append((add(dice.choice(streets), plan.title + name, kind, sector), name, sector))
    for n in range(1, plan.units - 1 - len(lines) + 1):
        parent, name, sector = above[n % len(above)] if n <= len(above) else dice.choice(above)
        add(parent, f"{plan.title}{name}第{n}党支部", "branch", sector)
    return lines


def root_code(plan: Plan) -> str:
    return f"{plan.code}00000"


def member_lines(plan: Plan, units: list[UnitLine]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the register of members: every branch at least three, then by chance."""
    dice = Random(f"members of {plan.name}")  # noqa: S311
    branches = [unit for unit in units if unit.kind == "branch"]
    counts = dict.fromkeys((unit.code for unit in branches), 3)
    for unit in dice.choices(branches, [dice.randint(1, 9) for _ in branches], k=plan.members - 3 * len(branches)):  # fmt: skip
        counts[unit.code] += 1
    number = 0
    for unit in branches:
        for _place in range(counts[unit.code]):
            number += 1
            yield _member(dice, number, unit)


def _member(dice: Random, number: int, unit: UnitLine) -> tuple[Any, ...]:
    born = date(1938, 1, 1) + timedelta(days=dice.randrange(24_000))
    # The place in the run is part of the number, so that none comes twice.
    first = f"99{number // 1000:04d}{born:%Y%m%d}{number % 1000:03d}"
    name = dice.choice(SURNAMES) + "".join(dice.choices(GIVEN, k=dice.choice((1, 2, 2))))
    admitted = date(born.year + 19 + dice.randrange(4), 7, 1)
    applied = admitted - timedelta(days=500 + dice.randrange(400))
    is_full = admitted.year < 2025
    return (
        name,
        first + id_check_digit(first),
        "男" if int(first[16]) % 2 else "女",
        "汉族" if dice.random() < 0.9 else "蒙古族",
        dice.choice(EDUCATION),
        f"199{dice.randrange(10**8):08d}",
        unit.code,
        unit.name,
        "正式党员" if is_full else "预备党员",
        applied,
        admitted,
        admitted.replace(year=admitted.year + 1) if is_full else "",
        "是" if born.year > 1965 else "否",
        "是" if dice.random() < 0.03 else "否",
        "是" if dice.random() < 0.02 else "否",
    )


def write_sheets(plan: Plan, folder: Path) -> tuple[Path, Path]:
    """Write the sheets of units and of members; return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    units = unit_lines(plan)
    paths = folder / f"{plan.name}-units.xlsx", folder / f"{plan.name}-members.xlsx"
    write_xlsx(paths[0], UNIT_HEADER, (unit.cells() for unit in units), sheet="党组织")
    write_xlsx(paths[1], MEMBER_HEADER, member_lines(plan, units), sheet="党员")
    return paths


def make_root(plan: Plan, *, at: datetime) -> Any:
    """Write the land, the committee above all, and its organiser, who keeps the registers.

    :raises WorldStands: if that was done before
    """
    from tongxin.accounts.actions import add_user
    from tongxin.orgs.actions import give_post
    from tongxin.orgs.models import Org

    if Org.objects.filter(code=root_code(plan)).exists():
        raise WorldStands(f"数据库里已有“{plan.title}”的合成数据")
    root = Org.objects.create(
        name=f"{plan.title}委员会{MARK}",
        kind=Org.Kind.PARTY,
        unit_kind="committee",
        code=root_code(plan),
        region=_land(plan),
        founded_on=date(1976, 1, 10),
        purpose="合成数据",
    )
    user = add_user(username=f"{plan.name}-organiser", name=f"组织员{MARK}", at=at)
    give_post(user=user, org=root, role="organiser", at=at, by=None)
    return user


def _land(plan: Plan) -> Any:
    """Return the region of a plan; a bare one where the divisions were not imported."""
    from tongxin.regions.models import Region

    known = Region.objects.filter(code=plan.code).first()
    if known is not None:
        return known
    return Region.objects.create(
        code=plan.code,
        name=plan.title,
        short_name=plan.title,
        level=Region.Level.DISTRICT,
        path=f"{plan.code}/",
    )


def import_file(sheet: str, path: Path, *, by: Any, at: datetime, progress: Progress) -> Any:
    """Import a sheet as its keeper would: columns as guessed, everything checked, confirmed, run.

    :raises WorldStands: if a row was refused, which none of ours should be
    """
    from tongxin.spreadsheets import actions

    taken = actions.upload_sheet(sheet=sheet, data=path.read_bytes(), name=path.name, by=by, at=at)
    actions.choose_columns(taken=taken, mapping=taken.mapping, at=at)
    _work(taken, at, "校验", progress)
    if taken.counts.get("bad") or taken.trouble:
        raise WorldStands(f"{path.name}：{taken.trouble or taken.counts}")
    actions.confirm_import(taken=taken, by=by, at=at)
    _work(taken, at, "导入", progress)
    if taken.outcome.get("bad") or taken.trouble:
        raise WorldStands(f"{path.name}：{taken.trouble or taken.outcome}")
    return taken


def _work(taken: Any, at: datetime, what: str, progress: Progress) -> None:
    from tongxin.spreadsheets import actions

    taken.refresh_from_db()
    while taken.is_at_work and actions.run_imports(at=at):
        taken.refresh_from_db()
        done = min(taken.total, taken.blocks_done * actions.BLOCK)
        progress(f"{what} {taken.name}", done, taken.total or 1)


def make_world(name: str, *, folder: Path, at: datetime, progress: Progress) -> dict[str, Any]:
    """Make a world in the configured database, by the very sheets that are left in `folder`.

    :raises WorldStands: if it is there
    """
    from tongxin.orgs.models import Membership, Org

    plan = PLANS[name]
    user = make_root(plan, at=at)
    units, members = write_sheets(plan, folder)
    import_file("units", units, by=user, at=at, progress=progress)
    import_file("members", members, by=user, at=at, progress=progress)
    under = Org.objects.get(code=root_code(plan)).path
    return {
        "units": Org.objects.filter(kind="party", path__under=under).count(),
        "members": Membership.objects.members().filter(unit__path__under=under).count(),
        "files": [str(units), str(members)],
        "user": user.username,
    }
