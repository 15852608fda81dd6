"""Verdicts by spreadsheet: out with what was computed, in with what was found, undone whole."""

from __future__ import annotations

from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.standards import actions
from tongxin.standards.models import Ruling

from .conftest import AFTER, YEAR, assess, row, rule_all

HEADER = ["党支部", "年度", "条目代码", "结论", "理由和佐证"]


def undone(taken):
    sheets.undo_import(taken=taken, by=taken.by, at=AFTER)
    taken.refresh_from_db()
    return sheets.work_off(taken=taken, at=AFTER)


def test_verdicts_go_in_and_are_taken_back(world, branch):
    found = assess(world, branch)
    name = branch.name
    rows = [
        [name, YEAR, "S1", "达标", "照片六张"],
        [name, YEAR, "E2", "未达标", "三条意见没有回音"],
    ]
    taken = take_in("standard-rulings", [HEADER, *rows], world.tang)
    assert taken.outcome == {"changed": 2}
    assert (row(found, "S1").verdict, row(found, "E2").verdict) == ("met", "not_met")
    assert check("standard-rulings", [HEADER, *rows], world.tang).counts == {"same": 2}
    undone(taken)
    assert (row(found, "S1").verdict, row(found, "E2").verdict) == ("", "")
    assert Ruling.objects.filter(withdrawn_at__isnull=False).count() == 2  # and stay to be read
    assert row(assess(world, branch), "S1").verdict == ""


def test_rows_that_cannot_be_are_refused_in_words(world, branch):
    found = assess(world, branch)
    rows = [
        [branch.name, YEAR, "X9", "达标", "照片存档"],
        [branch.name, YEAR, "S1", "达标", ""],
        ["没有的支部", YEAR, "S1", "达标", "照片存档"],
        [branch.name, YEAR - 1, "S1", "达标", "照片存档"],
    ]
    taken = check("standard-rulings", [HEADER, *rows], world.tang)
    assert taken.counts == {"bad": 4}
    other = check(
        "standard-rulings", [HEADER, [branch.name, YEAR, "S1", "达标", "照片"]], world.yue
    )
    assert other.counts == {"bad": 1}  # not theirs
    rule_all(world, found)
    actions.confirm_assessment(assessment=found, by=world.tang, at=AFTER)
    late = check(
        "standard-rulings", [HEADER, [branch.name, YEAR, "S1", "未达标", "照片"]], world.tang
    )
    assert late.counts == {"bad": 1}


def test_what_goes_out_goes_in_again(world, branch):
    found = assess(world, branch)
    actions.rule_item(
        row=row(found, "S1"), verdict="met", reason="照片存档", by=world.tang, at=AFTER
    )
    sheet = all_sheets()["standard-rulings"]
    rows = {one["item"]: one for one in sheet.export(world.tang, whole=False)}
    assert (rows["S1"]["verdict"], rows["S1"]["reason"]) == ("met", "照片存档")
    assert rows["M5"]["computed"] == "达标"
    assert list(sheet.export(world.yue, whole=False)) == []
    assert not sheet.may(world.wang)
