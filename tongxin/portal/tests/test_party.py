"""What units owe, as one list: a unit's home, the to-do on a phone, the overview of a place."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.dual_report.actions import draft_pact, report_unit
from tongxin.dual_report.models import Pact, PactTask
from tongxin.meetings.actions import load_rules
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Org
from tongxin.portal.actions import refresh_due
from tongxin.portal.models import DueItem
from tongxin.secretaries.actions import draw_duty_lists
from tongxin.secretaries.models import DutyItem


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owe(unit, sentence="没有开支委会", days=-1, source="meetings"):
    return DueItem.objects.create(
        unit=unit, source=source, kind="x", sentence=sentence, url="/meetings/", found_at=now(),
        due=localdate() + timedelta(days=days),
    )  # fmt: skip


class TestRefreshing:
    def test_it_finds_what_apps_say_and_forgets_what_was_done(self, world):
        load_rules(at=now(), by=None)
        draw_duty_lists(units=[world.branch], year=localdate().year, by=world.qin, at=now())
        items = DutyItem.objects.filter(code="plan")
        items.update(due=localdate() + timedelta(days=3))
        refresh_due(at=now())
        mine = DueItem.objects.filter(unit=world.branch, source="secretaries", kind="duty")
        assert mine.exists()
        assert DueItem.objects.filter(unit=world.branch, source="meetings").exists()
        DutyItem.objects.update(done_at=now())
        refresh_due(at=now())
        assert not mine.exists()

    def test_a_second_look_changes_nothing(self, world):
        load_rules(at=now(), by=None)
        refresh_due(at=now())
        before = set(DueItem.objects.values_list("pk", flat=True))
        assert before and refresh_due(at=now()) == 0
        assert set(DueItem.objects.values_list("pk", flat=True)) == before

    def test_of_some_units_leaves_the_others_alone(self, world):
        kept = owe(world.salt_branch, "手边的旧事")
        refresh_due(at=now(), units=Org.objects.filter(pk=world.branch.pk))
        assert DueItem.objects.filter(pk=kept.pk).exists()
        refresh_due(at=now())
        assert not DueItem.objects.filter(pk=kept.pk).exists()


class TestSources:
    def test_tasks_of_pacts_and_pacts_that_end_are_the_committees(self, world):
        unit = Org.objects.create(name="电厂党委", kind="party", region=world.pine)
        fang = world.person("fang", "方圆", unit, "secretary")
        report = report_unit(
            unit=unit, community=world.pine, contact="方圆", by=world.zhang, at=now()
        )
        pact = draft_pact(
            report=report, title="共建协议", text="共同开展活动", by=world.zhang, at=now(),
            from_date=localdate(), to_date=localdate() + timedelta(days=200),
        )  # fmt: skip
        PactTask.objects.create(pact=pact, title="修缮活动室", due_on=localdate())
        refresh_due(at=now())
        found = DueItem.objects.filter(source="report")
        assert [(one.unit, one.sentence) for one in found] == [
            (world.pine_party, "共建任务没有完成：修缮活动室")
        ]
        below = Org.objects.create(
            name="松社区党总支", kind="party", region=world.pine, parent=world.pine_party,
            unit_kind="general_branch",
        )  # fmt: skip
        refresh_due(at=now(), units=Org.objects.filter(pk=below.pk))
        assert [one.unit for one in found.all()] == [world.pine_party]
        PactTask.objects.update(done_on=localdate())
        Pact.objects.update(to_date=localdate() + timedelta(days=3))
        refresh_due(at=now())
        assert [one.kind for one in found.all()] == ["pact_ends"]
        assert fang.posts.exists()

    def test_temporary_units_that_end(self, world):
        unit = Org.objects.create(
            name="防汛临时党支部", kind="party", region=world.pine, parent=world.pine_party,
            is_temporary=True, expires_on=localdate() + timedelta(days=15),
        )  # fmt: skip
        found = DueItem.objects.filter(source="units")
        refresh_due(at=now())
        assert not found.exists()
        Org.objects.filter(pk=unit.pk).update(expires_on=localdate() + timedelta(days=14))
        refresh_due(at=now())
        assert found.get().sentence == "临时党组织到期，请延期或撤销：防汛临时党支部"


class TestTodo:
    def test_late_first_each_with_its_link(self, world):
        owe(world.branch, "下周要开党课", days=6)
        owe(world.branch, "上月没有开支委会", days=-3)
        page = as_user(world.qin).get("/todo/").content.decode()
        assert page.index("上月没有开支委会") < page.index("下周要开党课")
        assert page.count('btn-sm" href="/meetings/"') == 2 and "已逾期" in page

    def test_nothing_due_says_so(self, world):
        assert "都办好了" in as_user(world.qin).get("/todo/").content.decode()

    def test_others_units_are_not_mine_but_counted_below(self, world):
        owe(world.branch, "支部的事")
        owe(world.salt_branch, "盐社区的事")
        page = as_user(world.tang).get("/todo/").content.decode()
        assert "支部的事" not in page and "下级有 1 个党组织有逾期" in page
        assert "盐社区的事" not in as_user(world.qin).get("/todo/").content.decode()

    @pytest.mark.parametrize("who", ["sun", "zhang", "ann", "liu"])
    def test_who_has_no_party_post_has_no_todo(self, world, who):
        assert as_user(getattr(world, who)).get("/todo/").status_code == 404

    def test_looking_again_is_a_button(self, world):
        stale = owe(world.branch, "早就办好了")
        answer = as_user(world.qin).post("/todo/")
        assert answer.status_code == 302
        assert not DueItem.objects.filter(pk=stale.pk).exists()

    def test_it_costs_eight_queries(self, world, django_assert_max_num_queries):
        for n in range(30):
            owe(world.branch, f"第 {n} 件", days=n - 9)
        client = as_user(world.qin)
        client.get("/todo/")  # what a process remembers of the land
        with django_assert_max_num_queries(8):
            client.get("/todo/")


class TestUnitHome:
    def url(self, world):
        return f"/units/{world.branch.pk}/"

    def test_who_where_what_is_due_and_the_book(self, world):
        owe(world.branch, "没有开支委会")
        write_log(
            unit=world.branch, kind="meeting", text="召开党员大会", at=now(), recorded_at=now(),
            source="t", key="t",
        )  # fmt: skip
        world.branch.grids.add(world.p1)
        page = as_user(world.qin).get(self.url(world)).content.decode()
        for words in ("秦岚", "第一网格", "没有开支委会", "召开党员大会", "翻开纪实册"):
            assert words in page

    def test_who_only_looks_over_sees_no_sentences_of_the_registers(self, world):
        owe(world.branch, "某某党员欠缴党费")
        page = as_user(world.liu).get(self.url(world)).content.decode()
        assert "欠缴党费" not in page and "秦岚" in page

    @pytest.mark.parametrize("who", ["yue", "wu", "sun", "ann"])
    def test_a_stranger_finds_nothing(self, world, who):
        assert as_user(getattr(world, who)).get(self.url(world)).status_code == 404

    def test_it_costs_nine_queries(self, world, django_assert_max_num_queries):
        owe(world.branch)
        client = as_user(world.qin)
        client.get(self.url(world))
        with django_assert_max_num_queries(9):
            client.get(self.url(world))


class TestPartyOverview:
    def test_units_by_field_and_the_late_ones_named(self, world):
        owe(world.branch)
        owe(world.branch, "又一件")
        answer = as_user(world.liu).get("/street/party/")
        page = answer.content.decode()
        assert "松社区第一党支部" in page and "逾期 2 件" in page
        assert "盐社区党支部" not in page
        rows = {row.code: row for row in answer.context["found"].sectors}
        assert (rows["community"].units, rows["community"].late, rows["community"].led) == (2, 1, 1)

    def test_a_secretary_sees_what_stands_below_and_not_the_neighbours(self, world):
        owe(world.pine_party, "上级的事")
        owe(world.branch, "自己的事")
        page = as_user(world.qin).get("/street/party/").content.decode()
        assert "松社区第一党支部" in page and "松社区党委" not in page

    def test_another_place_is_not_there(self, world):
        client = as_user(world.liu)
        assert client.get(f"/street/party/?region={world.south.code}").status_code == 404
        assert client.get(f"/street/party/?region={world.north.code}").status_code == 200
        assert as_user(world.sun).get("/street/party/").status_code == 404

    def test_it_costs_few_queries(self, world, django_assert_max_num_queries):
        owe(world.branch)
        client = as_user(world.gao)
        client.get("/street/party/")
        with django_assert_max_num_queries(13):
            client.get("/street/party/")


def test_the_map_of_a_unit_shows_its_land_and_its_grids(world):
    world.branch.grids.add(world.p1)
    url = f"/units/{world.branch.pk}/land/"
    drawn = as_user(world.qin).get(url).json()
    assert [one["id"] for one in drawn["features"]] == [world.pine.code, world.p1.code]
    assert as_user(world.yue).get(url).status_code == 404
