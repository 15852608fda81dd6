"""The register of centres by spreadsheet: in once, put right by a later one, taken back, out again."""

from __future__ import annotations

from datetime import timedelta

from tongxin.places.models import Centre
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

HEADER = ["编号", "名称", "类型", "区域代码", "地址", "面积", "状态", "开放日期"]


def row(world, **changes):
    given = {
        "编号": "", "名称": "松社区工作站", "类型": "社区工作站", "区域代码": world.pine.code,
        "地址": "松林路 8 号", "面积": 500, "状态": "开放", "开放日期": "2025-06-01",
    } | changes  # fmt: skip
    return [given[name] for name in HEADER]


def test_it_comes_in_is_put_right_and_taken_back(world):
    first = take_in("centres", [HEADER, row(world)], world.liu)
    one = Centre.objects.get()
    assert (one.state, one.area_m2, one.code) == ("open", 500, f"{world.pine.code}-01")
    assert check("centres", [HEADER, row(world)], world.liu).counts == {"same": 1}
    second = take_in(
        "centres", [HEADER, row(world, **{"面积": 620, "地址": "松林路 9 号"})], world.liu
    )
    one.refresh_from_db()
    assert (one.area_m2, one.address) == (620, "松林路 9 号")
    assert [change.after_m2 for change in one.area_changes.all()] == [620, 500]
    for taken in (second, first):
        sheets.undo_import(taken=taken, by=taken.by, at=NOON + timedelta(hours=2))
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=NOON + timedelta(hours=2))
    assert not Centre.objects.exists()


def test_what_cannot_be_is_refused_in_words(world):
    rows = [
        row(world, **{"区域代码": "999999999999"}),
        row(world, **{"区域代码": world.salt.code}),
        row(world, **{"地址": ""}),
        row(world, **{"开放日期": "2099-01-01"}),
        row(world, **{"类型": "宫殿"}),
        row(world, **{"类型": "街道中心", "区域代码": world.north.code, "名称": "街道中心"}),
    ]
    taken = check("centres", [HEADER, *rows], world.zhang)
    assert taken.counts == {"bad": 6}
    assert not Centre.objects.exists()


def test_it_leaves_for_those_of_the_land(world):
    take_in("centres", [HEADER, row(world)], world.liu)
    sheet = all_sheets()["centres"]
    assert [line["name"] for line in sheet.export(world.gao, whole=False)] == ["松社区工作站"]
    assert list(sheet.export(world.wu, whole=False)) == []
    assert (
        sheet.may_export(world.mei) and not sheet.may(world.mei) and not sheet.may_export(world.sun)
    )
