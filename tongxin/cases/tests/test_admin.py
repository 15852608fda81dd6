"""The administrator's pages of the catalogue; cases are looked at, never touched."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.accounts.models import AuditEntry
from tongxin.cases.actions import change_topic, open_case
from tongxin.cases.models import Adjustment, Case, Event, Topic, TopicCategory
from tongxin.cases.spreadsheet import LIMITS, write_catalogue
from tongxin.testing import NOON

from . import flows  # noqa: F401  registers the chore
from .test_spreadsheet import HEADER, ROW, sheet

MODELS = ["topic", "topiccategory", "case", "event", "adjustment"]


def page(name, *args):
    return reverse(f"admin:cases_{name}", args=args)


def text(response):
    return response.content.decode()


@pytest.fixture
def ann(client, world):
    client.force_login(world.ann)
    return client


@pytest.fixture
def case(world):
    return open_case(
        kind="chore", title="扫雪", region=world.p1, at=NOON, actor=world.sun, reporter=world.sun
    )


@pytest.mark.parametrize("model", MODELS)
class TestLists:
    def test_it_opens_for_the_administrator(self, ann, case, model):
        assert ann.get(page(f"{model}_changelist")).status_code == 200

    def test_it_is_closed_to_others(self, client, world, model):
        client.force_login(world.gao)
        assert client.get(page(f"{model}_changelist"), follow=True).status_code == 403

    def test_more_rows_ask_no_more(self, ann, world, model, django_assert_max_num_queries):
        for n in range(12):
            open_case(kind="chore", title=f"扫雪{n}", region=world.p1, at=NOON, actor=world.sun)
        with django_assert_max_num_queries(9):
            ann.get(page(f"{model}_changelist"))


def form_of(topic, **changed):
    """What the browser would send of a topic's page without a change."""
    last = topic.versions.first() if topic.pk else None
    fields = {
        "code": topic.code, "category": topic.category_id, "name": topic.name, "kind": topic.kind,
        "summary": topic.summary, "keywords": topic.keywords, "takers": topic.takers.split(),
        "modes": topic.modes.split(), "skills": topic.skills.split(), "proof": topic.proof,
        "verify": topic.verify, "sample_rate": topic.sample_rate, "points": topic.points,
        "questions-rows": 0, "seen": last.pk if last else 0, "reason": "",
    }  # fmt: skip
    for name in ("accept_norm", "norm", "verify_norm"):
        norm = getattr(topic, name)
        unit = norm.lstrip("0123456789.")
        fields |= {f"{name}_0": norm.removesuffix(unit), f"{name}_1": unit}
    flags = ("is_urgent", "is_public", "needs_receipt", "is_sample", "is_active")
    fields |= {name: "on" for name in flags if getattr(topic, name)}
    return fields | changed


@pytest.mark.mission("S0.56")
class TestTopic:
    def change(self, ann, topic, **changed):
        return ann.post(page("topic_change", topic.pk), form_of(topic, **changed))

    def test_a_change_is_kept_with_its_reason(self, ann, world):
        words = {"norm_0": "3", "norm_1": "wd", "reason": "冬季路面结冰", "takers": ["department"]}
        assert self.change(ann, world.tap, **words).status_code == 302
        topic = Topic.objects.get(pk=world.tap.pk)
        assert (topic.norm, topic.takers) == ("3wd", "department")
        version = topic.versions.get()
        assert (version.by, version.reason, version.data["norm"]) == (
            world.ann,
            "冬季路面结冰",
            "3wd",
        )
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.actor) == ("topic.change", world.ann)
        assert {"norm", "takers"} <= set(entry.detail["fields"])

    def test_saving_without_a_change_leaves_no_trace(self, ann, world):
        assert self.change(ann, world.tap).status_code == 302
        assert not world.tap.versions.exists()
        assert not AuditEntry.objects.exists()

    def test_a_new_one_gets_its_first_version(self, ann, world):
        topic = Topic(code="0109", name="门窗维修", category=world.repairs)
        assert ann.post(page("topic_add"), form_of(topic)).status_code == 302
        assert Topic.objects.get(code="0109").versions.count() == 1

    def test_questions_are_rows(self, ann, world):
        row = {"key": "", "label": "几楼", "type": "number", "choices": ""}
        other = {"key": "day", "label": "哪天方便", "type": "choice", "choices": "周六，周日"}
        words = {"questions-rows": 3, "questions-0-required": "1", "questions-2-label": " "}
        words |= {f"questions-0-{name}": value for name, value in row.items()}
        words |= {f"questions-1-{name}": value for name, value in other.items()}
        assert self.change(ann, world.tap, **words).status_code == 302
        assert Topic.objects.get(pk=world.tap.pk).questions == [
            {"key": "q1", "label": "几楼", "type": "number", "choices": [], "required": True},
            {
                "key": "day",
                "label": "哪天方便",
                "type": "choice",
                "choices": ["周六", "周日"],
                "required": False,
            },
        ]

    @pytest.mark.parametrize(
        ("changed", "word"),
        [
            ({"norm_0": "很快"}, "不是时限"),
            ({"norm_0": ""}, "必填"),
            ({"takers": []}, "必填"),
            ({"takers": ["robot"]}, "robot"),
            ({"sample_rate": 300}, "0 到 100"),
            ({"name": "门\u202e窗"}, "看不见的特殊字符"),
            (
                {"questions-rows": 1, "questions-0-label": "哪天", "questions-0-type": "choice"},
                "至少要有两个选项",
            ),
        ],
    )
    def test_what_could_not_work_is_said_and_not_saved(self, ann, world, changed, word):
        response = self.change(ann, world.tap, **changed)
        assert response.status_code == 200
        assert word in text(response)
        assert not world.tap.versions.exists()

    def test_the_code_stays(self, ann, world):
        self.change(ann, world.tap, code="9999", points=7)
        topic = Topic.objects.get(pk=world.tap.pk)
        assert (topic.code, topic.points) == ("0101", 7)

    def test_an_old_page_does_not_undo_the_work_of_another(self, ann, world):
        words = form_of(world.tap, points=9)
        change_topic(topic=world.tap, by=world.liu, at=NOON, points=5)
        assert "刚被刘洋修改过" in text(ann.post(page("topic_change", world.tap.pk), words))
        assert Topic.objects.get(pk=world.tap.pk).points == 5

    def test_it_is_stopped_with_a_reason_and_never_deleted(self, ann, world):
        asked = {"_form_submitted": "1", "reason": "并入物业服务"}
        ann.post(page("topic_retire_one", world.tap.pk), asked)
        topic = Topic.objects.get(pk=world.tap.pk)
        assert not topic.is_active
        assert topic.versions.get().reason == "并入物业服务"
        assert AuditEntry.objects.get().detail == {"what": "停用"}
        assert ann.post(page("topic_delete", topic.pk), {"post": "yes"}).status_code == 403
        assert ann.post(page("topic_retire_one", topic.pk), asked).status_code == 403, "already"
        ann.post(page("topic_restore_one", topic.pk), asked)
        assert Topic.objects.get(pk=topic.pk).is_active

    def test_several_are_stopped_at_once(self, ann, world):
        chosen = [world.tap.pk, world.errand.pk]
        ann.post(page("topic_changelist"), {"action": "retire", "_selected_action": chosen})
        assert set(Topic.objects.filter(is_active=False).values_list("pk", flat=True)) == {*chosen}
        assert world.tap.versions.count() == 1

    def test_its_history_says_what_changed_by_whom_and_why(self, ann, world):
        change_topic(topic=world.tap, by=world.ann, at=NOON, reason="初次核定")
        change_topic(
            topic=world.tap, by=world.liu, at=NOON, reason="人手少", norm="3wd", is_urgent=True
        )
        shown = text(ann.get(page("topic_history", world.tap.pk)))
        for word in ("刘洋", "人手少", "办理时限", "4 工作时", "3 工作日", "紧急", "首次记录"):
            assert word in shown
        assert "抽查比例" not in shown

    def test_a_category_with_topics_stays(self, ann, world):
        assert (
            ann.post(page("topiccategory_delete", world.repairs.pk), {"post": "yes"}).status_code
            == 403
        )
        words = {"code": "99", "name": "上门维修"}
        ann.post(page("topiccategory_change", world.repairs.pk), words)
        category = TopicCategory.objects.get()
        assert (category.code, category.name) == ("01", "上门维修")
        assert AuditEntry.objects.get().detail["before"] == {"name": "便民维修"}


class TestSheet:
    def upload(self, ann, data, name="目录.xlsx"):
        return ann.post(page("topic_import_sheet"), {"file": SimpleUploadedFile(name, data)})

    def exported(self):
        target = io.BytesIO()
        write_catalogue(target)
        return target.getvalue()

    def test_it_goes_out_as_a_file(self, ann, world):
        response = ann.get(page("topic_export_sheet"))
        assert "xlsx" in response["Content-Disposition"]
        assert b"".join(response.streaming_content)[:2] == b"PK"

    def test_the_same_sheet_has_nothing_to_do(self, ann, world):
        response = self.upload(ann, self.exported())
        assert response.context["counts"] == {"new": 0, "changed": 0, "same": 3, "wrong": 0}
        assert "token" not in response.context
        assert "完全一致" in text(response)

    def test_first_it_is_shown_then_it_is_done(self, ann, world):
        data = sheet(
            ROW, ["01", "便民维修", "0101", "水管维修", "8 工作时", "志愿者、网格员、部门"]
        )
        response = self.upload(ann, data)
        shown = text(response)
        assert response.context["counts"] == {"new": 1, "changed": 1, "same": 0, "wrong": 0}
        assert "<del>4 工作时</del> → <ins>8 工作时</ins>" in shown
        assert "另有 2 项不在表中" in shown
        assert Topic.objects.count() == 3, "nothing yet"
        done = ann.post(
            page("topic_import_sheet"), {"token": response.context["token"]}, follow=True
        )
        assert "新增 1 项，修改 1 项" in text(done)
        assert Topic.objects.get(code="0101").norm == "8wh"
        assert Topic.objects.get(code="0109").versions.get().by == world.ann
        assert AuditEntry.objects.get(action="catalogue.load").actor == world.ann

    def test_wrong_rows_are_named_and_nothing_can_be_confirmed(self, ann, world):
        response = self.upload(ann, sheet(ROW, [*ROW[:2], "0110", "窗", "很快", "部门"]))
        assert response.context["counts"]["wrong"] == 1
        assert "token" not in response.context
        assert "办理时限" in text(response)
        assert "不是时限" in text(response)

    def test_a_catalogue_changed_in_the_meantime_is_looked_at_again(self, ann, world):
        token = self.upload(ann, sheet(ROW)).context["token"]
        change_topic(topic=world.tap, by=world.liu, at=NOON, points=9)
        done = ann.post(page("topic_import_sheet"), {"token": token}, follow=True)
        assert "又有人改过" in text(done)
        assert not Topic.objects.filter(code="0109").exists()

    def test_what_was_shown_to_one_is_not_loaded_by_another(self, ann, world):
        token = self.upload(ann, sheet(ROW)).context["token"]
        world.liu.is_superuser = True
        world.liu.save()
        ann.force_login(world.liu)
        done = ann.post(page("topic_import_sheet"), {"token": token}, follow=True)
        assert "预览已过期" in text(done)
        assert not Topic.objects.filter(code="0109").exists()

    @pytest.mark.parametrize(
        ("data", "name", "word"),
        [
            (b"\x89PNG\r\n\x1a\n\x00", "图.png", "不是 CSV 或 XLSX"),
            (b"PK\x03\x04", "坏.xlsx", "打不开"),
            ("\n".join([",".join([*HEADER, "备注"])]).encode(), "表.csv", "不认识的列：备注"),
            (b"a" * (LIMITS.size + 1), "大.csv", "太大"),
            (b"", "空.csv", "空"),
        ],
        ids=["picture", "broken", "column", "large", "empty"],
    )
    def test_a_file_that_is_none_is_refused_on_the_page(self, ann, world, data, name, word):
        response = self.upload(ann, data, name)
        assert response.status_code == 200
        assert word in text(response)

    @pytest.mark.parametrize("name", ["import_sheet", "export_sheet"])
    def test_only_the_administrator_may(self, client, world, name):
        client.force_login(world.gao)
        assert client.get(page(f"topic_{name}"), follow=True).status_code == 403


class TestSeenOnly:
    def test_a_case_is_shown_with_its_events_and_cannot_be_changed(self, ann, case):
        shown = ann.get(page("case_change", case.pk))
        assert "扫雪" in text(shown)
        assert "提交" in text(shown)
        assert "_save" not in text(shown)
        words = {
            "title": "改了",
            "step": "closed",
            "events-TOTAL_FORMS": 0,
            "events-INITIAL_FORMS": 0,
        }
        assert ann.post(page("case_change", case.pk), words).status_code == 403
        assert Case.objects.get(pk=case.pk).title == "扫雪"

    @pytest.mark.parametrize("model", ["case", "event", "adjustment"])
    def test_none_is_added_or_deleted(self, ann, world, case, model):
        Adjustment.objects.create(
            case=case, kind="extend", asked_by=world.mei, asked_at=NOON, reason="等料"
        )
        row = {"case": Case, "event": Event, "adjustment": Adjustment}[model].objects.get()
        assert ann.get(page(f"{model}_add")).status_code == 403
        assert ann.get(page(f"{model}_change", row.pk)).status_code == 200
        assert ann.post(page(f"{model}_delete", row.pk), {"post": "yes"}).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()

    def test_a_case_is_found_by_the_beginning_of_its_number(self, ann, case):
        found = ann.get(page("case_changelist"), {"q": case.number[:10]}).context["cl"].result_list
        assert [one.pk for one in found] == [case.pk]
        assert not ann.get(page("case_changelist"), {"q": "扫雪"}).context["cl"].result_list

    @pytest.mark.parametrize(("wanted", "count"), [("yes", 1), ("late", 0), ("no", 0)])
    def test_the_list_is_narrowed(self, ann, case, wanted, count):
        asked = {"open": wanted, "kind": "chore"}
        assert len(ann.get(page("case_changelist"), asked).context["cl"].result_list) == count

    def test_two_million_are_not_counted(self, ann, case, django_assert_max_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as asked:
            ann.get(page("case_changelist"))
        assert not [q for q in asked if 'COUNT(*) AS "__count" FROM "cases_case"' in q["sql"]]
