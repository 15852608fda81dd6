"""A day's ratings by spreadsheet: handed in by the community, corrected with a reason, taken back."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.test import Client

from tongxin.cadres import actions
from tongxin.cadres.models import DailyRating, RatingChange
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import Narrowed, all_sheets
from tongxin.spreadsheets.models import SheetImport
from tongxin.spreadsheets.tests.making import check, own_media, problems, take_in  # noqa: F401
from tongxin.testing import NOON

from .cast import TODAY, send

CODE = "cadre-ratings"
HEADER = ["日期", "姓名", "下沉社区", "出勤", "评价", "说明", "更正理由"]
BO = [TODAY, "薄海", "松社区", "在岗", "全部到位", "", ""]
DAI = [TODAY, "戴宁", "松社区", "在岗", "宣传到位：到位；工作落实到位：不到位", "没有到户", ""]


@pytest.fixture
def rows(cadres, operation):
    return [send(cadres, operation, who, cadres.pine) for who in ("bo", "dai")]


def undone(taken):
    sheets.undo_import(taken=taken, by=taken.by, at=NOON)
    taken.refresh_from_db()
    taken = sheets.work_off(taken=taken, at=NOON)
    taken.refresh_from_db()
    return taken


@pytest.mark.mission("S0.24")
class TestIn:
    def test_the_list_of_a_day_goes_in(self, cadres, rows):
        assert take_in(CODE, [HEADER, BO, DAI], cadres.zhang).outcome == {"new": 2}
        marks = dict(DailyRating.objects.values_list("secondment__person__name", "marks"))
        assert marks == {
            "薄海": {"publicity": 3, "work": 3},
            "戴宁": {"publicity": 3, "work": 1},
        }
        assert check(CODE, [HEADER, BO, DAI], cadres.zhang).counts == {"same": 2}

    def test_what_was_rated_is_corrected_for_a_reason(self, cadres, rows):
        take_in(CODE, [HEADER, BO], cadres.zhang)
        again = [*BO]
        again[4] = "宣传到位：基本到位、工作落实到位：到位"
        taken = check(CODE, [HEADER, again], cadres.chen)
        assert problems(taken)[2] == [("reason", "这一天已经评过，要改请写更正理由")]
        again[6] = "漏了一栋楼"
        assert take_in(CODE, [HEADER, again], cadres.chen).outcome == {"changed": 1}
        change = RatingChange.objects.get()
        assert (change.reason, change.by, change.after["marks"]["publicity"]) == (
            "漏了一栋楼", cadres.chen, 2,
        )  # fmt: skip
        gone = [*BO[:3], "请假", "", "", "记错了"]
        assert take_in(CODE, [HEADER, gone], cadres.chen).outcome == {"changed": 1}
        assert DailyRating.objects.get().marks == {}

    @pytest.mark.parametrize(
        ("changes", "column", "words"),
        [
            ({0: date(2026, 3, 3)}, "day", "还没有到"),
            ({0: date(2026, 3, 1)}, "day", "不在松社区下沉"),
            ({1: "查无此人"}, "name", "没有您看得到的"),
            ({4: ""}, "marks", "还没有评"),
            ({4: "宣传到位：很好"}, "marks", "读不懂"),
            ({4: "宣传到位：到位；工作落实到位：不到位"}, "note", "写一句说明"),
            ({3: "未到岗", 4: ""}, "note", "写一句说明"),
        ],
    )
    def test_rows_that_cannot_be_are_refused_in_words(self, cadres, rows, changes, column, words):
        row = [changes.get(at, value) for at, value in enumerate(BO)]
        said = problems(check(CODE, [HEADER, row], cadres.zhang))[2]
        assert said[0][0] == column and words in said[0][1]

    def test_only_of_cadres_one_rates(self, cadres, rows):
        sheet = all_sheets()[CODE]
        assert not sheet.may(cadres.li) and not sheet.may(cadres.bo)
        assert check(CODE, [HEADER, BO], cadres.wu).counts == {"bad": 1}  # of another community
        assert not DailyRating.objects.exists()


class TestOut:
    @pytest.mark.parametrize("reason", ["", "月度汇总核对"])
    def test_what_goes_out_goes_in_again(self, cadres, rows, reason):
        leave = [date(2026, 3, 2), "戴宁", "松社区", "请假", "", "看病", ""]
        take_in(CODE, [HEADER, BO, leave], cadres.zhang)
        out = io.BytesIO()
        assert (
            sheets.export_sheet(sheet=CODE, out=out, by=cadres.zhang, at=NOON, reason=reason) == 2
        )
        taken = sheets.upload_sheet(
            sheet=CODE, data=out.getvalue(), name="导出.xlsx", by=cadres.zhang, at=NOON
        )
        taken = sheets.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
        taken = sheets.work_off(taken=taken, at=NOON)
        assert (taken.counts, problems(taken)) == ({"same": 2}, {})

    def test_as_the_page_was_narrowed_and_to_either_line_only(self, cadres, rows):
        take_in(CODE, [HEADER, BO], cadres.zhang)
        sheet = all_sheets()[CODE]

        def out(who, **words):
            found = sheet.export(who, whole=False, narrowed=Narrowed(words, TODAY))
            return [one["name"] for one in found]

        assert out(cadres.zhang, day=str(TODAY), region=cadres.pine.code) == ["薄海"]
        assert out(cadres.zhang, day="2026-03-01") == out(cadres.zhang, day="昨天") == []
        assert out(cadres.wu) == out(cadres.bo) == out(cadres.yue) == []
        assert out(cadres.gao) == ["薄海"]

    def test_the_page_leads_to_it(self, cadres, rows):
        client = Client()
        client.force_login(cadres.zhang)
        page = client.get("/cadres/ratings/?day=2026-03-02").content.decode()
        assert f"/sheets/new/{CODE}/" in page
        assert f"/sheets/export/{CODE}/?day=2026-03-02" in page


class TestUndo:
    def test_new_ones_go_and_corrections_are_corrected_back(self, cadres, rows):
        take_in(CODE, [HEADER, BO], cadres.zhang)
        changed = [*BO[:4], "宣传到位：基本到位；工作落实到位：到位", "", "看错了"]
        taken = take_in(CODE, [HEADER, changed, DAI], cadres.zhang)
        assert taken.outcome == {"new": 1, "changed": 1}
        assert undone(taken).state == SheetImport.State.UNDONE
        rating = DailyRating.objects.get()
        assert rating.marks == {"publicity": 3, "work": 3}
        assert rating.changes.count() == 2  # and both stay to be read

    def test_not_once_one_was_corrected(self, cadres, rows):
        taken = take_in(CODE, [HEADER, BO], cadres.zhang)
        rating = DailyRating.objects.get()
        actions.correct_rating(
            rating=rating, attendance="leave", marks={}, note="", reason="他请假了", at=NOON,
            by=cadres.chen,
        )  # fmt: skip
        with pytest.raises(sheets.CannotUndo):
            undone(taken)
        with pytest.raises(actions.RatedAlready):
            actions.take_back_rating(rating=rating, at=NOON, by=cadres.zhang)
