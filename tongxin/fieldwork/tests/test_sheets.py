"""Items of a checklist by spreadsheet: into drafts only, refused in words, taken back whole."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Checklist, Item
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import Entry, all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import publish
from .test_plans import make

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


TARGETS = ["计划", "所在区域", "对象", "经度", "纬度"]


@pytest.fixture
def homes(world):
    return make(
        world, kind="household", name="联点访户", target_kind="household", assign="named",
        people=[world.liu], targets=[{"name": "1号楼1室", "region": world.p1}],
    )  # fmt: skip


class TestTargets:
    def test_many_doors_go_into_a_plan_once_and_out_again(self, world, homes):
        rows = [["联点访户", world.p1.code, f"{n}号楼1室", "", ""] for n in range(1, 121)]
        taken = take_in("visit-targets", [TARGETS, *rows], world.liu)
        assert taken.outcome == {"new": 119, "same": 1} and homes.targets.count() == 120
        again = check("visit-targets", [TARGETS, *rows], world.liu)
        assert again.counts == {"same": 120}
        sheets.undo_import(taken=taken, by=world.liu, at=AFTER)
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=AFTER)
        assert homes.targets.count() == 1

    def test_rows_that_cannot_be_are_refused_with_their_line(self, world, homes):
        make(world, name="每日巡查")  # takes its grids by itself
        dropped = homes.targets.get()
        actions.drop_target(target=dropped, reason="拆迁", by=world.liu, at=NOON)
        rows = [
            ["没有的计划", world.p1.code, "2号楼1室", "", ""],
            ["每日巡查", world.p1.code, "2号楼1室", "", ""],
            ["联点访户", world.salt.code, "2号楼1室", "", ""],
            ["联点访户", world.p1.code, "1号楼1室", "", ""],
            ["联点访户", world.p1.code, "3号楼1室", "117.5", ""],
            ["联点访户", world.p1.code, "4号楼1室", "东", "39"],
            ["联点访户", world.p1.code, "", "", ""],
        ]
        taken = check("visit-targets", [TARGETS, *rows], world.liu)
        found = problems(taken)
        assert {line: said[0][0] for line, said in found.items()} == {
            2: "plan", 3: "plan", 4: "region", 5: "name", 6: "lng", 7: "lng", 8: "name",
        }  # fmt: skip
        assert "不归您管" in problems(check("visit-targets", [TARGETS, rows[3]], world.wu))[2][0][1]
        assert homes.targets.count() == 1

    def test_a_door_with_a_visit_is_not_taken_back(self, world, homes):
        taken = take_in(
            "visit-targets", [TARGETS, ["联点访户", world.p1.code, "9号楼", "", ""]], world.liu
        )
        actions.visits_due(at=NOON)
        target = homes.targets.get(name="9号楼")
        assert target.visits.exists()
        with pytest.raises(actions.BadPlan, match="已经安排走访"):
            actions.take_back_targets(ids=[target.pk], by=world.liu, at=AFTER)
        assert all_sheets()["visit-targets"].changed_since([Entry(2, target.pk, None, None)]) == [2]
        assert taken.state == "done"
