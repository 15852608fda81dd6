"""Pacts by spreadsheet: drafted with their tasks, put right until signed, taken back whole."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.test import Client

from tongxin.dual_report import actions
from tongxin.dual_report.models import Pact, PactTask
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.models import SheetImport
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import TODAY, a_unit

HEADER = ["单位党组织", "报到社区", "协议名称", "约定内容", "生效日期", "到期日期", "任务", "完成期限", "任务编号"]  # fmt: skip
END, JUNE = date(2027, 3, 1), date(2026, 6, 30)
TEXT = "一、共同开展活动。\n二、每季度碰头。"
CLEAN = ["北塘电厂党委", "松社区", "共建协议", TEXT, TODAY, END, "环境整治", JUNE, ""]
CALL = [*CLEAN[:6], "慰问老人", date(2026, 9, 30), ""]


@pytest.fixture
def plant(world):
    """A power plant in Pine that has reported there, and Fang, its secretary."""
    unit = a_unit(world)
    world.fang = world.person("fang", "方圆", unit, "secretary")
    actions.report_unit(
        unit=unit, community=world.pine, contact="方圆", by=world.zhang, at=NOON
    )  # fmt: skip
    return unit


def row(source, **changes):
    names = dict(zip(("text", "to", "task", "due", "no"), (3, 5, 6, 7, 8), strict=True))
    said = [*source]
    for name, value in changes.items():
        said[names[name]] = value
    return said


def sign(world):
    pact = Pact.objects.get()
    actions.sign_pact(pact=pact, side="community", by=world.zhang, at=NOON)
    return actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)


def undone(taken):
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    taken = sheets.work_off(taken=taken, at=NOON)
    taken.refresh_from_db()
    return taken


def test_a_pact_goes_in_with_its_tasks(world, plant):
    assert take_in("pacts", [HEADER, CLEAN, CALL], world.zhang).outcome == {"new": 2}
    pact = Pact.objects.get()
    assert (pact.text, pact.to_date, pact.drafted_by) == (TEXT, END, world.zhang)
    assert [task.title for task in pact.tasks.all()] == ["环境整治", "慰问老人"]
    assert check("pacts", [HEADER, CLEAN, CALL], world.fang).counts == {"same": 2}


def test_what_goes_out_goes_in_again(world, plant):
    take_in("pacts", [HEADER, CLEAN, CALL], world.zhang)
    take_in("pacts", [HEADER, [*CLEAN[:2], "二号协议", *CLEAN[3:6], "", "", ""]], world.zhang)
    actions.report_task(task=sign_first(world), proof="清理楼道 3 处", by=world.fang, at=NOON)
    for who in (world.zhang, world.fang):
        out = io.BytesIO()
        assert sheets.export_sheet(sheet="pacts", out=out, by=who, at=NOON) == 3
        taken = sheets.upload_sheet(
            sheet="pacts", data=out.getvalue(), name="导出.xlsx", by=who, at=NOON
        )
        taken = sheets.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
        taken = sheets.work_off(taken=taken, at=NOON)
        assert (taken.counts, problems(taken)) == ({"same": 3}, {})


def sign_first(world) -> PactTask:
    pact = Pact.objects.get(title="共建协议")
    actions.sign_pact(pact=pact, side="community", by=world.zhang, at=NOON)
    actions.sign_pact(pact=pact, side="unit", by=world.fang, at=NOON)
    return pact.tasks.get(title="环境整治")


def test_a_draft_is_put_right_until_it_is_signed(world, plant):
    take_in("pacts", [HEADER, CLEAN], world.zhang)
    task = PactTask.objects.get()
    said = row(CLEAN, text="一、改过的约定。", due=date(2026, 7, 31), no=task.pk)
    taken = take_in("pacts", [HEADER, said], world.fang)
    assert taken.outcome == {"changed": 1}
    assert Pact.objects.get().text == "一、改过的约定。"
    assert PactTask.objects.get().due_on == date(2026, 7, 31)
    assert undone(taken).state == SheetImport.State.UNDONE
    assert (Pact.objects.get().text, PactTask.objects.get().due_on) == (TEXT, JUNE)
    sign(world)
    later = problems(
        check("pacts", [HEADER, row(CLEAN, due=date(2026, 8, 1), no=task.pk)], world.fang)
    )
    assert "双方已签字" in later[2][0][1]
    with pytest.raises(actions.PactSigned):
        actions.amend_pact(pact=Pact.objects.get(), text="改", to_date=END, by=world.fang, at=NOON)
    assert take_in("pacts", [HEADER, CALL], world.fang).outcome == {
        "new": 1
    }  # but one may be added


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"text": ""}, "text", "约定内容"),
        ({"to": date(2026, 3, 1)}, "to_date", "到期日期"),
        ({"due": date(2028, 1, 1)}, "due_on", "有效期"),
        ({"due": ""}, "due_on", "完成期限"),
        ({"task": ""}, "task", "请写明任务"),
        ({"no": 99}, "task_no", "没有编号 99"),
    ],
)
def test_rows_that_cannot_be_are_refused_in_words(world, plant, changes, column, words):
    said = problems(check("pacts", [HEADER, row(CLEAN, **changes)], world.zhang))[2]
    assert said[0][0] == column and words in said[0][1]
    assert not Pact.objects.exists()


def test_two_rows_of_one_pact_say_the_same(world, plant):
    taken = check("pacts", [HEADER, CLEAN, row(CALL, text="另一份约定")], world.zhang)
    assert "与第 2 行是同一份协议" in problems(taken)[3][0][1]


def test_it_is_for_either_side(world, plant):
    take_in("pacts", [HEADER, CLEAN], world.zhang)
    sheet = all_sheets()["pacts"]
    assert not sheet.may(world.wang) and not sheet.may_export(world.ann)
    assert check("pacts", [HEADER, CALL], world.wu).counts == {"bad": 1}
    assert check("pacts", [HEADER, CALL], world.qin).counts == {"bad": 1}
    assert [one["title"] for one in sheet.export(world.fang, whole=False)] == ["共建协议"]
    assert list(sheet.export(world.wu, whole=False)) == []
    reader = world.person("ji", "纪明", plant, "commissioner")
    assert len(list(sheet.export(reader, whole=False))) == 1
    assert not sheet.may(reader)


def test_an_import_is_taken_back_whole_unless_it_was_signed(world, plant):
    taken = take_in("pacts", [HEADER, CLEAN, CALL], world.zhang)
    assert undone(taken).state == SheetImport.State.UNDONE
    assert not Pact.objects.exists() and not PactTask.objects.exists()
    taken = take_in("pacts", [HEADER, CLEAN], world.zhang)
    sign(world)
    with pytest.raises(sheets.CannotUndo):
        undone(taken)
    with pytest.raises(actions.PactSigned):
        actions.take_back_pact(pact=Pact.objects.get(), by=world.zhang, at=NOON)


def test_its_register_leads_to_it(world, plant, clock):
    client = Client()
    client.force_login(world.zhang)
    page = client.get("/report-in/units/").content.decode()
    assert "/sheets/new/pacts/" in page and "/sheets/export/pacts/" in page
