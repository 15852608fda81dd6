"""The quick answers: who may change them, what stays of what they said, and in and out as XLSX."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from tongxin.hotline import actions, queries
from tongxin.hotline.models import QuickAnswer
from tongxin.spreadsheets import actions as sheets
from tongxin.spreadsheets.declaring import all_sheets
from tongxin.spreadsheets.tests.making import check, own_media, take_in  # noqa: F401
from tongxin.testing import NOON

LATER = NOON + timedelta(hours=1)
HEADER = ["代码", "问题", "答复", "常用说法", "核对日期", "启用"]


def url(name: str, *args) -> str:
    return reverse(f"hotline:{name}", args=args)


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def water(world):
    return QuickAnswer.objects.create(
        code="A01", title="水费怎么交", text="到营业厅交。", keywords="水费", is_sample=True
    )


def form(**changed):
    return {"title": "水费怎么交", "text": "手机上也能交。", "keywords": "水费，水表 水费",
            "is_active": "on", **changed}  # fmt: skip


class TestPages:
    def test_an_answer_is_written_found_and_heard(self, ops, world):
        page = ops.post(url("new-answer"), form(), follow=True)
        assert "已保存 A01" in text(page)
        assert "水费怎么交" in text(ops.get(url("answers"), {"q": "水表"}))
        assert "没有符合的答复" in text(ops.get(url("answers"), {"q": "路灯"}))
        (found,) = queries.answers_for("我想问水表的事")
        assert found.keywords == "水费 水表" and not found.is_sample

    def test_a_change_keeps_what_was_said_and_can_be_taken_back(self, ops, world, water):
        ops.post(url("edit-answer", "A01"), form(expect=0))
        water.refresh_from_db()
        assert water.text == "手机上也能交。" and not water.is_sample
        page = text(ops.get(url("answer-page", "A01")))
        assert "到营业厅交。" in page and "原有内容" in page and "何话务" in page
        ops.post(url("restore-answer", "A01", 1))
        water.refresh_from_db()
        assert water.text == "到营业厅交。" and water.versions.count() == 3

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"text": "字" * 1001}, "最多 1000 个字"),
            ({"code": "a-1"}, "代码应是"),
            ({"code": "A01"}, "已经有答复了"),
            ({"checked_on": "2999-01-01"}, "不能晚于今天"),
        ],
    )
    def test_what_cannot_be_is_refused(self, ops, world, water, changed, says):
        answer = ops.post(url("new-answer"), form(**changed))
        assert answer.status_code == 422 and says in str(answer.context["form"].errors)
        assert QuickAnswer.objects.count() == 1

    def test_two_at_once_do_not_overwrite_each_other(self, ops, world, water):
        ops.post(url("edit-answer", "A01"), form(expect=0))
        answer = ops.post(url("edit-answer", "A01"), form(text="别的", expect=0))
        assert answer.status_code == 422 and "何话务刚刚改过" in text(answer)
        same = ops.post(url("edit-answer", "A01"), form(keywords="水费 水表", expect=2))
        assert "没有变化" in text(same)

    def test_the_list_says_what_was_not_checked_for_a_year(self, ops, world, water):
        day = localdate()
        QuickAnswer.objects.create(code="A02", title="停水", text="先报小区。", checked_on=day)
        old = day - timedelta(days=400)
        QuickAnswer.objects.create(code="A03", title="停电", text="先报小区。", checked_on=old)
        rows = ops.get(url("answers"), {"state": "unchecked"}).context["rows"]
        assert [row.code for row in rows] == ["A01", "A03"]

    def test_by_whom(self, client, world, water):
        client.force_login(world.gao)  # the district's officer
        assert client.get(url("edit-answer", "A01")).status_code == 200
        client.force_login(world.liu)  # a street's: reads
        assert "修改记录" in text(client.get(url("answer-page", "A01")))
        assert client.get(url("edit-answer", "A01")).status_code == 404
        with pytest.raises(actions.NotKeeper):
            actions.save_answer(answer=water, title="x", text="y", by=world.liu, at=NOON)
        for who in (world.zhang, world.sun):
            client.force_login(who)
            assert client.get(url("answers")).status_code == 404
        client.force_login(world.ann)
        assert client.get(url("answers")).status_code == 200

    def test_the_list_costs_few_queries(self, ops, world, django_assert_max_num_queries):
        QuickAnswer.objects.bulk_create(
            QuickAnswer(code=f"B{n:03}", title=f"问题{n}", text="答复") for n in range(60)
        )
        with django_assert_max_num_queries(8):
            page = ops.get(url("answers"))
        assert page.context["next_cursor"] == "B049"
        assert len(ops.get(url("answers"), {"cursor": "B049"}).context["rows"]) == 10


class TestSheets:
    ROWS = (
        ["A01", "水费怎么交", "手机上也能交。", "", "", ""],
        ["a02", "停电怎么办", "先报小区和楼号。", "停电 没电", "2026-01-05", "否"],
    )

    def test_in_and_taken_back(self, world, water):
        assert check("quick-answers", [HEADER, *self.ROWS], world.gao).counts == {
            "changed": 1, "new": 1,
        }  # fmt: skip
        taken = take_in("quick-answers", [HEADER, *self.ROWS], world.gao)
        water.refresh_from_db()
        assert (water.text, water.keywords) == ("手机上也能交。", "水费")
        assert not QuickAnswer.objects.get(code="A02").is_active
        assert check("quick-answers", [HEADER, *self.ROWS], world.gao).counts == {"same": 2}
        sheets.undo_import(taken=taken, by=taken.by, at=LATER)
        taken.refresh_from_db()
        sheets.work_off(taken=taken, at=LATER)
        water.refresh_from_db()
        assert water.text == "到营业厅交。" and water.versions.count() == 3

    def test_what_cannot_be_is_refused(self, world, water):
        rows = [["甲", "问题", "答复", "", "", ""], ["A03", "", "答复", "", "", ""],
                ["A04", "问题", "答复", "", "2999-01-01", ""]]  # fmt: skip
        assert check("quick-answers", [HEADER, *rows], world.gao).counts == {"bad": 3}

    def test_out_to_who_works_there_and_in_by_who_keeps_them(self, world, water):
        sheet = all_sheets()["quick-answers"]
        (row,) = sheet.export(world.liu, whole=False)
        assert row["code"] == "A01" and row["text"] == "到营业厅交。"
        assert sheet.may_export(world.liu) and not sheet.may(world.liu)
        assert not sheet.may_export(world.zhang)
