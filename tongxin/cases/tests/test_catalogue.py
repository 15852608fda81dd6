"""The catalogue: what a topic may say, and the trace that every change leaves."""

from datetime import timedelta

import pytest

from tongxin.accounts.models import AuditEntry
from tongxin.cases.actions import change_topic, load_catalogue
from tongxin.cases.models import Topic, TopicCategory
from tongxin.cases.topics import BadTopic, read_questions, read_value, show_questions, show_value
from tongxin.kit.errors import Stale
from tongxin.testing import NOON

ASKED = [
    {"key": "people", "label": "家里几口人", "type": "number", "choices": [], "required": True},
    {
        "key": "day",
        "label": "哪天方便",
        "type": "choice",
        "choices": ["周六", "周日"],
        "required": False,
    },
]


@pytest.mark.mission("S0.56")
class TestChange:
    def test_a_change_keeps_a_version_of_what_became(self, world):
        change_topic(topic=world.tap, by=world.ann, at=NOON, reason="夏季人手少", norm="8wh")
        version = world.tap.versions.get()
        assert (version.data["norm"], version.data["code"]) == ("8wh", "0101")
        assert (version.by, version.at, version.reason) == (world.ann, NOON, "夏季人手少")

    @pytest.mark.parametrize(
        ("field", "value", "word"),
        [
            ("norm", "soon", "不是时限"),
            ("norm", "0wh", "不是时限"),
            ("takers", "", "至少选一个"),
            ("takers", "volunteer robot", "志愿者、网格员、部门"),
            ("modes", "grab grab", "不重复"),
            ("kind", "thing", "部件、事件"),
            ("verify", "maybe", "逐单验单"),
            ("sample_rate", 101, "0 到 100"),
            ("points", -1, "0 到 1000"),
            ("points", True, "整数"),
            ("name", "", "请填写"),
            ("name", "水" * 61, "最多 60 个字"),
            ("summary", "一行\n两行", "一行"),
            ("questions", [ASKED[0], ASKED[0]], "重复"),
            ("questions", [ASKED[0] | {"key": "家里"}], "小写字母"),
            ("questions", [ASKED[0] | {"type": "date"}], "文字、数字、是否、单选"),
            ("questions", [ASKED[1] | {"choices": ["周六"]}], "至少要有两个选项"),
            ("questions", [ASKED[1] | {"choices": ["周六、周日", "节日"]}], "顿号"),
        ],
    )
    def test_what_could_not_work_is_refused_by_its_field(self, world, field, value, word):
        with pytest.raises(BadTopic, match=word) as refusal:
            change_topic(topic=world.tap, by=world.ann, at=NOON, **{field: value})
        assert refusal.value.field == field
        assert str(refusal.value).startswith("0101")
        assert not world.tap.versions.exists()
        assert Topic.objects.get(pk=world.tap.pk).norm == "4wh"

    def test_a_page_that_is_old_changes_nothing(self, world):
        first = change_topic(topic=world.tap, by=world.ann, at=NOON, points=4).versions.get()
        later = NOON + timedelta(minutes=5)
        change_topic(topic=world.tap, by=world.liu, at=later, expect=first.pk, points=5)
        with pytest.raises(Stale, match="刚被刘洋修改过"):
            change_topic(topic=world.tap, by=world.ann, at=later, expect=first.pk, points=6)
        assert Topic.objects.get(pk=world.tap.pk).points == 5


class TestWords:
    @pytest.mark.parametrize(
        ("field", "written", "kept", "shown"),
        [
            ("norm", "4 工作时", "4wh", "4 工作时"),
            ("norm", "1.5wh", "1.5wh", "1.5 工作时"),
            ("norm", "14天", "14d", "14 天"),
            ("takers", "部门，网格员", "department grid_worker", "部门、网格员"),
            ("modes", "grab assign", "grab assign", "抢单、指派"),
            ("proof", "前后对比照片", "before_after", "前后对比照片"),
            ("kind", "关爱照护", "care", "关爱照护"),
            ("is_urgent", "是", True, "是"),
            ("is_public", "0", False, "否"),
            ("points", "12", 12, "12"),
            ("skills", "驾驶、陪护", "驾驶 陪护", "驾驶、陪护"),
        ],
    )
    def test_people_write_words_and_code_keeps_code(self, field, written, kept, shown):
        assert read_value(field, written) == kept
        assert show_value(field, kept) == shown
        assert read_value(field, shown) == kept

    def test_questions_are_lines(self):
        text = show_questions(ASKED)
        assert (
            text == "people | 家里几口人 | 数字 | 必填\nday | 哪天方便 | 单选 | 选填 | 周六、周日"
        )
        assert read_questions(text) == ASKED

    def test_a_question_without_a_key_gets_the_next_free_one(self):
        lines = "q1 | 几楼 | 数字 | 必填\n| 有电梯吗 | 是否 | 必填"
        assert [one["key"] for one in read_questions(lines)] == ["q1", "q2"]

    @pytest.mark.parametrize(
        "text", ["几楼", "q | 几楼 | 数字 | 一定", '["几楼"]', "[1,", '{"key": 1}']
    )
    def test_what_is_no_question_is_refused(self, text):
        with pytest.raises(BadTopic):
            read_questions(text)


class TestLoad:
    def row(self, **changed):
        row = {"category_code": "01", "category_name": "便民维修", "item_code": "0109"}
        return row | {"name": "门窗维修", "norm": "2wd"} | changed

    def test_it_is_safe_to_repeat_and_leaves_one_line_in_the_audit_log(self, world):
        first = load_catalogue(rows=[self.row()], by=world.ann, at=NOON)
        assert first == {"created": 1, "changed": 0, "same": 0}
        again = load_catalogue(rows=[self.row()], by=world.ann, at=NOON)
        assert again == {"created": 0, "changed": 0, "same": 1}
        changed = load_catalogue(rows=[self.row(norm="3wd")], by=world.ann, at=NOON)
        assert changed == {"created": 0, "changed": 1, "same": 0}
        topic = Topic.objects.get(code="0109")
        assert [version.data["norm"] for version in topic.versions.order_by("pk")] == ["2wd", "3wd"]
        log = AuditEntry.objects.filter(action="catalogue.load").order_by("pk")
        assert [entry.detail for entry in log] == [first, changed]

    def test_a_column_that_is_not_there_changes_nothing(self, world):
        row = {
            "category_code": "01",
            "category_name": "便民维修",
            "item_code": "0101",
            "name": "修水管",
        }
        load_catalogue(rows=[row], by=None, at=NOON)
        tap = Topic.objects.get(code="0101")
        assert (tap.name, tap.norm, tap.skills) == ("修水管", "4wh", "水电")

    def test_a_category_is_renamed_by_any_of_its_rows(self, world):
        load_catalogue(rows=[self.row(category_name="上门维修")], by=None, at=NOON)
        assert TopicCategory.objects.get(code="01").name == "上门维修"

    def test_one_row_that_cannot_work_stops_them_all(self, world):
        rows = [self.row(line=2), self.row(line=3, item_code="0110", norm="很快")]
        with pytest.raises(BadTopic, match="第 3 行：0110 门窗维修 · 办理时限：.*不是时限"):
            load_catalogue(rows=rows, by=world.ann, at=NOON)
        assert not Topic.objects.filter(code="0109").exists()
        assert not AuditEntry.objects.exists()

    def test_a_code_that_nobody_could_type_is_refused(self, world):
        with pytest.raises(BadTopic, match="代码应是") as refusal:
            load_catalogue(rows=[self.row(item_code="01-9")], by=None, at=NOON)
        assert refusal.value.field == "code"
