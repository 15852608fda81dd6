"""Components by spreadsheet: a survey in, the register out, the wrong survey undone."""

from __future__ import annotations

from tongxin.grids import actions
from tongxin.grids.models import Component, State
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

HEADER = ["标识码", "类别代码", "名称", "状态", "权属单位名称", "经度", "纬度"]


def undone(taken):
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    return sheets.work_off(taken=taken, at=NOON)


def test_a_survey_goes_in_gets_its_codes_and_is_taken_back(world, cover):
    rows = [
        ["", "01001", "供水井盖", "完好", "北塘水务", "117.551", "39.251"],
        ["", "01001", "供水井盖", "破损", "北塘水务", "117.552", "39.252"],
        ["12011601001000009", "", "供水井盖", "完好", "", "117.553", "39.253"],
    ]
    taken = take_in("components", [HEADER, *rows], world.liu)
    assert taken.outcome == {"new": 3}
    codes = sorted(Component.objects.values_list("code", flat=True))
    assert codes[-1] == "12011601001000009" and len(codes) == 3
    assert {one.grid for one in Component.objects.all()} == {world.p1}
    assert {one.events.count() for one in Component.objects.all()} == {1}
    assert check("components", [HEADER, *rows], world.liu).counts == {"same": 3}
    undone(taken)
    assert not Component.objects.exists()


def test_what_is_there_is_changed_by_its_code_and_changed_back(world, cover, lid):
    row = [lid.code, "01001", "供水井盖", "破损", "北塘水务", "117.55", "39.25"]
    taken = take_in("components", [HEADER, row], world.liu)
    lid.refresh_from_db()
    assert (lid.state, lid.owner) == (State.BROKEN, "北塘水务")
    assert {event.what for event in lid.events.all()} == {"enter", "state", "change"}
    assert check("components", [HEADER, row], world.liu).counts == {"same": 1}
    undone(taken)
    lid.refresh_from_db()
    assert (lid.state, lid.owner) == (State.GOOD, "")


def test_rows_that_cannot_be_are_refused_in_words(world, cover, lid):
    rows = [
        ["1201160101000001", "", "旧码", "完好", "", "117.55", "39.25"],
        ["", "09999", "没有的类别", "完好", "", "117.55", "39.25"],
        ["", "01001", "反了", "完好", "", "39.25", "117.55"],
        ["12011601001000077", "", "没有坐标", "完好", "", "", ""],
        [lid.code, "", "搬家", "完好", "", "117.56", "39.25"],
        ["", "01001", "外面", "完好", "", "100.1", "30.1"],
    ]
    taken = check("components", [HEADER, *rows], world.liu)
    assert taken.counts == {"bad": 6}
    said = str(problems(taken))
    for words in ("16 位", "没有类别", "填反", "要填经度", "移动部件", "没有找到这个网格"):
        assert words in said
    assert check(
        "components", [HEADER, ["", "01001", "", "完好", "", "117.55", "39.25"]], world.wu
    ).counts == {"bad": 1}


def test_what_has_a_history_since_is_not_taken_back(world, cover):
    taken = take_in(
        "components", [HEADER, ["", "01001", "井盖", "完好", "", "117.551", "39.251"]], world.liu
    )
    one = Component.objects.get()
    actions.set_state(one, state="broken", at=NOON, by=world.mei)
    assert all_sheets()["components"].changed_since(
        [type("E", (), {"line": 2, "ref": one.pk, "before": None, "after": {"new": True}})()]
    ) == [2]
    assert taken.outcome == {"new": 1}


def test_what_goes_out_goes_in_again(world, cover, lid):
    sheet = all_sheets()["components"]
    (row,) = list(sheet.export(world.liu, whole=False))
    assert row["code"] == lid.code and row["street"] == "北塘街道" and row["community"] == "松社区"
    assert row["grid"] == world.p1.code
    assert list(sheet.export(world.wu, whole=False)) == []
    assert sheet.may_export(world.mei) and not sheet.may(world.mei) and not sheet.may(world.sun)
