"""The pages of the routing rules, by who may change them, who may read them, and who may not."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.accounts.models import AuditEntry
from tongxin.cases import actions
from tongxin.cases.models import RoutingRule, RoutingRuleSet
from tongxin.cases.routing import forget_rules
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

from .test_routing import rule


def url(name: str, *args) -> str:
    return reverse(f"cases:routing{name}", args=args)


@pytest.fixture
def gao(client, world):
    client.force_login(world.gao)
    return client


@pytest.fixture
def draft(world):
    ruleset = actions.open_draft(region=world.tong, by=world.gao, at=NOON)
    rule(world, ruleset, topic=world.tap, handler=world.water, backstop="street")
    return ruleset


def text(answer) -> str:
    return answer.content.decode()


def publish(world, ruleset):
    at = now()
    actions.publish_rules(
        ruleset=ruleset, by=world.gao, at=at, effective_from=at, reason="区政办〔2026〕3号"
    )
    forget_rules()


def test_from_nothing_to_a_rule_in_force(gao, world):
    assert "还没有启用流转规则" in text(gao.get(url("")))
    gao.post(url("-draft"))
    draft = RoutingRuleSet.objects.get()
    given = {"topic": world.tap.pk, "region": world.north.code, "target": "org",
             "handler": world.water.pk, "sources": ["hotline"], "is_direct": "on"}  # fmt: skip
    answer = gao.post(url("-new-rule", draft.pk), given, follow=True)
    assert "已保存 R1" in text(answer) and "水务局" in text(answer)
    answer = gao.post(url("-publish", draft.pk), {"reason": "试行", "agreed": "on"}, follow=True)
    assert "已发布滨海新区流转规则第 1 版" in text(answer)
    row = RoutingRule.objects.get()
    assert (row.region, row.sources, row.is_direct) == (world.north, "hotline", True)
    told = AuditEntry.objects.get(action="routing.publish")
    assert (told.actor, told.reason) == (world.gao, "试行")


def test_publishing_wants_a_confirmation_and_a_reason(gao, draft):
    answer = gao.post(url("-publish", draft.pk), {"reason": "试行"})
    assert answer.status_code == 422 and "请先确认看过试运行结果" in text(answer)
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_wrong_rule_comes_back_with_a_sentence_beside_its_field(gao, draft, world):
    answer = gao.post(url("-new-rule", draft.pk), {"target": "org"})
    assert answer.status_code == 422 and "请选择承办单位" in text(answer)
    given = {"topic": world.tap.pk, "target": "desk"}
    assert "条件与 R1 完全相同" in text(gao.post(url("-new-rule", draft.pk), given))
    assert draft.rules.count() == 1


def test_a_rule_is_changed_and_dropped(gao, draft, world):
    page = text(gao.get(url("-rule", draft.pk, "R1")))
    assert f'<option value="{world.tap.pk}" selected>' in page
    gao.post(url("-rule", draft.pk, "R1"), {"target": "org", "handler": world.roads.pk})
    row = draft.rules.get()
    assert (row.topic, row.handler, row.backstop) == (None, world.roads, "")
    gao.post(url("-drop", draft.pk, "R1"))
    assert not draft.rules.exists()


def test_a_dry_run_shows_figures_and_both_reasons(gao, draft, world):
    file_request(text="水管漏水", topic=world.tap, region=world.p1, at=NOON, actor=world.sun)
    page = text(gao.get(url("-trial", draft.pk), {"since": "2026-03-01", "until": "2026-03-02"}))
    assert "按规则 R1：“水管维修”由水务局受理" in page
    assert "没有规则符合，由社区派单" in page
    bad = gao.get(url("-trial", draft.pk), {"since": "2026-03-05", "until": "2026-03-02"})
    assert bad.status_code == 422 and "开始日期应早于结束日期" in text(bad)


def test_a_made_up_case_is_explained(gao, draft, world):
    publish(world, draft)
    given = {
        "topic": world.tap.pk,
        "region": world.pine.code,
        "at": f"{localdate()}T23:59",
    }
    page = text(gao.get(url("-explain"), given))
    assert "由水务局受理" in page and "采用" in page
    given["topic"] = world.pothole.pk
    assert "事项不同：规则写的是“水管维修”，这件是“道路坑洼”" in text(
        gao.get(url("-explain"), given)
    )


def test_a_case_says_why_it_went_there(client, draft, world):
    publish(world, draft)
    case = file_request(text="漏水", topic=world.tap, region=world.p1, at=now(), actor=world.sun)
    client.force_login(world.zhang)
    page = text(client.get(url("-case", case.pk)))
    assert "提交时记下的" in page and "按规则 R1：“水管维修”由水务局受理" in page
    for who in (world.sun, world.wu):
        client.force_login(who)
        assert client.get(url("-case", case.pk)).status_code == 404


def test_it_goes_out_and_comes_in_again(gao, draft, world):
    rule(world, draft, category=world.repairs, region=world.pine, hours="off", sources="api hotline",
         target="street", is_direct=True, mode="assign", backstop="district", note="夜间")  # fmt: skip
    before = [actions.routing._told(row) for row in draft.rules.order_by("code")]
    book = gao.get(url("-sheet", draft.pk)).content
    draft.rules.all().delete()
    answer = gao.post(url("-upload", draft.pk), {"file": _file(book)}, follow=True)
    assert "已读入 2 条规则" in text(answer)
    assert [actions.routing._told(row) for row in draft.rules.order_by("code")] == before


def test_a_sheet_with_a_mistake_changes_nothing_and_names_the_cell(gao, draft):
    book = openpyxl.load_workbook(BytesIO(gao.get(url("-sheet", draft.pk)).content))
    book.active["B2"] = "9999"
    book.active["K2"] = "邻居"
    out = BytesIO()
    book.save(out)
    answer = gao.post(url("-upload", draft.pk), {"file": _file(out.getvalue())})
    assert answer.status_code == 422
    assert "第 2 行“事项代码”：没有代码“9999”" in text(answer)
    assert "第 2 行“由谁受理”：只能是" in text(answer)
    assert draft.rules.count() == 1


def _file(data: bytes) -> BytesIO:
    file = BytesIO(data)
    file.name = "rules.xlsx"
    return file


def test_ended_and_discarded(gao, draft, world):
    publish(world, draft)
    gao.post(url("-end", draft.pk), {"reason": "改回人工"})
    draft.refresh_from_db()
    assert draft.effective_to is not None
    gao.post(url("-draft"))
    second = RoutingRuleSet.objects.get(state="draft")
    gao.post(url("-discard", second.pk))
    assert not RoutingRuleSet.objects.filter(state="draft").exists()
    page = text(gao.get(url("-history")))
    assert "已停用" in page and "已放弃" in page


def test_a_version_says_what_it_changes(gao, draft, world):
    rule(world, draft, topic=world.errand, target="street")
    publish(world, draft)
    gao.post(url("-draft"))
    second = RoutingRuleSet.objects.get(state="draft")
    given = {"topic": world.tap.pk, "target": "org", "handler": world.roads.pk, "is_direct": "on"}
    gao.post(url("-rule", second.pk, "R1"), given)
    gao.post(url("-drop", second.pk, "R2"))
    gao.post(url("-new-rule", second.pk), {"target": "desk"})
    page = text(gao.get(url("-table", second.pk)))
    assert "由谁受理：水务局 → 城市管理委" in page and "直接派达：否 → 是" in page
    assert "兜底：所在街镇 → 退回社区派单" in page
    assert "新增" in page and "R2 · “代买代办”" in page and "R3 · 全部事项" in page


class TestWho:
    def test_people_of_the_street_read_what_is_in_force_and_change_nothing(
        self, client, draft, world
    ):
        for who in (world.liu, world.zhang):
            client.force_login(who)
            assert client.get(url("-table", draft.pk)).status_code == 404  # a draft
            assert client.get(url("-new-rule", draft.pk)).status_code == 404
            assert client.get(url("-trial", draft.pk)).status_code == 404
            assert client.post(url("-discard", draft.pk)).status_code == 404
        publish(world, draft)
        page = text(client.get(url("")))
        assert "水务局" in page and "修改（新建草稿）" not in page
        assert client.post(url("-draft")).status_code == 403

    @pytest.mark.parametrize("who", ["sun", "wang", "qin"])
    def test_nothing_for_those_who_do_not_work_there(self, client, world, draft, who):
        publish(world, draft)
        client.force_login(getattr(world, who))
        for path in (url(""), url("-history"), url("-table", draft.pk), url("-sheet", draft.pk)):
            assert client.get(path).status_code == 404

    def test_a_list_asks_few_queries(self, gao, draft, world, django_assert_max_num_queries):
        rule(world, draft, topic=world.errand, target="street")
        gao.get(url("-table", draft.pk))
        with django_assert_max_num_queries(8):
            gao.get(url("-table", draft.pk))


class TestRest:
    def test_the_table_and_why(self, api, draft, world):
        assert api("gao", "GET", "/routing/rulesets").json()["items"] == []
        publish(world, draft)
        (told,) = api("zhang", "GET", "/routing/rulesets").json()["items"]
        whole = api("zhang", "GET", f"/routing/rulesets/{told['id']}").json()
        assert [(one["code"], one["when"]) for one in whole["rules"]] == [("R1", "“水管维修”")]
        asked = {"region": world.pine.code, "topic": "0101", "source": "hotline"}
        found = api("zhang", "POST", "/routing/explain", asked).json()
        assert found["choice"]["handler"]["name"] == "水务局"
        assert found["considered"] == [
            {
                "code": "R1",
                "when": "“水管维修”",
                "verdict": "chosen",
                "why": "最先符合的一条，按它办理",
            }
        ]

    def test_why_a_case_went_there(self, api, draft, world):
        publish(world, draft)
        case = file_request(
            text="漏水", topic=world.tap, region=world.p1, at=now(), actor=world.sun
        )
        told = api("zhang", "GET", f"/cases/{case.pk}/route").json()
        assert (told["ruleset"], told["choice"]["rule"]) == (1, "R1")
        assert [one["name"] for one in told["choice"]["backstops"]] == [
            "北塘街道办事处", "滨海新区政务中心",
        ]  # fmt: skip
        assert api("sun", "GET", f"/cases/{case.pk}/route").status_code == 403
        assert api("wu", "GET", f"/cases/{case.pk}/route").status_code == 404

    def test_not_for_those_who_do_not_work_there(self, api, draft, world):
        publish(world, draft)
        pk = RoutingRuleSet.objects.get().pk
        assert api("sun", "GET", f"/routing/rulesets/{pk}").status_code == 404
        asked = {"region": world.pine.code}
        assert api("sun", "POST", "/routing/explain", asked).status_code == 403
        assert api("zhang", "POST", "/routing/explain", asked | {"topic": "9"}).status_code == 422
        assert api("zhang", "POST", "/routing/explain", {"region": "9"}).status_code == 404


class TestStreets:
    """A street's rules are rows of the district's table: it filters them and tries them itself."""

    def test_the_table_is_narrowed_to_a_street_and_says_why_there_is_one(self, gao, world, draft):
        rule(world, draft, topic=world.pothole, region=world.north, handler=world.roads)
        rule(world, draft, topic=world.errand, region=world.salt, handler=world.roads)
        publish(world, draft)
        whole = text(gao.get(url("")))
        assert "代买代办" in whole and "街镇的规则怎么改" in whole
        north = gao.get(url(""), {"street": world.north.code})
        assert [row["rule"].code for row in north.context["rows"]] == ["R2", "R1"]
        south = gao.get(url(""), {"street": world.south.code})
        assert [row["rule"].code for row in south.context["rows"]] == ["R3", "R1"]

    def test_its_officer_tries_what_is_published_on_its_own_cases(self, client, world, draft):
        file_request(text="滴水", topic=world.tap, region=world.p1, actor=world.sun, at=now())
        file_request(text="滴水", topic=world.tap, region=world.salt, actor=world.ma, at=now())
        publish(world, draft)
        client.force_login(world.liu)
        assert "用本街镇的单子试运行" in text(client.get(url("")))
        day = localdate().isoformat()
        answer = client.get(url("-trial", draft.pk), {"since": day, "until": day})
        assert answer.context["trial"].n == 1 and "北塘街道" in text(answer)
        inside = {"since": day, "until": day, "region": world.reed.code}
        assert client.get(url("-trial", draft.pk), inside).context["trial"].n == 0
        outside = {"since": day, "until": day, "region": world.salt.code}
        assert client.get(url("-trial", draft.pk), outside).status_code == 422
        client.force_login(world.zhang)  # works there, and is no officer
        assert client.get(url("-trial", draft.pk)).status_code == 404
