"""Care files by spreadsheet: previewed, opened, taken back; out masked, whole with a reason."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.care import actions
from tongxin.care.models import CareFile
from tongxin.care.queries import contents_of
from tongxin.kit.errors import Refused
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .conftest import BODY, DOOR, NAME, TODAY, a_file

HEADER = ["网格", "类别", "姓名", "楼栋", "门牌", "本人电话", "处理目的", "同意日期", "谁同意", "法律条款"]  # fmt: skip
PURPOSE = "独居老人定期走访"
CLEAN = ["第一网格", "独居（空巢）老人", "示例甲", "3号楼", "402", "13900001111", PURPOSE, TODAY, "本人", ""]  # fmt: skip


def row(**changes):
    names = {name: n for n, name in enumerate(("grid", "kind", "name", "building", "door", "phone", "purpose", "on", "who", "law"))}  # fmt: skip
    said = [*CLEAN]
    for name, value in changes.items():
        said[names[name]] = value
    return said


def test_rows_become_sealed_files_and_are_taken_back(care):
    taken = take_in("care_files", [HEADER, CLEAN, row(name="示例乙", on="", who="", law="《社会救助暂行办法》")], care.mei)  # fmt: skip
    assert taken.state == "done" and CareFile.objects.count() == 2
    assert contents_of(CareFile.objects.order_by("pk")[0])["door"] == "402"
    again = check("care_files", [HEADER, CLEAN], care.mei)
    assert again.counts == {"same": 1} and not problems(again)
    sheets.undo_import(taken=taken, by=care.mei, at=NOON)
    taken.refresh_from_db()
    sheets.work_off(taken=taken, at=NOON)
    assert not CareFile.objects.standing().exists()
    assert actions.forget_files(at=NOON) == 2


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"grid": "第九网格"}, "grid"),
        ({"grid": "第二网格"}, "grid"),  # not Mei's
        ({"purpose": "好奇"}, "purpose"),
        ({"on": ""}, "consented_on"),
        ({"law": "《某法》"}, "consented_on"),
        ({"who": ""}, "consented_by"),
        ({"kind": "困境（留守）儿童"}, "consented_by"),
        ({"kind": "富人"}, "kind"),
        ({"phone": "123"}, "phone"),
    ],
)
def test_what_is_wrong_stands_beside_its_row(care, changes, column):
    taken = check("care_files", [HEADER, row(**changes)], care.mei)
    assert [name for name, _said in problems(taken)[2]] == [column]
    assert not CareFile.objects.exists()


def cells_of(care, who, reason=""):
    out = io.BytesIO()
    by = getattr(care, who)
    sheets.export_sheet(sheet="care_files", out=out, by=by, at=NOON, reason=reason)
    rows = openpyxl.load_workbook(out).active.values
    return {str(cell) for one in rows for cell in one}


def test_it_leaves_masked_and_whole_only_with_a_reason(care):
    a_file(care)
    masked = cells_of(care, "mei")
    assert (
        not {NAME, DOOR, BODY["phone"], BODY["needs"]} & masked
        and f"{NAME[0]}*{NAME[-1]}" in masked
    )
    whole = cells_of(care, "chen", "节前走访打印名单")
    assert {NAME, DOOR, BODY["phone"], BODY["needs"]} <= whole
    assert any("陈建国 导出" in cell for cell in whole)
    assert AuditEntry.objects.filter(action="sheet.export", reason="节前走访打印名单").count() == 1


def test_who_reads_nothing_has_no_sheet(care):
    sheet = all_sheets()["care_files"]
    may = {who for who in ("mei", "chen", "liu", "gao", "zhang", "wang", "ann", "sun") if sheet.may_export(getattr(care, who))}  # fmt: skip
    assert may == {"mei", "chen"}


LIST = ["慰问活动", "网格", "姓名", "楼栋", "门牌"]


@pytest.fixture
def greetings(care):
    from .test_aid import a_round

    return a_round(care)


def household(n: int, **changes):
    said = {
        "round": "春节慰问",
        "grid": "第一网格",
        "name": f"住户{n}",
        "building": "3号楼",
        "door": f"{n}室",
    }
    return list((said | changes).values())


class TestHouseholds:
    def test_eight_hundred_go_on_the_list_once_and_are_taken_off(self, care, greetings):
        rows = [household(n, round=greetings.name) for n in range(800)]
        taken = take_in("care_households", [LIST, *rows], care.mei)
        assert (taken.state, taken.outcome, greetings.households.count()) == (
            "done",
            {"new": 800},
            800,
        )
        one = greetings.households.order_by("pk")[0]
        assert "住户" not in one.name_sealed and "室" not in one.door_sealed
        again = check("care_households", [LIST, *rows], care.mei)
        assert again.counts == {"same": 800}
        sheets.undo_import(taken=taken, by=care.mei, at=NOON)
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=NOON)
        assert not greetings.households.exists()

    @pytest.mark.parametrize(
        ("changes", "column"),
        [
            ({"round": "没有的慰问"}, "round"),
            ({"grid": "第九网格"}, "grid"),
            ({"grid": "第二网格"}, "grid"),  # not Mei's
            ({"name": ""}, "name"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_row_and_nothing_is_kept(
        self, care, greetings, changes, column
    ):
        rows = [
            household(1, round=greetings.name),
            household(2, **{"round": greetings.name} | changes),
        ]
        taken = check("care_households", [LIST, *rows], care.mei)
        assert [name for name, _said in problems(taken)[3]] == [column]
        assert not greetings.households.exists()

    def test_who_was_called_on_stays_on_the_list(self, care, greetings):
        taken = take_in("care_households", [LIST, household(1, round=greetings.name)], care.mei)
        one = greetings.households.get()
        actions.reach_household(household=one, state="away", by=care.mei, at=NOON)
        with pytest.raises(Refused):
            sheets.undo_import(taken=taken, by=care.mei, at=NOON)
            taken.refresh_from_db()
            sheets.work_off(taken=taken, at=NOON)
        assert greetings.households.get().state == "away"

    def test_it_leaves_masked(self, care, greetings):
        take_in("care_households", [LIST, household(1, round=greetings.name)], care.mei)
        out = io.BytesIO()
        sheets.export_sheet(sheet="care_households", out=out, by=care.mei, at=NOON, reason="")
        text = " ".join(str(c) for row in openpyxl.load_workbook(out).active.values for c in row)
        assert "住户1" not in text and "1室" not in text and "第一网格" not in text
