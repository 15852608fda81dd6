"""Items of a checklist by spreadsheet: into drafts only, refused in words, taken back whole."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Checklist, Item
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import publish

HEADER = ["清单代码", "检查项代码", "检查内容", "答法", "选项", "照片", "何时算有问题", "满分"]
AFTER = NOON + timedelta(hours=1)


@pytest.fixture
def draft(world) -> Checklist:
    made = actions.make_checklist(
        code="shop", name="商户", kind="inspection", region=world.north, by=world.liu, at=NOON
    )
    actions.save_item(checklist=made, code="old", text="旧的一项", by=world.liu, at=NOON)
    return made


ROWS = [
    ["shop", "open", "按时开门", "是／否", "", "有问题时", "no", ""],
    ["shop", "tidy", "整洁", "单选", "好|5、差|0", "不要求", "差", 5],
    ["shop", "old", "改过的一项", "", "", "", "", ""],
]


def test_items_go_in_and_are_taken_back(world, draft):
    taken = take_in("checklist-items", [HEADER, *ROWS], world.liu)
    assert taken.outcome == {"new": 2, "changed": 1}
    found = {item.code: item for item in draft.items.all()}
    assert list(found) == ["old", "open", "tidy"]
    assert found["old"].text == "改过的一项"
    assert (found["open"].bad_when, found["open"].needs_photo) == ("no", "when_bad")
    assert found["tidy"].options == [{"value": "好", "score": 5.0}, {"value": "差", "score": 0.0}]
    assert check("checklist-items", [HEADER, *ROWS], world.liu).counts == {"same": 3}
    sheets.undo_import(taken=taken, by=world.liu, at=AFTER)
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=AFTER)
    assert list(draft.items.values_list("code", "text")) == [("old", "旧的一项")]


def test_rows_that_cannot_be_are_refused(world, draft):
    publish(code="done", region=world.north)
    rows = [
        ["done", "open", "按时开门", "是／否", "", "", "", ""],  # published: never changes
        ["moon", "open", "按时开门", "是／否", "", "", "", ""],
        ["shop", "one", "", "是／否", "", "", "", ""],
        ["shop", "two", "整洁", "单选", "好", "", "", ""],
        ["shop", "three", "整洁", "单选", "好|x、差|0", "", "", ""],
        ["shop", "four", "整洁", "是／否", "", "", "<5", ""],
    ]
    assert check("checklist-items", [HEADER, *rows], world.liu).counts == {"bad": 6}
    assert check("checklist-items", [HEADER, *ROWS], world.wu).counts == {"bad": 3}  # not theirs
    assert Item.objects.filter(checklist=draft).count() == 1


def test_what_leaves_comes_back_the_same(world, draft):
    take_in("checklist-items", [HEADER, *ROWS], world.liu)
    sheet = all_sheets()["checklist-items"]
    rows = list(sheet.export(world.liu, whole=False))
    assert [row["item"] for row in rows] == ["old", "open", "tidy"]
    assert rows[2]["options"] == "好|5、差|0"
    labels = [column.label for column in sheet.columns]
    lines = [[column.show(row[column.name]) for column in sheet.columns] for row in rows]
    assert check("checklist-items", [[str(one) for one in labels], *lines], world.liu).counts == {
        "same": 3
    }
    assert list(sheet.export(world.wu, whole=False)) == []
    assert not sheet.may(world.mei)
