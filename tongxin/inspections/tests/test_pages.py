"""The pages, through the client: who may, who may not, what they ask of the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tongxin.findings.actions import load_kinds
from tongxin.findings.models import Finding
from tongxin.inspections import actions
from tongxin.inspections.models import Dispatch, Operation, SamplingPlan, Site, Team
from tongxin.meetings.tests.people import jpeg

from .conftest import DAY, NOON, at, begin, plan, send, visit_all


@pytest.fixture(autouse=True)
def monday(monkeypatch):
    """It is the afternoon of the first day: pages ask the clock, what they write lies in the plan."""
    now = at(DAY, 15)
    for name in ("operations", "teams", "stops", "draws", "letters", "sites", "resuming", "rows"):
        module = f"tongxin.inspections.views.{name}"
        for word, said in (("now", lambda: now), ("localdate", lambda: DAY)):
            monkeypatch.setattr(f"{module}.{word}", said, raising=False)


@pytest.fixture
def open_as(land):
    """Return a function that gives somebody a client."""

    def come(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return come


def address(name, *args) -> str:
    return reverse(f"inspections:{name}", args=args)


class TestDrafting:
    GIVEN = {
        "name": "疫情防控专项监督", "scope": "防控责任落实", "starts_on": "2026-03-02",
        "ends_on": "2026-03-31", "tags": ["六稳"], "more_tags": "春耕备耕",
    }  # fmt: skip

    def test_an_inspector_drafts_a_plan(self, land, open_as):
        given = self.GIVEN | {"org": land.commission.pk, "region": land.tong.pk}
        page = open_as(land.ji)
        assert page.get(address("new")).status_code == 200
        answer = page.post(address("new"), given)
        made = Operation.objects.get()
        assert answer.headers["Location"] == address("operation", made.pk)
        assert made.tags == ["六稳", "春耕备耕"]
        text = page.get(address("operation", made.pk)).content.decode()
        assert "防控责任落实" in text and "春耕备耕" in text

    def test_what_is_wrong_stands_beside_the_field(self, land, open_as):
        given = self.GIVEN | {"org": land.commission.pk, "region": land.tong.pk}
        answer = open_as(land.ji).post(address("new"), given | {"ends_on": "2026-03-01"})
        assert answer.status_code == 422
        assert "结束日期不能早于开始日期" in answer.content.decode()
        assert not Operation.objects.exists()

    @pytest.mark.parametrize("who", ["qiao", "mei", "sun", "li", "wang"])
    def test_nobody_else_drafts(self, land, open_as, who):
        assert open_as(getattr(land, who)).get(address("new")).status_code == 404

    def test_the_drafter_asks_the_leader_approves_it_begins(self, land, open_as):
        made = plan(land)
        ji, qiao = open_as(land.ji), open_as(land.qiao)
        ji.post(address("ask", made.pk))
        ji.post(address("approve", made.pk))  # not their own
        made.refresh_from_db()
        assert made.state == "drafted"
        assert "批准方案" in qiao.get(address("operation", made.pk)).content.decode()
        qiao.post(address("approve", made.pk))
        given = {
            "streets": [land.north.pk, land.south.pk],
            "below": "community",
            "kind": "market",
            "name": "市场监管局",
        }
        ji.post(address("subjects", made.pk), given)
        team = {
            "name": "第一监督组",
            "leader": land.qiao.pk,
            "members": [land.ji.pk, land.kang.pk],
            "is_class_led": "on",
        }
        assert ji.post(address("new-team", made.pk), team).status_code == 302
        ji.post(address("begin", made.pk))
        made.refresh_from_db()
        assert made.state == "running"
        assert made.subjects.count() == 2 + 3 + 1
        assert Team.objects.get().is_class_led
        paper = ji.get(address("plan", made.pk)).content.decode()
        assert "乔书文" in paper and "北塘街道" in paper


class TestGoingOut:
    def test_a_dispatch_is_planned_on_a_page_and_seen_in_the_hand(self, land, running, open_as):
        team = running.teams.get()
        page = open_as(land.kang)
        assert "松鲜超市" in page.get(address("send", team.pk)).content.decode()
        given = {
            "on": "2026-03-02", "members": [land.ji.pk, land.kang.pk], "key": "k1",
            "sites": [land.sites["fresh"].pk, land.sites["reed"].pk],
        }  # fmt: skip
        answer = page.post(address("send", team.pk), given)
        made = Dispatch.objects.get()
        assert answer.headers["Location"] == address("dispatch", made.pk)
        text = page.get(address("dispatch", made.pk)).content.decode()
        assert "松鲜超市" in text and "苇岸超市" in text and "去检查" in text
        assert "松鲜超市" not in open_as(land.qiao).get(address("mine")).content.decode()
        text = page.get(address("mine")).content.decode()
        assert "2026-03-02" in text and "2 人" in text and "0/2 个点位" in text

    def test_the_chosen_sites_stay_chosen_when_something_is_wrong(self, land, running, open_as):
        given = {"on": "2026-03-02", "members": [land.ji.pk], "sites": [land.sites["fresh"].pk]}
        answer = open_as(land.ji).post(address("send", running.teams.get().pk), given)
        assert answer.status_code == 422
        text = answer.content.decode()
        assert "每次出动 2 到 30 人" in text
        assert f'value="{land.sites["fresh"].pk}" checked' in text

    def test_stops_crew_and_cancelling(self, land, running, open_as):
        made = send(land, running, "fresh")
        page = open_as(land.ji)
        page.post(address("add-stops", made.pk), {"sites": [land.sites["green"].pk]})
        assert made.visits.count() == 2
        page.post(address("crew", made.pk), {"there": [land.ji.pk]})
        assert made.members.filter(was_there=True).count() == 1
        page.post(address("cancel-dispatch", made.pk), {"reason": "台风预警"})
        made.refresh_from_db()
        assert made.cancel_reason == "台风预警"

    def test_only_the_team_sends(self, land, running, open_as):
        team = running.teams.get()
        for who in (land.gao, land.he, land.liu, land.mei):
            page = open_as(who)
            expected = 404
            assert page.get(address("send", team.pk)).status_code in (expected, 200)
            if who not in (land.he,):
                assert page.get(address("send", team.pk)).status_code == 404


@pytest.mark.mission("S0.63", "S0.68", "S0.73")
class TestFinding:
    def test_in_three_taps_with_who_answers_for_it(self, land, running, open_as):
        load_kinds()
        stop = begin(land, send(land, running, "fresh").visits.get())
        page = open_as(land.ji)
        assert "监管责任" in page.get(address("finding", stop.pk)).content.decode()
        given = {
            "kind": "F02",
            "text": "顾客扫码登记不完整",
            "severity": "normal",
            "key": "k1",
            "named": "店长丁某",
        }
        answer = page.post(address("finding", stop.pk), given)
        assert answer.headers["Location"] == address("dispatch", stop.dispatch_id)
        page.post(address("finding", stop.pk), given)  # sent twice: registered once
        found = Finding.objects.get()
        duties = dict(found.units.values_list("responsibility", "name"))
        assert duties == {
            "territory": "北塘街道办事处",
            "regulator": "市场监管局",
            "main": "松鲜超市",
        }
        assert "丁某" not in page.get(address("findings", running.pk)).content.decode()
        assert "顾客扫码登记不完整" in page.get(address("findings", running.pk)).content.decode()
        assert "丁某" not in found.named_sealed

    def test_only_who_went_registers_and_only_once_begun(self, land, running, open_as):
        stop = send(land, running, "fresh").visits.get()
        given = {"text": "有问题", "severity": "normal"}
        answer = open_as(land.ji).post(address("finding", stop.pk), given)
        assert answer.status_code == 409
        stop = begin(land, stop)
        assert open_as(land.liu).post(address("finding", stop.pk), given).status_code == 404
        assert open_as(land.gao).post(address("finding", stop.pk), given).status_code == 404
        assert not Finding.objects.exists()

    def test_a_photo_and_a_kind_are_enough(self, land, running, open_as, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        load_kinds()
        stop = begin(land, send(land, running, "fresh").visits.get())
        photo = SimpleUploadedFile("现场.jpg", jpeg(), content_type="image/jpeg")
        given = {"kind": "F11", "severity": "normal", "photos": [photo]}
        assert open_as(land.ji).post(address("finding", stop.pk), given).status_code == 302
        made = Finding.objects.get()
        assert (made.text, made.pictures.count()) == ("消防通道堵塞", 1)
        empty = open_as(land.ji).post(address("finding", stop.pk), {"severity": "normal"})
        assert empty.status_code == 422
        assert "请选一个类别" in empty.content.decode()

    def test_put_right_on_the_spot_with_a_photo(self, land, running, open_as, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        stop = begin(land, send(land, running, "fresh").visits.get())
        page, given = (
            open_as(land.ji),
            {"text": "通道堆物", "severity": "normal", "mended": "当场清走"},
        )
        answer = page.post(address("finding", stop.pk), given)
        assert answer.status_code == 422
        assert "纠正后的照片" in answer.content.decode()
        photo = SimpleUploadedFile("纠正后.jpg", jpeg(), content_type="image/jpeg")
        page.post(address("finding", stop.pk), given | {"after": [photo]})
        made = Finding.objects.get()
        assert (made.step, made.is_on_the_spot) == ("corrected", True)


class TestReading:
    def test_every_page_opens_for_who_is_inside(self, land, running, open_as):
        made = send(land, running, "fresh")
        visit_all(land, made)
        draw = actions.draw_sample(
            operation=running, seed="s", kinds=["market"], per_stratum=1, reason="随机", by=land.ji,
            at=NOON,
        )  # fmt: skip
        page = open_as(land.ji)
        one = [running.pk]
        for name, args in (
            ("home", []), ("mine", []), ("operation", one), ("plan", one), ("change", one),
            ("subjects", one), ("close", one), ("dispatches", one), ("visits", one),
            ("coverage", one), ("findings", one), ("draws", one), ("new-draw", one),
            ("letters", one), ("new-team", one), ("sites", []), ("new-site", []),
            ("team", [running.teams.get().pk]), ("change-team", [running.teams.get().pk]),
            ("dispatch", [made.pk]), ("crew", [made.pk]), ("add-stops", [made.pk]),
            ("subject", [running.subjects.first().pk]), ("draw", [draw.pk]), ("redraw", [draw.pk]),
            ("site", [land.sites["fresh"].pk]), ("change-site", [land.sites["fresh"].pk]),
            ("close-site", [land.sites["fresh"].pk]), ("resuming", []),
        ):  # fmt: skip
            answer = page.get(address(name, *args))
            assert answer.status_code == 200, name

    @pytest.mark.parametrize("who", ["mei", "sun", "wang", "li", "ann"])
    def test_nothing_opens_for_who_has_no_part(self, land, running, open_as, who):
        made = send(land, running, "fresh")
        page = open_as(getattr(land, who))
        for name, args in (
            ("home", []), ("operation", [running.pk]), ("dispatches", [running.pk]),
            ("dispatch", [made.pk]), ("team", [running.teams.get().pk]), ("sites", []),
            ("site", [land.sites["fresh"].pk]), ("subject", [running.subjects.first().pk]),
        ):  # fmt: skip
            assert page.get(address(name, *args)).status_code == 404, name

    def test_who_only_overlooks_sees_what_has_happened_and_changes_nothing(
        self, land, running, open_as
    ):
        gone, waits = send(land, running, "fresh"), send(land, running, "reed")
        visit_all(land, gone)
        page = open_as(land.gao)
        assert page.get(address("operation", running.pk)).status_code == 200
        assert (
            "苇岸超市" not in page.get(f"{address('visits', running.pk)}?what=all").content.decode()
        )
        assert page.get(address("dispatch", waits.pk)).status_code == 404
        for name in ("change", "subjects", "close", "draws", "letters", "new-team", "new-draw"):
            assert page.get(address(name, running.pk)).status_code == 404, name

    def test_queries(self, land, running, open_as, django_assert_max_num_queries):
        for n in range(3):
            visit_all(land, send(land, running, "fresh", "green", on=DAY + timedelta(days=n)))
        page = open_as(land.ji)
        page.get(address("home"))
        for name, args, most in (
            ("home", [], 8), ("sites", [], 8), ("dispatches", [running.pk], 8),
            ("visits", [running.pk], 8), ("findings", [running.pk], 8), ("mine", [], 8),
            ("coverage", [running.pk], 8), ("operation", [running.pk], 8),
        ):  # fmt: skip
            with django_assert_max_num_queries(most, info=name):
                assert page.get(address(name, *args)).status_code == 200

    def test_visits_are_narrowed_by_the_address(self, land, running, open_as):
        visit_all(land, send(land, running, "fresh", "green", "sea"))
        page = open_as(land.ji)
        where = address("visits", running.pk)
        assert "盐港水产店" in page.get(where).content.decode()
        assert "盐港水产店" not in page.get(f"{where}?street={land.north.code}").content.decode()
        assert "松鲜超市" not in page.get(f"{where}?kind=seafood").content.decode()
        assert page.get(f"{where}?cursor=x").status_code == 422


class TestSites:
    def test_a_site_is_registered_changed_and_struck_off(self, land, open_as):
        page = open_as(land.liu)
        given = {
            "name": "北塘码头",
            "kind": "station",
            "region": land.north.pk,
            "lng": "117.7",
            "lat": "39.3",
        }
        assert page.post(address("new-site"), given).status_code == 302
        site = Site.objects.get(name="北塘码头")
        assert site.code.startswith(f"{land.north.code}-")
        page.post(address("change-site", site.pk), given | {"address": "码头路1号"})
        page.post(address("close-site", site.pk), {"on": "2026-03-02"})
        site.refresh_from_db()
        assert (site.address, str(site.closed_on)) == ("码头路1号", "2026-03-02")

    def test_the_register_is_of_ones_own_land(self, land, open_as):
        page = open_as(land.liu)
        text = page.get(address("sites")).content.decode()
        assert "松鲜超市" in text and "盐港水产店" not in text
        assert page.get(address("site", land.sites["sea"].pk)).status_code == 404
        given = {"name": "别处", "kind": "market", "region": land.salt.pk}
        assert page.post(address("new-site"), given).status_code == 422

    def test_search(self, land, open_as):
        text = open_as(land.ji).get(f"{address('sites')}?q=菜市场").content.decode()
        assert "松园菜市场" in text and "松鲜超市" not in text


class TestDrawing:
    def test_drawn_redrawn_and_checked_on_pages(self, land, running, open_as):
        page = open_as(land.ji)
        given = {
            "kinds": ["market"],
            "per_stratum": 1,
            "per_site": 2,
            "seed": "一号种子",
            "reason": "随机抽查",
        }
        page.post(address("new-draw", running.pk), given)
        first = SamplingPlan.objects.get()
        text = page.get(address("draw", first.pk)).content.decode()
        assert "结果一致" in text and "一号种子" in text
        again = given | {"seed": "二号种子", "redraw_reason": "点位停业"}
        page.post(address("redraw", first.pk), again)
        assert "点位停业" in page.get(address("draw", first.pk)).content.decode()
        first.sites.update(order=9)
        first.sites.filter(order=9).update(site=land.sites["sea"])
        assert "结果不一致" in page.get(address("draw", first.pk)).content.decode()


def test_closing_shows_the_report_first(land, running, open_as):
    visit_all(land, send(land, running, "fresh"))
    page = open_as(land.ji)
    assert "出动1组2人次" in page.get(address("close", running.pk)).content.decode()
    page.post(address("close", running.pk))
    running.refresh_from_db()
    assert running.state == "closed"
    text = page.get(address("report", running.pk)).content.decode()
    assert "出动1组2人次" in text and "监督检查1个点位" in text
