"""Pages by the people who use them: the district's officer, the unit, the secretary, the stranger."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.cases.actions import make_move
from tongxin.documents.actions import load_kinds
from tongxin.documents.models import Document
from tongxin.dual_report.models import ContactPoint
from tongxin.projects import actions
from tongxin.projects.actions import Share
from tongxin.projects.models import (
    DutyItem,
    DutyTick,
    HardProblem,
    Node,
    Programme,
    Promise,
    Stage,
    Target,
    Task,
)


@pytest.fixture
def live(world) -> Programme:
    """A programme of this year, with an aspect, an item and forty tasks of the roads department."""
    today = localdate()
    programme = actions.make_programme(
        kind="key_tasks", name="今年工作分解", region=world.tong, org=world.district_office,
        start_on=date(today.year, 1, 1), end_on=date(today.year + 1, 12, 31), by=world.gao, at=now(),
    )  # fmt: skip
    aspect = actions.add_node(
        programme=programme, kind="aspect", name="党建引领", by=world.gao, at=now()
    )
    item = actions.add_node(
        programme=programme, kind="item", name="阵地", parent=aspect, by=world.gao, at=now()
    )
    for n in range(8):
        actions.make_task(
            programme=programme, item=item, title=f"任务{n}", org=world.roads, owner=world.li,
            start_on=today, due_on=today + timedelta(days=120 + n), by=world.gao, at=now(),
        )  # fmt: skip
    actions.give_all(programme, by=world.gao, at=now())
    return programme


class TestOfficer:
    @pytest.mark.mission("S4.47")
    def test_a_programme_is_made_broken_down_and_given_out_by_pages(self, world, as_):
        today = localdate()
        client = as_(world.gao)
        made = client.post(
            "/projects/new/",
            {"kind": "key_tasks", "name": "工作分解", "region": world.tong.pk, "org": "滨海新区政务中心",
             "start_on": str(today), "end_on": str(today + timedelta(days=300)), "risk_gap": 20, "key": "p"},
        )  # fmt: skip
        url = made.url
        programme = Programme.objects.get()
        client.post(f"{url}nodes/new/", {"kind": "aspect", "name": "党建引领"})
        aspect = Node.objects.get()
        client.post(f"{url}nodes/new/", {"kind": "item", "name": "阵地", "parent": aspect.pk})
        sent = client.post(
            f"{url}tasks/new/",
            {"item": Node.objects.get(kind="item").pk, "title": "建中心", "org": "城市管理委", "owner": "李强",
             "start_on": str(today), "due_on": str(today + timedelta(days=90)), "measure": "中心", "unit": "个",
             "target": "4", "parts": f"水务局：通水 {today + timedelta(days=30)}", "key": "t"},
        )  # fmt: skip
        assert sent.status_code == 302, sent.content.decode()
        task = Task.objects.get()
        assert (task.owner, task.parts.get().org) == (world.li, world.water)
        page = client.get(url).content.decode()
        assert "1–1–1" in page and "下达 1 项任务" in page
        assert as_(world.li).get(url).status_code == 404  # a draft is not seen by who will do it
        client = as_(world.gao)
        client.post(f"{url}give/")
        assert as_(world.li).get(url).status_code == 200
        programme.refresh_from_db()
        assert programme.state == "running"

    def test_what_cannot_be_read_is_said_beside_its_field(self, world, as_, live):
        url = f"/projects/{live.pk}/tasks/new/"
        today = localdate()
        given = {"title": "建中心", "org": "没有这个局", "owner": "李强", "start_on": str(today),
                 "due_on": str(today + timedelta(days=9)), "parts": "水务局 通水"}  # fmt: skip
        page = as_(world.gao).post(url, given)
        words = page.content.decode()
        assert page.status_code == 422 and "没有找到单位" in words and "读不懂" in words
        page = as_(world.gao).post(url, given | {"org": "城市管理委", "owner": "周涛", "parts": ""})
        assert "没有在岗的“周涛”" in page.content.decode()
        assert Task.objects.count() == 8

    def test_a_draft_is_changed_on_a_page_until_it_is_given_out(self, world, as_, live):
        today = localdate()
        item = Node.objects.get(kind="item")
        task = actions.make_task(
            programme=live, item=item, title="建中心", org=world.roads, owner=world.li, start_on=today,
            due_on=today + timedelta(days=60), measure="中心", unit="个", target=4, by=world.gao, at=now(),
            parts=[actions.Part(world.water, "通水", today + timedelta(days=30))],
        )  # fmt: skip
        client, url = as_(world.gao), f"/projects/tasks/{task.pk}/"
        assert f"{url}change/" in client.get(url).content.decode()
        page = client.get(f"{url}change/")
        form = page.context["form"]
        assert f"水务局：通水 {today + timedelta(days=30)}" in page.content.decode()
        said = {name: form[name].value() for name in form.fields if form[name].value() is not None}
        said |= {"item": item.pk, "start_on": str(today), "due_on": str(today + timedelta(days=90))}
        beyond = said | {"due_on": str(live.end_on + timedelta(days=1)), "title": "另起"}
        refused = client.post(f"{url}change/", beyond)
        assert refused.status_code == 422 and "方案的完成日期" in refused.content.decode()
        task.refresh_from_db()
        assert task.title == "建中心"
        sent = client.post(
            f"{url}change/", said | {"org": "水务局", "owner": "周涛", "parts": "城市管理委：修路"}
        )
        assert sent.status_code == 302, sent.content.decode()
        task.refresh_from_db()
        assert (task.org, task.owner, task.target) == (world.water, world.zhou, 4)
        assert (task.due_on, task.parts.get().org) == (today + timedelta(days=90), world.roads)
        assert as_(world.li).get(f"{url}change/").status_code == 404
        actions.give_task(task, by=world.gao, at=now())
        client = as_(world.gao)
        assert client.post(f"{url}change/", said).status_code == 404
        assert "library/of/?kind=key_task" in client.get(url).content.decode()

    def test_board_gantt_and_the_month(self, world, as_, live):
        client = as_(world.gao)
        assert "待签收" in client.get(f"/projects/{live.pk}/board/").content.decode()
        chart = client.get(f"/projects/{live.pk}/gantt/").content.decode()
        assert chart.count('class="gantt-plan"') == 8 and "style=" not in chart.split("<svg")[1]
        assert client.get(f"/projects/{live.pk}/gantt/?print=1").status_code == 200
        assert "共下达任务 8 项" in client.get(f"/projects/{live.pk}/monthly/").content.decode()

    def test_the_month_is_drafted_as_a_bulletin_of_what_is_out_of_the_ordinary(
        self, world, as_, live
    ):
        load_kinds(at=now())
        task = Task.objects.order_by("n")[0]
        make_move(task.case, "take", at=now(), actor=world.li)
        Task.objects.filter(pk=task.pk).update(
            start_on=localdate() - timedelta(days=60), due_on=localdate() - timedelta(days=2)
        )
        month = f"{localdate():%Y-%m}"
        sent = as_(world.gao).post(
            f"/projects/{live.pk}/monthly/", {"month": month, "org": world.district_office.pk}
        )
        document = Document.objects.get()
        assert sent.status_code == 302 and document.source_kind == "key_programme"
        assert "任务0（城市管理委）" in document.body and "已逾期 2 天" in document.body
        assert "任务1" not in document.body
        assert (
            as_(world.li)
            .post(f"/projects/{live.pk}/monthly/", {"month": month, "org": world.roads.pk})
            .status_code
            == 302
        )
        assert Document.objects.count() == 1

    def test_pages_cost_at_most_eight_queries(
        self, world, as_, live, django_assert_max_num_queries
    ):
        client = as_(world.gao)
        Task.objects.order_by("n")[0]
        urls = [
            "/projects/",
            *(f"/projects/{live.pk}/{tail}" for tail in ("", "board/", "gantt/", "monthly/")),
        ]
        for url in urls:
            client.get(url)
            with django_assert_max_num_queries(8):
                assert client.get(url).status_code == 200, url


class TestUnit:
    def test_takes_reports_plans_slips_and_finishes(self, world, as_, live):
        task = Task.objects.order_by("n")[0]
        client, url = as_(world.li), f"/projects/tasks/{task.pk}/"
        assert "任务0" in client.get("/projects/").content.decode()
        assert "签收任务" in client.get(url).content.decode()
        make_move(task.case, "take", at=now(), actor=world.li)
        sent = client.post(f"{url}report/", {"percent": 35, "note": "进场施工", "key": "k"})
        assert sent.url == url
        assert "进场施工" in client.get(url).content.decode()
        client.post(f"{url}stages/", {"stages": "施工 20\n验收 5", "by_workdays": "on"})
        stage = Stage.objects.get(n=1)
        to = stage.end_on + timedelta(days=14)
        shown = client.post(f"{url}stages/1/slip/", {"end_on": str(to)}).content.decode()
        assert "会超过最后期限，晚" in shown and "验收" in shown
        stage.refresh_from_db()
        assert stage.end_on == stage.planned_end  # shown, not saved
        refused = client.post(
            f"{url}stages/1/slip/", {"end_on": str(to), "reason": "雨", "do": "save"}
        )
        assert refused.status_code == 409 and "延期" in refused.content.decode()
        client.post(f"{url}stages/1/done/", {"on": str(localdate())})
        stage.refresh_from_db()
        assert stage.done_on == localdate()

    def test_the_case_shows_the_task_and_its_moves(self, world, as_, live):
        task = Task.objects.order_by("n")[0]
        page = as_(world.li).get(f"/cases/{task.case_id}/").content.decode()
        assert "重点任务" in page and "签收任务" in page
        assert "同意延期" not in page

    def test_a_partner_reports_its_part(self, world, as_, live):
        task = Task.objects.order_by("n")[0]
        as_(world.gao).post(
            f"/projects/tasks/{task.pk}/parts/new/", {"org": "水务局", "text": "通水"}
        )
        part = task.parts.get()
        assert "请我们协同的" in as_(world.zhou).get("/projects/").content.decode()
        url = f"/projects/tasks/{task.pk}/parts/{part.pk}/"
        assert as_(world.li).post(url, {"note": "好"}).status_code == 404
        as_(world.zhou).post(url, {"note": "已通水"})
        part.refresh_from_db()
        assert part.done_at is not None

    def test_strangers_see_none_of_it(self, world, as_, live):
        task = Task.objects.order_by("n")[0]
        for user in (world.wu, world.sun, world.ann, world.wang):
            client = as_(user)
            assert client.get(f"/projects/tasks/{task.pk}/").status_code == 404
            assert client.get(f"/projects/{live.pk}/nodes/new/").status_code == 404
            assert client.post(f"/projects/{live.pk}/give/").status_code == 404
        assert as_(world.sun).get("/projects/").status_code == 404

    @pytest.mark.mission("S1.29")
    def test_the_calendar_feed_has_the_days_of_tasks_and_stages(self, world, as_, client, live):
        page = as_(world.li).post("/projects/calendar/").content.decode()
        [address] = re.findall(r"/projects/calendar/([\w-]+)\.ics", page)
        client.logout()
        body = client.get(f"/projects/calendar/{address}.ics").content.decode()
        assert body.count("BEGIN:VEVENT") == 8 and "任务到期：任务0" in body.replace("\r\n ", "")
        assert client.get("/projects/calendar/nothing.ics").status_code == 404


class TestTargetsAndPromises:
    def test_set_split_and_reported_by_pages(self, world, as_):
        year = localdate().year
        sent = as_(world.gao).post(
            "/projects/targets/new/",
            {"name": "新建中心", "field": "party", "value": "10", "unit": "个", "region": world.tong.pk,
             "from_year": year, "to_year": year, "key": "t"},
        )  # fmt: skip
        url = sent.url
        places = {f"place-{world.north.pk}": "6", f"place-{world.south.pk}": "3"}
        short = as_(world.gao).post(f"{url}split/", places)
        assert short.status_code == 422 and "还差 1 个" in short.content.decode()
        assert as_(world.gao).post(f"{url}split/", {"place-1": "六"}).status_code == 422
        as_(world.gao).post(f"{url}split/", places | {f"place-{world.south.pk}": "4"})
        assert Target.objects.count() == 3
        north = Target.objects.get(region=world.north)
        as_(world.liu).post(
            f"/projects/targets/{north.pk}/figure/", {"on": str(localdate()), "value": "3"}
        )
        page = as_(world.gao).get(url).content.decode()
        assert "30" in page and "北塘街道" in page
        assert "新建中心" in as_(world.gao).get("/projects/targets/").content.decode()
        assert (
            as_(world.liu)
            .get(f"/projects/targets/{Target.objects.get(region=world.south).pk}/")
            .status_code
            == 404
        )

    def test_a_plan_of_two_years_is_split_by_year_and_opened_with_its_shares(self, world, as_):
        year = localdate().year
        plan = actions.set_target(
            name="改造小区", field="urban", unit="个", value=30, region=world.tong, from_year=year,
            to_year=year + 1, by=world.gao, at=now(),
        )  # fmt: skip
        client, url = as_(world.gao), f"/projects/targets/{plan.pk}/split/"
        client.post(url, {f"year-{year}": "12", f"year-{year + 1}": "18"})
        assert [one.years for one in plan.children.all()] == [str(year), str(year + 1)]
        page = client.get(url).content.decode()
        assert f'name="year-{year + 1}" value="18"' in page
        twice = client.post(url, {f"year-{year}": "30", f"place-{world.north.pk}": "30"})
        assert twice.status_code == 422 and "重复计算" in twice.content.decode()
        assert plan.children.count() == 2

    def test_a_figure_and_what_it_serves_are_adjusted_by_pages(self, world, as_):
        year = localdate().year
        given = {"name": "新建中心", "field": "party", "unit": "个", "from_year": year, "to_year": year,
                 "by": world.gao, "at": now()}  # fmt: skip
        top = actions.set_target(value=10, region=world.tong, **given)
        north, south = actions.split_target(
            top, shares=[Share(6, world.north), Share(4, world.south)], by=world.gao, at=now()
        )
        client, url = as_(world.gao), f"/projects/targets/{north.pk}/"
        refused = client.post(f"{url}value/", {"value": "5"})
        assert refused.status_code == 422 and "还差 1 个" in refused.content.decode()
        client.post(f"{url}value/", {"value": "8"})
        north.refresh_from_db()
        assert north.value == 8
        loose = actions.set_target(value=2, region=world.salt, **given)
        move = f"/projects/targets/{loose.pk}/move/"
        offered = client.get(move).content.decode()
        assert f'value="{south.pk}"' in offered and f'value="{north.pk}"' not in offered
        sent = client.post(move, {"parent": south.pk})
        assert sent.status_code == 302, sent.content.decode()
        loose.refresh_from_db()
        assert loose.parent == south
        assert as_(world.liu).post(f"{url}value/", {"value": "9"}).status_code == 404
        assert as_(world.wu).get(move).status_code == 404

    def test_a_promise_is_written_down_and_shows_its_figures(self, world, as_):
        year = localdate().year
        target = actions.set_target(
            name="新建中心", field="party", unit="个", value=10, region=world.tong, from_year=year,
            to_year=year, by=world.gao, at=now(),
        )  # fmt: skip
        north, _south = actions.split_target(
            target, shares=[Share(6, world.north), Share(4, world.south)], by=world.gao, at=now()
        )
        sent = as_(world.tang).post(
            "/projects/promises/new/",
            {"org": "北塘街道党工委", "person": "唐颖", "year": year, "text": "建成六个中心", "targets": [north.pk]},
        )  # fmt: skip
        assert sent.status_code == 302 and Promise.objects.get().targets.get() == north
        page = as_(world.gao).get("/projects/promises/").content.decode()
        assert "建成六个中心" in page and "按数据建议：未兑现" in page
        early = as_(world.gao).post(
            f"/projects/promises/{Promise.objects.get().pk}/judge/", {"verdict": "kept", "why": "x"}
        )
        assert early.status_code == (302 if localdate().month == 12 else 422)

    def test_duties_are_ticked_and_a_point_shows_its_seven(
        self, world, as_, django_assert_max_num_queries
    ):
        actions.load_duties(at=now())
        year = localdate().year
        client = as_(world.tang)
        page = client.get("/projects/duties/").content.decode()
        item = DutyItem.objects.filter(list__level="street").order_by("n")[0]
        assert item.text in page and "样例" in page
        client.post(
            f"/projects/duties/{item.pk}/tick/?org={world.north_party.pk}&year={year}&quarter=1",
            {"note": "会议纪要"},
        )
        assert DutyTick.objects.get().org == world.north_party
        assert "会议纪要" in client.get("/projects/duties/?quarter=1").content.decode()
        assert (
            client.get(f"/projects/duties/{item.pk}/tick/?org={world.salt_branch.pk}").status_code
            == 404
        )
        leader = world.person("boss", "邓书记", world.tong_party, "leader")
        point = ContactPoint.objects.create(leader=leader, region=world.pine, from_date=localdate())
        client = as_(leader)
        assert "讲一堂党课" in client.get("/projects/points/").content.decode()
        seven = DutyItem.objects.filter(list__level="leader").order_by("n")[1]
        client.post(
            f"/projects/duties/{seven.pk}/tick/?point={point.pk}", {"note": "3 月 5 日讲课"}
        )
        client.post(f"/projects/points/{point.pk}/begin/", {"theme": "红色网格", "plan": "建中心"})
        with django_assert_max_num_queries(8):
            page = client.get("/projects/points/").content.decode()
        assert "培育中：红色网格" in page and "3 月 5 日讲课" in page


class TestProblems:
    def test_raised_planned_and_taken_up_by_pages(self, world, as_, django_assert_max_num_queries):
        today = localdate()
        client = as_(world.qin)
        sent = client.post(
            "/projects/problems/new/",
            {"kind": "land", "title": "用房权属不清", "goal": "办下证", "region": world.pine.pk, "org": "松社区第一党支部",
             "owner": "秦岚", "due_on": str(today + timedelta(days=60)), "key": "h"},
        )  # fmt: skip
        url = sent.url
        bad = client.post(f"{url}plan/", {"plan": "查档", "steps": "查档 明天"})
        assert bad.status_code == 422 and "明天" in bad.content.decode()
        client.post(f"{url}plan/", {"plan": "查档", "steps": f"查档 {today + timedelta(days=10)}"})
        client.post(f"{url}steps/1/", {"note": "已查"})
        client.post(f"{url}review/", {"on": str(today), "meeting": "联席会议", "text": "尽快"})
        page = client.get(url).content.decode()
        assert "已查" in page and "尽快" in page and "报请销号" in page
        above = as_(world.tang)
        above.get("/projects/problems/")
        with django_assert_max_num_queries(8):
            assert "用房权属不清" in above.get("/projects/problems/").content.decode()
        client = as_(world.qin)
        client.post(
            f"{url}escalate/", {"org": "北塘街道党工委", "owner": "唐颖", "reason": "权限不够"}
        )
        assert HardProblem.objects.get().owner == world.tang
        assert as_(world.yue).get(url).status_code == 404


class TestBenchmarks:
    def test_paired_added_and_checked_by_pages(self, world, as_):
        today = localdate()
        programme = actions.make_programme(
            kind="benchmark", name="滨城标杆", region=world.tong, org=world.district_office,
            start_on=today, end_on=today + timedelta(days=200), by=world.gao, at=now(),
        )  # fmt: skip
        client, url = as_(world.gao), f"/projects/{programme.pk}/"
        client.post(
            f"{url}pairs/new/", {"org": "城市管理委", "exemplar": "苏州工业园区", "kind": "park"}
        )
        pairing = programme.pairings.get()
        sent = client.post(
            f"/projects/pairs/{pairing.pk}/new/",
            {"name": "审批提速", "measure": "天数", "less_is_better": "on", "baseline": 20, "theirs": 5,
             "target": 8, "due_on": str(today + timedelta(days=99))},
        )  # fmt: skip
        client.post(
            f"{sent.url}check/",
            {"on": str(today), "value": 8, "verdict": "on_track", "note": "抽查"},
        )
        assert "达到目标" in client.get(f"{url}benchmarks/").content.decode()
        assert "抽查" in client.get(sent.url).content.decode()
        assert as_(world.li).post(f"{sent.url}check/", {"on": str(today)}).status_code == 404


class TestChangingPromises:
    def test_a_promise_is_changed_and_taken_off_until_it_is_judged(self, world, as_):
        year = localdate().year
        given = {"name": "新建中心", "field": "party", "unit": "个", "from_year": year, "to_year": year,
                 "by": world.gao, "at": now()}  # fmt: skip
        north = actions.set_target(value=6, region=world.north, **given)
        south = actions.set_target(value=4, region=world.south, **given)
        promise = actions.make_promise(
            person=world.tang, org=world.north_party, year=year, text="建六个", targets=[south],
            by=world.tang, at=now(),
        )  # fmt: skip
        client, url = as_(world.tang), f"/projects/promises/{promise.pk}/"
        page = client.get(f"{url}change/").content.decode()
        assert f"新建中心 · 北塘街道 · {year}" in page and "南港街道" not in page
        client.post(f"{url}change/", {"text": "建七个", "targets": [north.pk]})
        promise.refresh_from_db()
        assert promise.text == "建七个" and set(promise.targets.all()) == {north, south}
        assert as_(world.qin).get(f"{url}change/").status_code == 404
        Promise.objects.update(verdict="kept", judged_by=world.gao)
        assert as_(world.tang).post(f"{url}drop/").status_code == 404
        Promise.objects.update(verdict="", judged_by=None)
        client = as_(world.gao)
        assert f"{url}change/" in client.get("/projects/promises/").content.decode()
        client.post(f"{url}drop/")
        assert not Promise.objects.exists()


class TestFrame:
    @pytest.mark.mission("S4.45")
    def test_each_section_shows_the_aspects_that_serve_it_and_a_plan_its_targets(
        self, world, as_, live, django_assert_max_num_queries
    ):
        today = localdate()
        frame = actions.make_programme(
            kind="frame", name="总体布局", region=world.tong, org=world.district_office,
            start_on=today, end_on=date(today.year + 2, 12, 31), by=world.gao, at=now(),
        )  # fmt: skip
        section = actions.add_node(
            programme=frame, kind="section", name="一个统领", by=world.gao, at=now()
        )
        actions.add_node(programme=frame, kind="section", name="一个保障", by=world.gao, at=now())
        Node.objects.filter(programme=live, kind="aspect").update(serves=section)
        client = as_(world.gao)
        client.get(f"/projects/{frame.pk}/")
        with django_assert_max_num_queries(8):
            page = client.get(f"/projects/{frame.pk}/").content.decode()
        assert "8 项任务，完成 0 项" in page and page.count("还没有方案的方面服务于它") == 1
        assert 'class="actionbar"' not in page
        actions.set_target(
            name="新建中心", field="party", unit="个", value=6, region=world.tong, programme=live,
            from_year=today.year, to_year=today.year, by=world.gao, at=now(),
        )  # fmt: skip
        assert "完成 — / 6 个" in client.get(f"/projects/{live.pk}/").content.decode()
