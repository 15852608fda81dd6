"""Projects, enterprises and their problems come in once, are refused in words, and are taken back."""

from __future__ import annotations

from datetime import timedelta

from tongxin.alliances.models import AllianceProject, Enterprise, EnterpriseProblem, Park
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, problems, take_in
from tongxin.testing import NOON

HEAD = [
    "联盟",
    "工作部",
    "项目名称",
    "项目单位",
    "所在区域",
    "启动日期",
    "行业",
    "投资额（元）",
    "重大项目",
    "审批链代码",
]
FIRM = ["园区", "企业名称", "从业人数", "党员人数", "入驻日期"]


def undo(taken):
    at = NOON + timedelta(hours=1)
    sheets.undo_import(taken=taken, by=taken.by, at=at)
    taken.refresh_from_db()
    return sheets.work_off(taken=taken, at=at)


def test_projects(world, alliance, firm, chains):
    row = [
        "政务服务党建联盟",
        "第一工作部",
        "试验基地",
        "北化院",
        "北塘街道",
        "2026-02-02",
        "科研平台",
        "1800000000",
        "是",
        "industrial",
    ]
    taken = take_in("alliance_projects", [HEAD, row], world.gao)
    assert taken.outcome == {"new": 1}
    one = AllianceProject.objects.get()
    assert (one.investment_fen, one.is_major, one.dossier.items.count()) == (
        1_800_000_000_00,
        True,
        9,
    )
    assert check("alliance_projects", [HEAD, row], world.gao).counts == {"same": 1}
    other = [row[0], "第二工作部", *row[2:]]
    nobody = [*row[:3], "没有的单位", *row[4:]]
    found = problems(check("alliance_projects", [HEAD, other, nobody], world.gao))
    assert "只归一个工作部" in found[2][0][1] and "没有“没有的单位”" in found[3][0][1]
    changed = take_in("alliance_projects", [HEAD, [*row[:7], "5", *row[8:]]], world.gao)
    assert changed.outcome == {"changed": 1} and AllianceProject.objects.get().investment_fen == 500
    undo(changed)
    assert AllianceProject.objects.get().investment_fen == 1_800_000_000_00
    undo(taken)
    assert AllianceProject.objects.get().state == "withdrawn"
    assert (
        list(all_sheets()["alliance_projects"].export(world.gao, whole=False))[0]["owner"]
        == "北化院"
    )
    assert not all_sheets()["alliance_projects"].may(world.li)


def test_enterprises_and_their_problems(world, park, types):
    rows = [
        FIRM,
        [park.name, "甲公司", "12", "3", "2026-01-05"],
        [park.name, "乙公司", "2", "1", "2026-01-06"],
    ]
    taken = take_in("park_enterprises", rows, world.liu)
    assert taken.outcome == {"new": 2} and Enterprise.objects.count() == 2
    bad = [[park.name, "丙", "1", "3", "2026-01-06"], ["没有的园区", "丁", "1", "0", "2026-01-06"]]
    assert set(problems(check("park_enterprises", [FIRM, *bad], world.liu))) == {2, 3}
    head = ["园区", "企业名称", "类型", "难题"]
    told = [head, [park.name, "甲公司", "施工扬尘", "扬尘大"], [park.name, "乙公司", "没有", "x"]]
    brought = take_in("enterprise_problems", told[:2], world.liu)
    assert EnterpriseProblem.objects.get().case.title == "扬尘大"
    assert check("enterprise_problems", told[:2], world.liu).counts == {"same": 1}
    assert set(problems(check("enterprise_problems", told, world.liu))) == {3}
    out = list(all_sheets()["enterprise_problems"].export(world.liu, whole=False))
    assert out[0]["step"] == "待派办" and out[0]["type"] == "施工扬尘"
    undo(brought)
    assert EnterpriseProblem.objects.get().case.step == "void"


def test_parks_are_set_up_changed_and_taken_back(world, park):
    head = ["名称", "类型", "所在区域", "运营单位", "依托项目", "启用日期", "地址"]
    row = ["装备园", "产业园区", "北塘街道", "北塘街道办事处", "", "2026-01-05", "园区一路 1 号"]
    home = ["建设者之家", "建设者之家", "松社区", "北塘街道办事处", "跨海大桥", "2026-01-05", ""]
    taken = take_in("parks", [head, row, home], world.liu)
    assert taken.outcome == {"new": 2}
    assert Park.objects.get(name="建设者之家").project_name == "跨海大桥"
    assert check("parks", [head, row], world.liu).counts == {"same": 1}
    changed = take_in("parks", [head, [*row[:6], "园区二路 2 号"]], world.liu)
    assert Park.objects.get(name="装备园").address == "园区二路 2 号"
    bad = [
        ["甲", *row[1:3], "没有的单位", *row[4:]], ["乙", home[1], *row[2:4], "", *row[5:]],
        ["丙", *row[1:5], "2027-01-01", ""],
    ]  # fmt: skip
    found = problems(check("parks", [head, *bad], world.liu))
    words = ("没有“没有的单位”", "写明依托的项目", "不能晚于今天")
    assert all(word in found[n][0][1] for n, word in enumerate(words, 2))
    elsewhere = [head, [*row[:2], "南港街道", *row[3:]], [park.name, *row[1:]]]
    stranger = world.person("south", "南港管理员", world.north_party, "officer", world.south)
    assert set(problems(check("parks", elsewhere, stranger))) == {3}
    out = {one["name"]: one for one in all_sheets()["parks"].export(world.liu, whole=False)}
    assert out["装备园"]["region"] == "北塘街道" and out["建设者之家"]["firms"] == 0
    undo(changed)
    undo(taken)
    assert set(Park.objects.values_list("name", flat=True)) == {park.name}
    assert not all_sheets()["parks"].may(world.sun)
