"""The pages: who opens which, what a form does, how many queries a page costs."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now
from PIL import Image

from tongxin.accounts.models import User
from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Checklist, Item, OfficePoint, Plan, Visit, VisitMatter
from tongxin.findings.models import Finding
from tongxin.photos.models import Photo

from .conftest import GOOD, begin, finish, plan, publish
from .test_plans import make


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args, **query) -> str:
    tail = "&".join(f"{key}={value}" for key, value in query.items())
    return reverse(f"fieldwork:{name}", args=args) + (f"?{tail}" if tail else "")


def today_visit(world, **changes) -> Visit:
    day = localdate()
    return plan(
        world, **{"due_from": day, "due_on": day, "at": now() - timedelta(hours=1)} | changes
    )


def picture(colour: str = "red") -> BytesIO:
    out = BytesIO()
    Image.new("RGB", (20, 20), colour).save(out, "JPEG")
    out.seek(0)
    out.name = f"{colour}.jpg"
    return out


DESK = (
    "list",
    "plans",
    "figures",
    "points",
    "checklists",
    "new",
    "new-plan",
    "new-checklist",
    "new-point",
)


@pytest.mark.parametrize("name", DESK)
def test_a_page_of_the_desk_opens_for_officers_and_for_no_resident(world, norms, name):
    assert signed_in(world.liu).get(url(name)).status_code == 200
    for stranger in (world.sun, world.wang, world.ann):
        assert signed_in(stranger).get(url(name)).status_code == 404
    assert Client().get(url(name)).status_code == 302


def test_a_grid_worker_walks_a_round_on_the_phone(world, norms, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    one = today_visit(world, checklist=publish())
    client = signed_in(world.mei)
    assert one.title in client.get(url("round")).content.decode()
    page = client.get(url("go", one.pk)).content.decode()
    assert "开始走访" in page
    client.post(url("go", one.pk), {"lng": "117.55", "lat": "39.25", "accuracy": "20"})
    one.refresh_from_db()
    assert (one.state, one.check_lng, one.check_how) == ("begun", 117.55, "gps")
    page = client.get(url("go", one.pk)).content.decode()
    assert 'data-asked-if="a-road" data-asked-value="no"' in page

    broken = {
        "a-road": "no",
        "a-quarrel": "无",
        "n-road": "井盖翘起",
        "p-road": picture(),
        "key": "k",
        "version": "1",
    }
    answer = client.post(url("go", one.pk), broken)
    assert answer.status_code == 422  # the number of holes is missing; the photo is kept
    assert Photo.objects.count() == 1
    kept = answer.context["form"]["k-road"].value()
    assert kept == str(Photo.objects.get().pk)
    del broken["p-road"]
    answer = client.post(
        url("go", one.pk), broken | {"k-road": kept, "a-hole": "2", "mood": "calm"}
    )
    assert answer.status_code == 302
    one.refresh_from_db()
    assert (one.state, one.bad_count, one.mood) == ("done", 1, "calm")
    found = Finding.objects.get()
    assert (found.source_kind, found.source_id) == ("visit", str(one.pk))
    assert found.text == "路面和井盖完好：否。井盖翘起"
    assert "今天已完成" in client.get(url("round")).content.decode()


def test_a_visit_begins_without_a_place_and_is_marked(world, norms):
    one = today_visit(world)
    signed_in(world.mei).post(url("go", one.pk), {})
    one.refresh_from_db()
    assert (one.state, one.check_how, one.marks) == ("begun", "none", [{"code": "no_place"}])


def test_nobody_walks_the_visit_of_another_team(world, norms):
    one = today_visit(world)
    for stranger in (world.liu, world.wu, world.sun):
        assert signed_in(stranger).get(url("go", one.pk)).status_code == 404
        assert signed_in(stranger).post(url("go", one.pk), {}).status_code == 404
    one.refresh_from_db()
    assert one.state == "planned"


def test_a_visit_shows_its_answers_photos_marks_and_history(world, visit):
    begin(world, visit, place={"lng": 117.49, "lat": 39.25})
    finish(
        world, visit, GOOD | {"talk": {"value": "想多一排路灯"}}, note="走了一圈", mood="worried"
    )
    page = signed_in(world.liu).get(url("visit", visit.pk)).content.decode()
    for words in ("想多一排路灯", "走了一圈", "有顾虑", "区域边界外", "完成走访", "退回重填"):
        assert words in page
    for stranger in (world.wu, world.sun, world.ann):
        assert signed_in(stranger).get(url("visit", visit.pk)).status_code == 404


@pytest.mark.mission("S4.40")
def test_what_residents_feel_is_kept_with_the_visit_and_seen_by_carers_only(world, norms):
    one = plan(world, kind="household", title="3号楼走访")
    begin(world, one)
    finish(world, one, {}, note="担心停车收费", mood="angry")
    assert Visit.objects.filter(mood="angry", note="担心停车收费").exists()
    for carer in (world.liu, world.zhang, world.mei):
        assert "担心停车收费" in signed_in(carer).get(url("visit", one.pk)).content.decode()
    for other in (world.tang, world.qin, world.chen, world.wu):
        assert signed_in(other).get(url("visit", one.pk)).status_code == 404


def test_forms_of_the_desk_act_once_each(world, norms):
    one = today_visit(world)
    client = signed_in(world.liu)
    given = {"kind": "patrol", "title": "临时巡查", "region": world.p1.code, "workers": [world.mei.pk],
             "due_from": "2026-03-02", "due_on": "2026-03-03", "key": "k"}  # fmt: skip
    for _again in range(2):
        client.post(url("new"), given)
    assert Visit.objects.filter(title="临时巡查").count() == 1
    assert client.post(url("new"), given | {"title": "", "key": "l"}).status_code == 422
    assert (
        client.post(url("team", one.pk), {"workers": [world.mei.pk, world.zhang.pk]}).status_code
        == 302
    )
    assert one.team.count() == 2
    assert client.post(url("cancel", one.pk), {"reason": ""}).status_code == 422
    assert client.post(url("cancel", one.pk), {"reason": "暴雨"}).status_code == 302
    one.refresh_from_db()
    assert one.state == "cancelled"
    assert signed_in(world.wu).post(url("cancel", one.pk), {"reason": "x"}).status_code == 404


def test_a_rival_is_decided_on_its_page(world, checklist):
    one = plan(world, checklist=checklist, workers=[world.mei, world.zhang])
    begin(world, one)
    finish(world, one, key="a")
    finish(world, one, GOOD | {"quarrel": {"value": "有"}}, by=world.zhang, key="b")
    client, rival = signed_in(world.liu), one.rivals.get()
    page = client.get(url("visit", one.pk)).content.decode()
    assert "1 项不同" in page
    assert "裁定" in page
    client.post(url("decide", one.pk, rival.pk), {"decision": "second", "reason": "后到的完整"})
    rival.refresh_from_db()
    assert rival.decision == "second"
    client.post(url("reopen", one.pk), {"reason": "请补照片"})
    one.refresh_from_db()
    assert one.state == "begun"


def test_a_plan_is_made_looked_at_changed_and_stopped(world, norms):
    client = signed_in(world.liu)
    given = {"name": "走遍社区", "kind": "contact", "region": world.north.code, "target_kind": "community",
             "every": "once", "days": 300, "assign": "each", "people": [world.tang.pk, world.liu.pk],
             "starts_on": localdate().isoformat(), "key": "k"}  # fmt: skip
    assert client.post(url("new-plan"), given | {"people": []}).status_code == 422
    assert client.post(url("new-plan"), given).status_code == 302
    made = Plan.objects.get()
    actions.visits_due(at=now())
    page = client.get(url("plan", made.pk, period="year")).content.decode()
    for words in ("松社区", "苇社区", "0/2", "唐颖"):
        assert words in page
    changed = {"name": "走遍社区", "every": "once", "times": 1, "period": "month", "weekday": 1, "month_day": 1,
               "days": 200, "assign": "each", "people": [world.tang.pk], "reason": "一人负责"}  # fmt: skip
    assert client.post(url("change-plan", made.pk), changed).status_code == 302
    assert made.named.get().user == world.tang
    target = made.targets.get(name="苇社区")
    assert (
        client.post(url("drop-target", made.pk, target.pk), {"reason": "撤并"}).status_code == 302
    )
    assert client.post(url("refresh-plan", made.pk)).status_code == 302
    for verb in ("stop", "resume", "end"):
        assert client.post(url("halt-plan", made.pk, verb), {"reason": "调整"}).status_code == 302
    made.refresh_from_db()
    assert made.state == "ended"
    for stranger in (world.wu, world.sun):
        assert signed_in(stranger).get(url("plan", made.pk)).status_code == 404


def test_a_plan_of_listed_places(world, norms):
    given = {"name": "点位检查", "kind": "inspection", "region": world.pine.code, "target_kind": "site",
             "places": "农贸市场\n卫生站\n", "every": "weekly", "weekday": 2, "days": 3, "assign": "crew",
             "starts_on": "2026-03-02", "key": "k"}  # fmt: skip
    signed_in(world.zhang).post(url("new-plan"), given)
    assert list(Plan.objects.get().targets.values_list("name", flat=True)) == ["农贸市场", "卫生站"]


def test_a_checklist_is_written_without_code(world, norms):
    client = signed_in(world.liu)
    client.post(url("new-checklist"), {"code": "shop", "name": "商户", "kind": "inspection", "region": world.north.code})  # fmt: skip
    made = Checklist.objects.get(code="shop")
    item = {"code": "clean", "text": "卫生怎样", "type": "choice", "options": "好|5、差|0", "needs_photo": "when_bad",
            "bad_when": "差", "max_score": "5", "number": "1"}  # fmt: skip
    assert client.post(url("new-item", made.pk), item | {"bad_when": "坏"}).status_code == 422
    assert client.post(url("new-item", made.pk), item).status_code == 302
    assert client.post(url("new-item", made.pk), item).status_code == 409  # the code is taken
    assert made.items.get().options == [
        {"value": "好", "score": 5.0},
        {"value": "差", "score": 0.0},
    ]
    assert "好|5、差|0" in client.get(url("item", made.pk, "clean")).content.decode()
    client.post(url("item", made.pk, "clean"), item | {"code": "clean", "text": "卫生"})
    client.post(url("new-item", made.pk), {"code": "two", "text": "看看", "type": "text", "needs_photo": "no", "max_score": "0"})  # fmt: skip
    client.post(url("remove-item", made.pk, "two"))
    assert [one.text for one in made.items.all()] == ["卫生"]
    assert "试填" in client.get(url("preview", made.pk)).content.decode()
    assert signed_in(world.wu).get(url("checklist", made.pk)).status_code == 404
    client.post(url("publish-checklist", made.pk), {"effective_from": "2026-03-02"})
    made.refresh_from_db()
    assert not made.is_draft
    assert "改成新版本" in client.get(url("checklist", made.pk)).content.decode()
    client.post(url("copy-checklist", made.pk))
    draft = Checklist.objects.get(code="shop", version=2)
    client.post(url("discard-checklist", draft.pk))
    assert Checklist.objects.filter(code="shop").count() == 1
    sample = publish(code="sample")
    client.post(url("own-checklist", sample.pk), {"code": "mine", "region": world.north.code})
    assert (
        Checklist.objects.get(code="mine").items.count()
        == Item.objects.filter(checklist=sample).count()
    )


def test_who_sits_at_a_point_is_of_the_street_or_looked_for(world, norms):
    """The officer of a district is offered a street's people or those named, never all of them."""
    client = signed_in(world.gao)

    def ask(**given):
        return client.get(url("point-people"), given).content.decode()

    north = ask(region=world.pine.code)
    assert "张敏" in north and "刘洋" in north and "吴丹" not in north and "高峰" not in north
    found = ask(region=world.pine.code, who="吴丹", workers=[world.zhang.pk])
    assert "吴丹" in found and "刘洋" not in found  # by name in the whole district
    assert f'value="{world.zhang.pk}" id="id_workers_0" checked' in found.replace("aria-", "")
    assert "没有找到这样的人员" in ask(region=world.pine.code, who="没有这个人")
    assert signed_in(world.sun).get(url("point-people")).status_code == 404
    day = localdate()
    given = {"title": "南港流动办公点", "region": world.salt.code, "place_name": "码头", "services": "医保",
             "opens_at": f"{day}T23:00", "closes_at": f"{day}T23:59:59", "key": "k"}  # fmt: skip
    answer = client.post(url("new-point"), given | {"workers": ["999999"]})
    assert answer.status_code == 422 and not OfficePoint.objects.exists()
    client.post(
        url("new-point"), given | {"workers": [world.zhang.pk]}
    )  # ticked before it was narrowed
    assert [one.username for one in OfficePoint.objects.get().visit.workers.all()] == ["zhang"]


@pytest.mark.mission("S4.39")
def test_an_office_point_comes_to_the_people(world, norms):
    """办公点搬到小区: announced to everybody, people received, matters taken and settled."""
    client = signed_in(world.zhang)
    day = localdate()
    given = {"title": "松苑流动办公点", "region": world.pine.code, "place_name": "松苑小区凉亭",
             "opens_at": f"{day}T23:00", "closes_at": f"{day}T23:59:59", "services": "医保、老年证",
             "workers": [world.zhang.pk], "key": "k"}  # fmt: skip
    assert client.post(url("new-point"), given | {"closes_at": f"{day}T22:00"}).status_code == 422
    client.post(url("new-point"), given)
    point = OfficePoint.objects.get()
    assert "松苑小区凉亭" not in Client().get(url("public-points")).content.decode()
    client.post(url("announce", point.pk))
    page = Client().get(url("public-points")).content.decode()
    assert "松苑小区凉亭" in page
    assert "医保、老年证" in page
    assert "张敏" not in page  # who sits there is nobody's business before they come
    assert client.post(url("matter", point.pk), {"text": "补办老年证"}).status_code == 302
    assert not VisitMatter.objects.exists()  # not before it has begun
    client.post(url("go", point.pk), {"lng": "117.6", "lat": "39.3"})
    client.post(url("matter", point.pk), {"text": "补办老年证", "is_settled": "on"})
    client.post(url("matter", point.pk), {"text": "修路灯", "case_number": "120116-20260302-9999"})
    client.post(url("matter", point.pk), {"text": "楼道灯不亮"})
    client.post(url("received", point.pk), {"received": "17"})
    client.post(url("go", point.pk), {"note": "天气好", "key": "f"})
    listed = client.get(url("points")).context["figures"]
    assert (listed["opened"], listed["received"], listed["matters"]) == (1, 17, 2)
    assert listed["settled"].words == "1/2"
    shown = client.get(url("figures")).context
    assert (shown["share"].words, shown["spot"].words) == ("1/1", "1/1")


def test_what_is_called_off_is_no_longer_announced(world, norms):
    point = actions.plan_point(
        title="办公点", region=world.pine, place_name="凉亭", services="医保", workers=[world.zhang],
        opens_at=now() + timedelta(minutes=1), closes_at=now() + timedelta(minutes=2),
        by=world.zhang, at=now(), announce=True,
    ) if localdate(now() + timedelta(minutes=2)) == localdate() else None  # fmt: skip
    if point is None:
        pytest.skip("two minutes before midnight")
    assert "凉亭" in Client().get(url("public-points")).content.decode()
    actions.cancel_visit(visit=point.visit, reason="下雨", by=world.zhang, at=now())
    assert "凉亭" not in Client().get(url("public-points")).content.decode()


def test_figures_open_down_to_the_visits_they_count(world, norms):
    done = today_visit(world)
    begin(world, done, at=now())
    finish(world, done, {}, at=now())
    today_visit(world, region=world.reed, workers=[world.zhang], by=world.liu)
    client = signed_in(world.liu)
    page = client.get(url("figures"))
    lands = {
        line["label"]: [cell["value"] for cell in line["cells"]] for line in page.context["lands"]
    }
    assert lands["松社区"][:2] == [1, 1]
    assert lands["苇社区"][:2] == [1, 0]
    link = next(line for line in page.context["lands"] if line["label"] == "松社区")["cells"][0][
        "url"
    ]
    assert [row["visit"] for row in client.get(link).context["rows"]] == [done]
    sheet = client.get(url("figures", format="xlsx"))
    assert sheet.content[:2] == b"PK"
    assert signed_in(world.wu).get(url("figures", region=world.pine.code)).status_code == 404


@pytest.mark.parametrize(("name", "most"), [("list", 8), ("figures", 8), ("round", 8)])
def test_a_page_costs_the_same_for_many_visits(
    world, norms, name, most, django_assert_max_num_queries
):
    for n in range(12):
        today_visit(world, title=f"巡查{n}")
    client = signed_in(world.mei if name == "round" else world.liu)
    client.get(url(name))
    with django_assert_max_num_queries(most):
        client.get(url(name))


def test_a_matrix_costs_the_same_for_many_targets(world, norms, django_assert_max_num_queries):
    many = [{"name": f"点位{n}", "region": world.p1} for n in range(40)]
    given = {"target_kind": "site", "targets": many, "starts_on": localdate(), "at": now()}
    made = make(world, **given)
    each = make(world, **given, assign="each", people=[world.liu, world.mei], every="once")
    actions.visits_due(at=now())
    client = signed_in(world.liu)
    client.get(url("plan", made.pk))
    for one in (made, each):
        with django_assert_max_num_queries(8):
            page = client.get(url("plan", one.pk))
        assert page.context["matrix"].targets.total == 40


def test_a_visit_whole_costs_eight(world, norms, django_assert_max_num_queries):
    one = today_visit(world, checklist=publish(), workers=[world.mei, world.liu])
    begin(world, one, at=now())
    finish(world, one, at=now())
    client = signed_in(world.liu)
    client.get(url("visit", one.pk))
    with django_assert_max_num_queries(8):
        assert "检查结果" in client.get(url("visit", one.pk)).content.decode()
