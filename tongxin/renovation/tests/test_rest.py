"""The renovation through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.photos.actions import keep_photo
from tongxin.renovation import actions
from tongxin.renovation.models import Holding, Match, RenovationCampaign, SitePlan

TODAY = localdate()


@pytest.fixture
def started(world, bai, api):
    given = {"name": "阵地提升", "region": world.tong.code, "org": world.district_office.pk, "head": bai.pk,
             "begun_on": str(TODAY - timedelta(days=9)), "final_on": str(TODAY + timedelta(days=300))}  # fmt: skip
    for _again in range(2):
        answer = api("gao", "POST", "/renovation/campaigns", given, key="k")
        assert answer.status_code == 201, answer.content
    return RenovationCampaign.objects.get()


@pytest.mark.mission("S1.6")
def test_figures_come_down_one_level_and_only_on_ones_own_land(started, api, world):
    answer = api("gao", "GET", f"/renovation/campaigns/{started.pk}").json()
    assert answer["figures"]["base"] == 3 and [row["name"] for row in answer["below"]] == [
        "北塘街道",
        "南港街道",
    ]
    assert api("liu", "GET", f"/renovation/campaigns/{started.pk}").json()["figures"]["base"] == 2
    assert (
        api(
            "liu", "GET", f"/renovation/campaigns/{started.pk}?region={world.south.code}"
        ).status_code
        == 404
    )
    page = api("gao", "GET", f"/renovation/campaigns/{started.pk}/sites?limit=2").json()
    rest = api(
        "gao", "GET", f"/renovation/campaigns/{started.pk}/sites?limit=2&cursor={page['next']}"
    ).json()
    assert [site["name"] for site in page["items"] + rest["items"]] == [
        "松社区",
        "苇社区",
        "盐社区",
    ]
    assert rest["next"] is None
    assert len(api("gao", "GET", "/renovation/campaigns").json()["items"]) == 1
    assert [
        row["place"]
        for row in api("gao", "GET", f"/renovation/campaigns/{started.pk}/ranking").json()
    ] == [1, 1]


def test_not_the_top_leader_is_refused(world, api):
    given = {"name": "x", "region": world.tong.code, "org": world.district_office.pk, "head": world.liu.pk,
             "begun_on": str(TODAY), "final_on": str(TODAY + timedelta(days=300))}  # fmt: skip
    answer = api("gao", "POST", "/renovation/campaigns", given)
    assert answer.status_code == 422 and answer.json()["code"] == "not_top_leader"


def test_a_place_goes_from_plan_to_use(started, api, world, pan, tao):
    world.pan, world.tao = pan, tao
    site = started.sites.get(region=world.pine)
    url, day = f"/renovation/sites/{site.pk}", str(TODAY)
    assert api("wu", "GET", url).status_code == 404
    plan = {"mode": "renovate", "text": "腾退两间", "lead": world.zhang.pk}
    assert api("pan", "POST", f"{url}/plan", plan).status_code == 201
    again = api("pan", "POST", f"{url}/plan", plan)
    assert again.status_code == 409 and again.json()["code"] == "plan_there"

    def move(who, verb, **given):
        answer = api(who, "POST", f"{url}/moves/{verb}", given)
        assert answer.status_code == 200, answer.content
        return answer.json()

    assert api("pan", "POST", f"{url}/moves/start", {}).json()["field"] == "on"
    assert api("pan", "POST", f"{url}/moves/fly", {}).status_code == 404
    move("pan", "submit", committee=world.north_party.pk)
    move("tang", "decide", approve=True, decision="同意", on=day)
    move("pan", "start", on=day)
    for stage in ("design", "permit", "build", "fit"):
        move("pan", "stage", stage=stage, on=day)
    move("pan", "area", area_m2=310, reason="实测")
    from tongxin.requests.tests.test_loop import a_photo

    photo = str(keep_photo(data=a_photo(), by=tao, at=now()).pk)
    answers = {row.code: {"ok": True} for row in actions.criteria_on(started, TODAY)}
    move("tao", "accept", answers=answers, photos=[photo], on=day)
    move("liu", "close", on=day)
    told = move("pan", "move_in", text="搬进来了", on=day)
    assert (told["state"], told["number"]) == ("in_use", 1) and told["plan"]["used_on"] == day
    reported = api("zhang", "POST", f"{url}/reports", {"text": "开门了", "on": day}, key="r")
    assert reported.json()["events"][0]["text"] == "开门了"
    assert SitePlan.objects.count() == 1


def test_ledgers_and_matches(started, api, world):
    room = {
        "ledger": "stock",
        "region": world.pine.code,
        "name": "底商",
        "area_m2": 120,
        "lng": 117.6,
        "lat": 39.3,
    }
    made = api("zhang", "POST", "/renovation/holdings", room)
    assert made.status_code == 201
    url = f"/renovation/holdings/{made.json()['id']}/checks"
    assert api("zhang", "POST", url, {"area_m2": 120}).json()["code"] == "same_eyes"
    assert api("liu", "POST", url, {"area_m2": 120}).json()["state"] == "checked"
    run = api(
        "liu",
        "POST",
        f"/renovation/campaigns/{started.pk}/matching",
        {"region": world.north.code, "most_m": 20000},
    )
    assert run.json()["short_before"] - run.json()["short_after"] == 120
    match = Match.objects.get()
    assert api("zhang", "POST", f"/renovation/matches/{match.pk}/confirm").status_code == 403
    assert (
        api("liu", "POST", f"/renovation/matches/{match.pk}/confirm").json()["state"] == "confirmed"
    )
    assert api("liu", "POST", f"/renovation/matches/{match.pk}/drop").status_code == 409
    assert Holding.objects.get().state == "given"
    assert (
        len(api("liu", "GET", "/renovation/holdings?ledger=stock&state=given").json()["items"]) == 1
    )


def test_difficulties_and_slips(started, api, world, pan):
    world.pan = pan
    site = started.sites.get(region=world.pine)
    url = f"/renovation/sites/{site.pk}"
    api("pan", "POST", f"{url}/plan", {"mode": "renovate", "text": "改", "lead": world.zhang.pk})
    told = api("pan", "POST", f"{url}/moves/trouble", {"kind": "land", "text": "产权不清"}).json()
    row = told["difficulties"][0]["id"]
    assert (
        api("liu", "POST", f"/renovation/difficulties/{row}/lift").json()["difficulties"][0][
            "level"
        ]
        == "district"
    )
    stage = site.plan.stages.get(code="design")
    late = {"stage": "design", "to_on": str(stage.end_on + timedelta(days=9)), "reason": "等"}
    assert api("pan", "POST", f"{url}/moves/slip", late).json()["code"] == "past_final"
    stage.start_on, stage.end_on = (
        stage.start_on - timedelta(days=20),
        stage.end_on - timedelta(days=20),
    )
    stage.save()
    api("pan", "POST", f"{url}/moves/slip", late | {"to_on": str(stage.end_on + timedelta(days=2))})
    asked = site.slips.get()
    assert api("pan", "POST", f"/renovation/slips/{asked.pk}", {"approve": True}).status_code == 409
    assert api("gao", "POST", f"/renovation/slips/{asked.pk}", {"approve": True}).status_code == 200
