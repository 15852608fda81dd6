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


class TestGoing:
    """Charges, visits, teams, rhythms, what follows building."""

    @pytest.fixture
    def site(self, started, world):
        return started.sites.get(region=world.pine)

    @pytest.mark.mission("S1.13")
    def test_a_leader_is_put_in_charge_and_the_history_stays(self, started, site, api, world, bai):
        url = f"/renovation/sites/{site.pk}/charges"
        assert api("liu", "POST", url, {"leader": world.yue.pk}).json()["code"] == "not_leader"
        assert api("zhang", "POST", url, {"leader": bai.pk}).status_code == 403
        assert api("wu", "POST", url, {"leader": bai.pk}).status_code == 404
        for leader in (world.tang, bai):
            assert api("liu", "POST", url, {"leader": leader.pk}).status_code == 201
        listed = f"/renovation/campaigns/{started.pk}/charges"
        now_on = api("liu", "GET", listed).json()["items"]
        assert [(row["place"], row["name"]) for row in now_on] == [("松社区", "白书记")]
        ever = api("liu", "GET", f"{listed}?ended=true&limit=1").json()
        assert len(ever["items"]) == 1 and ever["next"]
        assert api("wu", "GET", listed).json()["items"] == []

    @pytest.mark.mission("S1.17", "S1.22")
    def test_a_visit_is_written_down_once_with_the_cases_decided_there(
        self, started, site, api, world, bai
    ):
        world.bai, url = bai, f"/renovation/sites/{site.pk}/visits"
        given = {"leader": bai.pk, "text": "看了现场", "on": str(TODAY), "decisions": [
            {"org": world.roads.pk, "what": "让出临街两间", "due_on": str(TODAY + timedelta(days=7))}]}  # fmt: skip
        late = given["decisions"][0] | {"due_on": str(TODAY + timedelta(days=900))}
        refused = api("bai", "POST", url, given | {"decisions": [late]})
        assert refused.status_code == 422 and refused.json()["code"] == "bad_part"
        told = [api("bai", "POST", url, given, key="v") for _again in range(2)]
        assert [answer.status_code for answer in told] == [201, 201]
        case = site.parts.get().case
        assert told[0].json() == told[1].json() and told[0].json()["decisions"] == [str(case.pk)]
        assert case.handler == world.roads
        assert api("bai", "POST", url, given).json()["code"] == "went_already"
        listed = f"/renovation/campaigns/{started.pk}/visits"
        assert len(api("liu", "GET", f"{listed}?kind=leader&leader={bai.pk}").json()["items"]) == 1
        assert api("liu", "GET", f"{listed}?kind=research").json()["items"] == []
        assert api("wu", "GET", listed).json()["items"] == []

    @pytest.mark.mission("S1.19")
    def test_a_team_is_founded_and_its_members_walk_its_list(self, started, site, api, world, tao):
        world.tao, url = tao, f"/renovation/campaigns/{started.pk}/teams"
        given = {"number": 1, "regions": [world.north.code], "members": [tao.pk]}
        assert api("liu", "POST", url, given).status_code == 403
        stranger = api("gao", "POST", url, given | {"members": [world.sun.pk]})
        assert stranger.json()["field"] == "members"
        made = api("gao", "POST", url, given).json()
        assert (made["members"], made["given"], made["left"]) == (
            ["陶监督"],
            2,
            ["松社区", "苇社区"],
        )
        assert api("gao", "POST", url, given).json()["code"] == "bad_team"
        visit = {"leader": tao.pk, "team": made["id"], "text": "走访", "on": str(TODAY)}
        wrong = api("gao", "POST", f"/renovation/sites/{site.pk}/visits", visit | {"leader": world.liu.pk})  # fmt: skip
        assert wrong.json()["code"] == "bad_visit"
        assert api("tao", "POST", f"/renovation/sites/{site.pk}/visits", visit).status_code == 201
        assert api("tao", "GET", url).json()[0]["visited"] == 1
        assert api("liu", "GET", url).json() == []

    @pytest.mark.mission("S1.14")
    def test_meetings_come_again_until_they_are_ended(self, started, api, world, bai):
        url = f"/renovation/campaigns/{started.pk}/rhythms"
        given = {"kind": "push", "region": world.north.code, "org": world.district_office.pk, "chair": bai.pk,
                 "venue": "二楼会议室", "every_days": 14, "next_on": str(TODAY + timedelta(days=3))}  # fmt: skip
        assert api("gao", "POST", url, given | {"org": world.water.pk}).json()["field"] == "org"
        assert api("gao", "POST", url, given | {"chair": world.sun.pk}).json()["field"] == "chair"
        past = given | {"next_on": str(TODAY - timedelta(days=1))}
        assert api("gao", "POST", url, past).json()["code"] == "bad_rhythm"
        made = api("gao", "POST", url, given).json()
        assert made["region"] == world.north.code and made["ended_on"] is None
        assert api("liu", "GET", url).json()["items"] == [made]
        assert api("wu", "GET", url).json()["items"] == []
        end = f"/renovation/rhythms/{made['id']}/end"
        assert api("wu", "POST", end).status_code == 404
        assert api("gao", "POST", end).json()["ended_on"] == str(TODAY)

    @pytest.mark.mission("S1.55")
    def test_what_follows_building_is_set_and_marked_place_by_place(
        self, started, site, api, world
    ):
        url = f"/renovation/campaigns/{started.pk}/follow-ups"
        given = {"kind": "rules", "goal": "制度上墙", "due_on": str(TODAY + timedelta(days=60))}
        assert api("liu", "POST", url, given).status_code == 403
        made = api("gao", "POST", url, given).json()
        mark = f"/renovation/follow-ups/{made['id']}/marks"
        done = {"site": site.pk, "note": "八项制度上墙", "on": str(TODAY)}
        assert api("liu", "POST", mark, done).json()["code"] == "bad_campaign"
        started.sites.filter(pk=site.pk).update(state="in_use")
        for _again in range(2):
            assert api("liu", "POST", mark, done).status_code == 201
        assert [(row["done"], row["of"]) for row in api("liu", "GET", url).json()] == [(1, 1)]

    def test_a_part_is_given_and_a_difficulty_solved(self, started, site, api, world):
        url = f"/renovation/sites/{site.pk}"
        part = {"org": world.roads.pk, "what": "修路", "due_on": str(TODAY + timedelta(days=9))}
        assert api("zhang", "POST", f"{url}/parts", part).status_code == 403
        assert len(api("liu", "POST", f"{url}/parts", part).json()["parts"]) == 1
        told = api("liu", "POST", f"{url}/moves/trouble", {"kind": "land", "text": "产权不清"})
        row = told.json()["difficulties"][0]["id"]
        solved = {"solution": "已移交", "on": str(TODAY)}
        for code in (200, 409):
            answer = api("liu", "POST", f"/renovation/difficulties/{row}/solve", solved)
            assert answer.status_code == code
