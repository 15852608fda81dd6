"""The pages of standards, as people use them: matrix, goal, rate, assessment, frame, buildings."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils.timezone import localdate

from tongxin.orgs.models import LogEntry, Org
from tongxin.standards import actions
from tongxin.standards.models import Assessment, DutyRecord, Goal, Programme, StandardSet

from .conftest import AFTER, YEAR, assess, row, rule_all

NOW_YEAR = date.today().year  # noqa: DTZ011


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def programme(world) -> Programme:
    return actions.make_programme(
        unit=world.tong_party, name="北疆先锋", from_year=NOW_YEAR - 1, to_year=NOW_YEAR + 1,
        aims=["党员党性树起来", "各领域党建亮起来"], by=world.he, at=AFTER,
    )  # fmt: skip


def add_goal(world, programme, **changes) -> Goal:
    given = {
        "sector": "community", "year": NOW_YEAR, "title": "规范组织生活", "measure": "按期召开率",
        "unit_of": "percent", "target": Decimal(90), "owner": world.north_party,
        "due": date(NOW_YEAR, 12, 31),
    } | changes  # fmt: skip
    return actions.set_goal(programme=programme, by=world.he, at=AFTER, **given)


@pytest.mark.mission("S4.1", "S4.5")
def test_a_programme_is_made_and_its_matrix_opens_into_goals(world, as_):
    page = as_(world.he).get("/standards/programmes/new/")
    assert page.status_code == 200
    form = {
        "unit": world.tong_party.pk, "name": "北疆先锋", "from_year": NOW_YEAR, "to_year": NOW_YEAR + 2,
        "aims": "党员党性树起来\n党组织生活热起来", "papers": "实施意见，乌党发〔2018〕1号，2018-01-05\n行动计划",
        "summary": "",
    }  # fmt: skip
    made = as_(world.he).post("/standards/programmes/new/", form)
    row_ = Programme.objects.get()
    assert made.url == f"/standards/programmes/{row_.pk}/"
    assert [(p.title, p.number, p.issued_on) for p in row_.papers.order_by("pk")] == [
        ("实施意见", "乌党发〔2018〕1号", date(2018, 1, 5)), ("行动计划", "", None),
    ]  # fmt: skip
    wrong = as_(world.he).post("/standards/programmes/new/", form)
    assert wrong.status_code == 409
    assert "已经有规划“北疆先锋”了。" in wrong.content.decode()
    goal = {
        "sector": "village", "year": NOW_YEAR, "title": "村集体增收", "measure": "增收村数",
        "counts": "entries", "unit_of": "count", "target": "30", "owner": world.north_party.pk,
        "due": f"{NOW_YEAR}-12-20", "aim": row_.aims.first().pk,
    }  # fmt: skip
    answer = as_(world.he).post(f"/standards/programmes/{row_.pk}/goals/new/", goal)
    assert answer.status_code == 302, answer.content.decode()
    matrix = as_(world.qin).get(f"/standards/programmes/{row_.pk}/")  # a branch below sees it
    body = matrix.content.decode()
    assert "村集体增收" in body
    assert "还没有数，目标 30" in body
    assert 'class="goal-cell is-waiting"' in body
    aim = row_.aims.last().pk
    assert "村集体增收" not in as_(world.qin).get(f"{made.url}?aim={aim}").content.decode()


def test_the_owner_writes_entries_and_corrects_one(world, as_, programme):
    goal = add_goal(world, programme)
    url = f"/standards/goals/{goal.pk}/"
    page = as_(world.tang).get(url)
    key = page.context["form"].initial["key"]
    today = localdate()
    form = {
        "on": f"{today}",
        "text": "排查",
        "done": "10",
        "total": "20",
        "evidence": "",
        "key": key,
    }
    for _ in range(2):  # sent twice by an impatient finger
        assert as_(world.tang).post(url, form).status_code == 302
    first = goal.entries.get()
    shown = as_(world.tang).get(f"{url}?corrects={first.pk}").content.decode()
    assert f"更正 {today} 的填报" in shown
    form |= {"done": "12", "text": "核对后", "key": "other", "corrects": first.pk}
    as_(world.tang).post(url, form)
    body = as_(world.tang).get(url).content.decode()
    assert "60%（12/20），目标 90%" in body
    assert "已更正" in body
    wrong = as_(world.tang).post(url, {**form, "done": "30", "key": "k3", "corrects": ""})
    assert wrong.status_code == 422
    assert "完成 30 个，总数 20 个，请核对。" in wrong.content.decode()
    assert as_(world.qin).post(url, form).status_code == 404  # not theirs to write
    assert "本单位的任务" in as_(world.tang).get("/standards/").content.decode()


def test_a_goal_is_changed_and_accepted_by_who_leads(world, as_, programme):
    goal = add_goal(world, programme)
    assert as_(world.tang).get(f"/standards/goals/{goal.pk}/accept/").status_code == 404
    early = as_(world.he).post(
        f"/standards/goals/{goal.pk}/accept/", {"on": f"{localdate()}", "note": "同意"}
    )
    assert early.status_code == 409
    assert "还没有达到目标" in early.content.decode()
    form = {
        "target": "50",
        "owner": world.north_party.pk,
        "due": f"{NOW_YEAR}-12-30",
        "reason": "下调",
    }
    assert as_(world.he).post(f"/standards/goals/{goal.pk}/change/", form).status_code == 302
    actions.add_entry(
        goal=goal, on=localdate(AFTER), text="推进", done=10, total=20, by=world.tang, at=AFTER
    )
    as_(world.he).post(
        f"/standards/goals/{goal.pk}/accept/", {"on": f"{localdate()}", "note": "同意验收"}
    )
    assert "已验收" in as_(world.tang).get(f"/standards/goals/{goal.pk}/").content.decode()


@pytest.mark.mission("S4.7")
def test_a_campaign_year_is_declared_on_the_page(world, as_, programme, frame):
    url = f"/standards/programmes/{programme.pk}/campaign/"
    form = {"year": NOW_YEAR, "title": "基层党组织标准化建设年", "standard": frame.pk}
    assert as_(world.he).post(url, form).status_code == 302
    body = as_(world.qin).get(f"/standards/programmes/{programme.pk}/").content.decode()
    assert f"{NOW_YEAR} 基层党组织标准化建设年" in body
    assert as_(world.tang).get(url).status_code == 404
    closed = as_(world.he).post(
        f"/standards/programmes/{programme.pk}/close/", {"on": f"{localdate()}"}
    )
    assert closed.status_code == 302


@pytest.mark.mission("S4.6", "S4.8")
def test_from_computing_to_the_rate(world, as_, branch):
    page = as_(world.he).post(
        f"/standards/assessments/below/{world.tong_party.pk}/", {"year": YEAR}, follow=True
    )
    assert "核算了 2 个党支部" in page.content.decode()
    found = Assessment.objects.get(unit=branch)
    body = as_(world.qin).get(f"/standards/assessments/{found.pk}/").content.decode()
    assert "每月至少 1 次，已过的 12 个期间都做到，共 12 次" in body
    assert "由上级党组织确认" in body
    item = row(found, "S1")
    said = as_(world.qin).post(
        f"/standards/assessments/items/{item.pk}/", {"verdict": "met", "reason": "照片存档六张"}
    )
    assert said.url == f"/standards/assessments/{found.pk}/#item-{item.pk}"
    assert "自查：" in as_(world.qin).get(f"/standards/assessments/{found.pk}/").content.decode()
    refused = as_(world.qin).post(
        f"/standards/assessments/items/{row(found, 'M2').pk}/", {"verdict": "met", "reason": "其实开了会"}
    )  # fmt: skip
    assert refused.status_code == 403
    assert "由上级党组织改判" in refused.content.decode()
    rule_all(world, found)
    done = as_(world.tang).post(f"/standards/assessments/{found.pk}/confirm/", follow=True)
    assert "已确认：达标。" in done.content.decode()
    rates = as_(world.liu).get(f"/standards/rates/?year={YEAR}")  # who overlooks the land reads it
    assert rates.context["whole"].rate == 100.0
    whole = as_(world.he).get(f"/standards/rates/?year={YEAR}")
    assert (whole.context["whole"].passed, whole.context["whole"].total) == (1, 2)
    listed = as_(world.he).get(f"/standards/assessments/?year={YEAR}&state=passed")
    assert [one.pk for one, _found in listed.context["rows"]] == [branch.pk]
    opened = as_(world.tang).post(
        f"/standards/assessments/{found.pk}/reopen/", {"reason": "群众反映"}
    )
    assert opened.status_code == 302
    assert as_(world.he).get(f"/standards/rates/?year={YEAR}").context["whole"].passed == 0


def test_the_rate_is_a_piece_of_the_page_that_keeps_reported_figures(world, as_, branch):
    part = as_(world.he).get(f"/standards/rates/{world.tong_party.pk}/part/")
    assert "系统计算" in part.content.decode()
    assert as_(world.yue).get(f"/standards/rates/{branch.pk}/part/").status_code == 404
    page = as_(world.he).get(f"/meetings/programme/?unit={world.tong_party.pk}").content.decode()
    assert f'hx-get="/standards/rates/{world.tong_party.pk}/part/"' in page


@pytest.mark.parametrize(
    "url",
    ["/standards/", "/standards/rates/", "/standards/assessments/", "/standards/frame/",
     "/standards/indicators/", "/standards/buildings/"],
)  # fmt: skip
def test_who_reads_no_unit_finds_nothing_here(world, as_, url):
    assert as_(world.wang).get(url).status_code == 404
    assert as_(world.ann).get(url).status_code == 404  # the superuser holds no post


def test_another_street_sees_nothing_of_it(world, as_, branch):
    found = assess(world, branch)
    item = row(found, "S1").pk
    for url in (
        f"/standards/assessments/{found.pk}/",
        f"/standards/assessments/items/{item}/",
        f"/standards/assessments/{found.pk}/reopen/",
        f"/standards/rates/?unit={branch.pk}",
        f"/standards/buildings/?region={world.pine.code}",
    ):
        assert as_(world.yue).get(url).status_code == 404, url
    assert as_(world.yue).post(f"/standards/assessments/{found.pk}/confirm/").status_code == 404


def test_a_frame_is_loaded_downloaded_and_handed_in_again(world, as_):
    assert as_(world.tang).post("/standards/frame/load/").status_code == 404  # an organiser's work
    as_(world.he).post("/standards/frame/load/")
    sample = StandardSet.objects.get()
    page = as_(world.qin).get("/standards/frame/").content.decode()
    assert "党支部标准化建设标准（样例）" in page
    sheet = as_(world.qin).get(f"/standards/frame/{sample.pk}/items.csv")
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    form = {
        "code": "branch", "version": "2", "name": "本区标准", "least_share": "90", "source": "区委组织部",
        "effective_from": "2026-01-01", "file": SimpleUploadedFile("f.csv", sheet.content),
    }  # fmt: skip
    made = as_(world.he).post("/standards/frame/new/", form)
    assert made.status_code == 302, made.content.decode()
    own = StandardSet.objects.get(version=2)
    assert own.items.count() == sample.items.count()
    bad = form | {"version": "3", "file": SimpleUploadedFile("f.csv", b"code,title\nA,B\n")}
    refused = as_(world.he).post("/standards/frame/new/", bad)
    assert refused.status_code == 422
    assert "表里缺少这些列" in refused.content.decode()


@pytest.mark.mission("S3.40")
def test_every_building_has_somebody_with_three_duties(world, as_, building):
    page = as_(world.liu).get("/standards/buildings/?show=uncovered")
    assert [one["building"].pk for one in page.context["rows"]] == [building.pk]
    assert "1 栋没有党组织负责" in page.content.decode()
    world.branch.grids.add(building)
    assert not as_(world.liu).get("/standards/buildings/?show=uncovered").context["rows"]
    url = f"/standards/buildings/{building.code}/"
    form = {"unit": world.branch.pk, "duty": "trouble", "on": f"{localdate()}", "text": "帮独居老人换灯",
            "key": "one"}  # fmt: skip
    for _ in range(2):
        assert as_(world.qin).post(url, form).status_code == 302
    made = DutyRecord.objects.get()
    assert LogEntry.objects.get(key=f"building-duty:{made.pk}").kind == "service"
    assert "帮独居老人换灯" in as_(world.liu).get(url).content.decode()
    late = as_(world.qin).post(
        url, form | {"on": f"{localdate() + timedelta(days=1)}", "key": "two"}
    )
    assert late.status_code == 422
    assert as_(world.yue).get(url).status_code == 404
    assert (
        as_(world.liu).post(url, form | {"key": "three"}).status_code == 422
    )  # keeps no unit here
    assert DutyRecord.objects.count() == 1


def test_a_unit_writes_only_of_buildings_it_covers(world, building):
    given = {"unit": world.branch, "building": building, "duty": "policy", "text": "发放明白纸"}
    with pytest.raises(actions.NotCovered):
        actions.record_duty(on=localdate(AFTER), by=world.qin, at=AFTER, **given)
    with pytest.raises(actions.NotYours):
        actions.record_duty(on=localdate(AFTER), by=world.yue, at=AFTER, **given)


@pytest.mark.mission("S0.44")
def test_the_indicators_of_a_street_open_into_its_communities(world, as_):
    page = as_(world.liu).get("/standards/indicators/")
    lines = {one["land"].short_name: one["mean"] for one in page.context["below"]}
    assert lines == {"松社区": 5.0, "苇社区": 0.0}
    assert "÷ 全部网格" in page.content.decode()
    deeper = as_(world.liu).get(f"/standards/indicators/?region={world.pine.code}")
    assert [one["mean"] for one in deeper.context["below"]] == [5.0]


def many(world, count) -> None:
    rows = Org.objects.bulk_create(
        Org(name=f"支部{n:03d}", kind="party", unit_kind="branch", region=world.pine, sector="community",
            parent=world.pine_party, path=f"{world.pine_party.path}9{n:03d}/")
        for n in range(count)
    )  # fmt: skip
    for one in rows:
        one.path = f"{world.pine_party.path}{one.pk}/"
    Org.objects.bulk_update(rows, ["path"])


def test_pages_cost_few_queries_however_many_branches(world, as_, branch, django_assert_max_num_queries, programme):  # fmt: skip
    many(world, 120)
    actions.assess_below(unit=world.tong_party, year=YEAR, by=world.he, at=AFTER)
    for n in range(30):
        add_goal(world, programme, title=f"任务{n}")
    found = Assessment.objects.get(unit=branch)
    client = as_(world.he)
    client.get("/standards/")  # warm: land, sessions
    for url in (
        "/standards/",
        f"/standards/programmes/{programme.pk}/",
        f"/standards/rates/?year={YEAR}",
        f"/standards/assessments/?year={YEAR}",
        f"/standards/assessments/{found.pk}/",
        "/standards/frame/",
    ):
        with django_assert_max_num_queries(8):
            assert client.get(url).status_code == 200
    page = client.get(f"/standards/assessments/?year={YEAR}")
    assert len(page.context["rows"]) == 50
    more = client.get(f"/standards/assessments/?year={YEAR}&cursor={page.context['next_cursor']}")
    assert page.context["rows"][-1][0].pk < more.context["rows"][0][0].pk
