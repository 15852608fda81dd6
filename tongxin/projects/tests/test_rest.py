"""The same through the API: typed, refusals as problems, retries once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.cases.actions import make_move
from tongxin.dual_report.models import ContactPoint
from tongxin.projects import actions
from tongxin.projects.models import Programme, Stage, Task


@pytest.fixture
def made(world, api):
    today = localdate()
    body = {
        "kind": "key_tasks", "name": "工作分解", "region": world.tong.code, "org": world.district_office.pk,
        "start_on": str(today), "end_on": str(today + timedelta(days=300)),
    }  # fmt: skip
    first = api("gao", "POST", "/projects/programmes", body, key="p")
    again = api("gao", "POST", "/projects/programmes", body, key="p")
    assert first.status_code == 201 and again.json()["id"] == first.json()["id"]
    return first.json()


def task_body(world, **changes):
    today = localdate()
    return {
        "title": "建中心", "aspect": "党建引领", "item": "阵地", "org": world.roads.pk, "owner": world.li.pk,
        "start_on": str(today), "due_on": str(today + timedelta(days=100)), "measure": "中心", "unit": "个",
        "target": 4, "parts": [{"org": world.water.pk, "text": "通水"}],
    } | changes  # fmt: skip


@pytest.mark.mission("S4.47")
def test_a_task_from_the_breakdown_to_its_report(world, api, made):
    path = f"/projects/programmes/{made['id']}"
    added = api("gao", "POST", f"{path}/tasks", task_body(world), key="t")
    assert added.status_code == 201 and added.json()["state"] == "draft"
    assert (
        api("gao", "POST", f"{path}/tasks", task_body(world), key="t").json()["id"]
        == added.json()["id"]
    )
    assert api("li", "GET", f"/projects/tasks/{added.json()['id']}").status_code == 404
    assert api("gao", "POST", f"{path}/give").json()["state"] == "running"
    task = Task.objects.get()
    make_move(task.case, "take", at=now(), actor=world.li)
    url = f"/projects/tasks/{task.pk}"
    bad = api("li", "POST", f"{url}/report", {"note": "x", "percent": 5})
    assert bad.status_code == 422 and bad.json()["field"] == "value"
    assert (
        api("li", "POST", f"{url}/report", {"note": "两个完工", "value": 2}, key="r").json()[
            "percent"
        ]
        == 50
    )
    assert (
        api("li", "POST", f"{url}/report", {"note": "两个完工", "value": 2}, key="r").status_code
        == 200
    )
    assert task.reports.count() == 1
    told = api("gao", "GET", path).json()
    assert (told["aspects"], told["items"], told["tasks"], told["percent"]) == (1, 1, 1, 50)
    month = api("gao", "GET", f"{path}/monthly?month={localdate():%Y-%m}").json()
    assert month["late"] == [] and "共下达任务 1 项" in month["text"][0]
    assert (
        api("wu", "GET", path).json()["tasks"] == 0
    )  # the plan is known below, others' tasks are not
    assert api("wu", "GET", url).status_code == 404 and api("sun", "GET", path).status_code == 404


@pytest.mark.mission("S1.29")
def test_stages_and_a_slip_that_is_only_shown(world, api, made):
    api("gao", "POST", f"/projects/programmes/{made['id']}/tasks", task_body(world, hard_end=True))
    url = f"/projects/tasks/{Task.objects.get().pk}"
    api("gao", "POST", f"{url}/give")
    planned = api("li", "POST", f"{url}/stages", {"stages": [["施工", 20], ["验收", 5]]}).json()
    assert planned["is_fixed"] and [one["name"] for one in planned["stages"]] == ["施工", "验收"]
    stage = Stage.objects.get(n=1)
    to = str(stage.end_on + timedelta(days=14))
    shown = api("li", "POST", f"{url}/stages/1/slip", {"end_on": to}).json()
    assert shown["over_by"] > 0 and not shown["saved"]
    refused = api(
        "li", "POST", f"{url}/stages/1/slip", {"end_on": to, "reason": "雨", "save": True}
    )
    assert refused.status_code == 409 and refused.json()["code"] == "past_the_end"
    stage.refresh_from_db()
    assert stage.end_on == stage.planned_end


@pytest.mark.mission("S1.16")
def test_targets_are_split_and_roll_up(world, api):
    year = localdate().year
    body = {"name": "新建中心", "field": "party", "unit": "个", "value": 10, "region": world.tong.code,
            "from_year": year, "to_year": year}  # fmt: skip
    path = (
        f"/projects/targets/{api('gao', 'POST', '/projects/targets', body, key='t').json()['id']}"
    )
    short = {"shares": [{"region": world.north.code, "value": 6}]}
    refused = api("gao", "POST", f"{path}/split", short)
    assert refused.status_code == 422 and refused.json()["code"] == "not_covered"
    whole = {"shares": [*short["shares"], {"region": world.south.code, "value": 4}]}
    north = api("gao", "POST", f"{path}/split", whole).json()["children"][0]
    api(
        "liu",
        "POST",
        f"/projects/targets/{north['id']}/figures",
        {"on": str(localdate()), "value": 3},
    )
    assert api("gao", "GET", path).json()["percent"] == 30
    assert api("gao", "GET", "/projects/targets").json()["items"][0]["percent"] == 30
    assert api("wu", "POST", f"{path}/split", whole).status_code in (403, 404, 409)


def test_problems_promises_and_benchmarks(world, api):
    today = localdate()
    body = {"kind": "land", "title": "用房权属", "goal": "办证", "region": world.pine.code, "org": world.branch.pk,
            "owner": world.qin.pk, "due_on": str(today + timedelta(days=60))}  # fmt: skip
    raised = api("qin", "POST", "/projects/problems", body, key="h").json()
    path = f"/projects/problems/{raised['id']}"
    steps = [["查档", str(today + timedelta(days=9))]]
    assert (
        api("qin", "POST", f"{path}/plan", {"plan": "查档", "steps": steps}).json()["step"]
        == "working"
    )
    up = {"org": world.salt_branch.pk, "owner": world.yue.pk, "reason": "x"}
    assert api("qin", "POST", f"{path}/escalate", up).json()["code"] == "not_higher"
    up = {"org": world.north_party.pk, "owner": world.tang.pk, "reason": "权限不够"}
    assert api("qin", "POST", f"{path}/escalate", up).json()["owner"] == "唐颖"
    assert api("yue", "GET", "/projects/problems").json()["items"] == []
    assert [one["id"] for one in api("liu", "GET", "/projects/problems").json()["items"]] == [
        raised["id"]
    ]
    actions.make_promise(
        person=world.tang,
        org=world.north_party,
        year=today.year,
        text="建六个",
        by=world.tang,
        at=now(),
    )
    told = api("gao", "GET", f"/projects/promises?year={today.year}").json()["items"][0]
    assert told["suggested"] == "" and "佐证材料" in told["figures"]
    programme = actions.make_programme(
        kind="benchmark", name="滨城标杆", region=world.tong, org=world.district_office, start_on=today,
        end_on=today + timedelta(days=200), by=world.gao, at=now(),
    )  # fmt: skip
    pairing = actions.pair(
        programme=programme, org=world.roads, exemplar="深圳市", kind="city", by=world.gao, at=now()
    )
    project = actions.add_project(
        pairing=pairing, name="提速", measure="天", less_is_better=True, baseline=20, theirs=5, target=8,
        due_on=today, by=world.gao, at=now(),
    )  # fmt: skip
    check = {"on": str(today), "value": 14, "verdict": "on_track", "note": "抽查"}
    assert (
        api("gao", "POST", f"/projects/benchmarks/{project.pk}/checks", check).json()["percent"]
        == 50
    )
    assert api("li", "POST", f"/projects/benchmarks/{project.pk}/checks", check).status_code == 403
    assert (
        len(api("gao", "GET", f"/projects/benchmarks?programme={programme.pk}").json()["items"])
        == 1
    )
    assert Programme.objects.count() == 1


def test_parts_are_added_done_and_told(world, api, made):
    api("gao", "POST", f"/projects/programmes/{made['id']}/tasks", task_body(world, parts=[]))
    url = f"/projects/tasks/{Task.objects.get().pk}"
    api("gao", "POST", f"{url}/give")
    body = {"org": world.water.pk, "text": "通水"}
    part = api("gao", "POST", f"{url}/parts", body)
    assert part.status_code == 201
    assert api("gao", "POST", f"{url}/parts", body).json()["code"] == "bad_task"
    assert (
        api("li", "POST", f"{url}/parts", body | {"org": world.pine_office.pk}).status_code == 403
    )
    done = f"{url}/parts/{part.json()['id']}/done"
    assert api("li", "POST", done, {"note": "好"}).status_code == 403
    assert api("zhou", "POST", done, {"note": "已通水"}).json()["done_at"]
    assert api("zhou", "POST", done, {"note": "已通水"}).json()["code"] == "wrong_state"
    told = api("zhou", "GET", f"{url}/parts").json()
    assert [one["note"] for one in told["items"]] == ["已通水"] and told["next"] is None
    assert api("wu", "GET", f"{url}/parts").status_code == 404


@pytest.mark.mission("S3.9")
def test_duties_are_read_and_recorded_once_a_quarter(world, api):
    actions.load_duties(at=now())
    year = localdate().year
    items = api("tang", "GET", "/projects/duties?level=street").json()["items"]
    assert items[0]["is_sample"] and {one["level"] for one in items} == {"street"}
    url = f"/projects/duties/{items[0]['id']}/ticks"
    body = {"year": year, "quarter": 1, "note": "会议纪要", "org": world.north_party.pk}
    assert api("tang", "POST", url, body).status_code == 201
    assert api("tang", "POST", url, body).json()["code"] == "wrong_state"
    assert api("yue", "POST", url, body | {"quarter": 2}).status_code == 403
    assert api("tang", "POST", url, body | {"quarter": 5}).status_code == 422
    told = api("liu", "GET", f"/projects/duties/ticks?year={year}").json()["items"]
    assert [one["org"] for one in told] == [world.north_party.pk]
    assert api("wu", "GET", f"/projects/duties/ticks?year={year}").json()["items"] == []


@pytest.mark.mission("S3.6")
def test_a_contact_point_is_shown_with_its_checklist_and_named_when_it_is_done(world, api):
    actions.load_duties(at=now())
    world.boss = world.person("boss", "邓书记", world.tong_party, "leader")
    point = ContactPoint.objects.create(leader=world.boss, region=world.pine, from_date=localdate())
    url, year = f"/projects/points/{point.pk}", localdate().year
    begun = api("boss", "POST", f"{url}/demonstration", {"theme": "红色网格", "plan": "建中心"})
    assert begun.status_code == 201 and begun.json()["state"] == "building"
    early = api("gao", "POST", f"{url}/demonstration/name", {"why": "做齐"})
    assert early.json()["code"] == "not_proven"
    for item in begun.json()["open"]:
        body = {"year": year, "quarter": 1, "note": "有记录", "point": point.pk}
        assert api("boss", "POST", f"/projects/duties/{item}/ticks", body).status_code == 201
    assert api("boss", "POST", f"{url}/demonstration/name", {"why": "做齐"}).status_code == 403
    assert (
        api("gao", "POST", f"{url}/demonstration/name", {"why": "做齐"}).json()["state"] == "shown"
    )
    [told] = api("gao", "GET", "/projects/points").json()["items"]
    assert told["open"] == [] and len(told["done"]) == 7
    assert api("wu", "GET", "/projects/points").json()["items"] == []


def test_a_figure_to_be_reached_is_changed_while_it_is_covered(world, api):
    year = localdate().year
    body = {"name": "新建中心", "field": "party", "unit": "个", "value": 10, "region": world.tong.code,
            "from_year": year, "to_year": year}  # fmt: skip
    path = f"/projects/targets/{api('gao', 'POST', '/projects/targets', body).json()['id']}"
    shares = [{"region": world.north.code, "value": 6}, {"region": world.south.code, "value": 4}]
    api("gao", "POST", f"{path}/split", {"shares": shares})
    assert api("gao", "POST", f"{path}/value", {"value": 12}).json()["code"] == "not_covered"
    assert api("gao", "POST", f"{path}/value", {"value": 9}).json()["value"] == "9.00"
    assert api("wu", "POST", f"{path}/value", {"value": 8}).status_code == 403
