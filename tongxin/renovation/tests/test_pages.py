"""The pages of the renovation, as people use them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now

from tongxin.kit.tables import read_table
from tongxin.renovation import actions
from tongxin.renovation.models import Holding, Match, RenovationCampaign, Site, SitePlan
from tongxin.testing import NOON

TODAY = localdate()
LATER = TODAY + timedelta(days=300)


@pytest.fixture
def current(world, bai) -> RenovationCampaign:
    return actions.start_campaign(
        name="社区阵地提升", region=world.tong, org=world.district_office, partner=world.roads, head=bai,
        begun_on=TODAY - timedelta(days=30), final_on=LATER, by=world.gao, at=now(),
    )  # fmt: skip


@pytest.fixture
def place(current, world) -> Site:
    return current.sites.get(region=world.pine)


def words(answer) -> str:
    return answer.content.decode()


class TestLoop:
    @pytest.mark.mission("S1.28", "S1.30", "S1.34", "S1.36")
    def test_from_the_start_to_use_by_pages(self, world, as_, bai, pan, tao):
        from tongxin.requests.tests.test_loop import a_photo

        def picture():
            return SimpleUploadedFile("a.jpg", a_photo(), "image/jpeg")

        sent = as_(world.gao).post("/renovation/new/", {
            "name": "阵地提升", "region": world.tong.pk, "org": world.district_office.pk, "head": bai.pk,
            "begun_on": TODAY - timedelta(days=9), "final_on": LATER, "key": "k"})  # fmt: skip
        campaign = RenovationCampaign.objects.get()
        assert sent.url == f"/renovation/{campaign.pk}/"
        site = campaign.sites.get(region=world.pine)
        url = f"/renovation/sites/{site.pk}/"
        mine = words(as_(world.zhang).get("/renovation/"))
        assert "我的点位" in mine and f"{url}do/report/" in mine
        plan = {
            "mode": "renovate",
            "text": "腾退两间",
            "lead": world.zhang.pk,
            "tasks": "清理 张敏 3月底",
        }
        assert as_(pan).post(f"{url}do/make/", plan).url == url
        refused = as_(pan).post(f"{url}do/make/", plan)
        assert refused.status_code == 409 and "一村（居）一策" in words(refused)
        assert as_(pan).post(f"{url}do/submit/", {"committee": world.north_party.pk}).url == url
        decided = {"approve": "yes", "decision": "同意", "on": TODAY}
        assert as_(world.tang).post(f"{url}do/decide/", decided).url == url
        as_(pan).post(f"{url}do/start/", {"on": TODAY})
        for _stage in range(4):
            assert as_(pan).post(f"{url}do/stage/", {"on": TODAY}).status_code == 302
        as_(world.zhang).post(
            f"{url}do/report/", {"text": "隔断拆完", "on": TODAY, "photos": picture(), "key": "r"}
        )
        as_(pan).post(f"{url}do/area/", {"area_m2": 330, "reason": "实测"})
        answers = {row.code: "yes" for row in actions.criteria_on(campaign, TODAY)}
        accept = answers | {"on": TODAY, "photos": picture(), "key": "a"}
        assert as_(tao).get(f"{url}do/accept/").status_code == 200
        assert as_(tao).post(f"{url}do/accept/", accept).url == url
        as_(world.liu).post(f"{url}do/close/", {"on": TODAY})
        as_(pan).post(f"{url}do/move-in/", {"text": "搬进来了", "on": TODAY})
        site.refresh_from_db()
        assert (site.state, site.number) == ("in_use", 1)
        page = words(as_(world.zhang).get(url))
        assert "隔断拆完" in page and "1 号销号" in page and "/thumb/" in page
        assert "已投入使用" in words(as_(world.gao).get(f"/renovation/{campaign.pk}/sites/"))

    def test_a_stranger_finds_nothing(self, current, place, world, as_):
        for user in (world.wu, world.wang, world.sun):
            assert as_(user).get(f"/renovation/sites/{place.pk}/").status_code == 404
        assert as_(world.zhang).get(f"/renovation/{current.pk}/do/seat/").status_code == 404
        assert as_(world.zhang).get(f"/renovation/sites/{place.pk}/do/close/").status_code == 404
        assert (
            as_(world.zhang).get(f"/renovation/{current.pk}/?region={world.salt.code}").status_code
            == 404
        )
        salt = current.sites.get(region=world.salt)
        assert salt.name not in words(as_(world.liu).get(f"/renovation/{current.pk}/sites/"))


class TestFigures:
    @pytest.mark.mission("S1.6")
    def test_the_district_goes_down_to_the_street(self, current, world, as_):
        page = words(as_(world.gao).get(f"/renovation/{current.pk}/"))
        assert "北塘街道" in page and "南港街道" in page and "合计" in page
        below = words(as_(world.gao).get(f"/renovation/{current.pk}/?region={world.north.code}"))
        assert "看各点位" in below
        answer = as_(world.liu).get(f"/renovation/{current.pk}/sites.xlsx")
        table = read_table(answer.content, name="a.xlsx")
        assert len(list(table.rows)) == 2

    @pytest.mark.mission("S1.20")
    def test_what_lags_stands_on_its_page(self, current, place, world, as_):
        Site.objects.filter(pk=place.pk).update(due_on=TODAY - timedelta(days=3))
        RenovationCampaign.objects.update(version=9)
        actions.raise_difficulty(place, kind="funds", text="缺三十万", by=world.zhang, at=now())
        page = words(as_(world.liu).get(f"/renovation/{current.pk}/alarms/"))
        assert "已晚 3 天" in page and "缺三十万" in page
        assert (
            as_(world.liu).get(f"/renovation/{current.pk}/alarms/?kind=quality").status_code == 200
        )

    def test_a_page_costs_few_queries(self, current, world, as_):
        client = as_(world.gao)
        for path, most in (
            ("", 8),
            ("sites/", 8),
            ("wall/", 8),
            ("wall.json", 8),
            ("alarms/", 8),
            ("ledgers/", 8),
            ("push/", 22),
        ):
            client.get(f"/renovation/{current.pk}/{path}")
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(f"/renovation/{current.pk}/{path}").status_code == 200
            assert len(queries) <= most, (path, [q["sql"][:90] for q in queries])


class TestWall:
    @pytest.mark.mission("S1.25")
    def test_every_place_is_on_the_wall_and_a_change_changes_its_tag(
        self, current, place, world, as_
    ):
        client = as_(world.gao)
        page = words(client.get(f"/renovation/{current.pk}/wall/"))
        assert 'data-count="unplanned">3<' in page and "wall.json" in page
        first = client.get(f"/renovation/{current.pk}/wall.json")
        data = first.json()
        tiles = [
            tile
            for _district, streets in data["groups"]
            for _name, _path, places in streets
            for tile in places
        ]
        assert [tile[1] for tile in tiles] == ["松社区", "苇社区", "盐社区"]
        assert (
            data["states"][tiles[0][2]] == ["unplanned", "未"] and data["counts"]["unplanned"] == 3
        )
        again = client.get(
            f"/renovation/{current.pk}/wall.json", headers={"If-None-Match": first["ETag"]}
        )
        assert again.status_code == 304 and not again.content
        actions.exempt_site(place, reason="拆迁", by=world.gao, at=now())
        changed = client.get(
            f"/renovation/{current.pk}/wall.json", headers={"If-None-Match": first["ETag"]}
        )
        assert changed.status_code == 200 and changed.json()["counts"]["exempt"] == 1

    def test_a_street_sees_its_own_and_the_map_has_points(self, current, world, as_):
        mine = as_(world.liu).get(f"/renovation/{current.pk}/wall.json").json()
        assert mine["counts"]["unplanned"] == 2
        points = as_(world.liu).get(f"/renovation/{current.pk}/points.json").json()
        assert {point["title"] for point in points} == {"松社区", "苇社区"}
        assert (
            as_(world.liu)
            .get(f"/renovation/{current.pk}/wall.json?region={world.south.code}")
            .status_code
            == 404
        )
        assert "wall-map" in words(as_(world.liu).get(f"/renovation/{current.pk}/wall/?view=map"))


class TestLedgerPages:
    @pytest.mark.mission("S1.26", "S1.31", "S1.32")
    def test_entered_checked_matched_and_given_by_pages(self, current, place, world, as_):
        base = f"/renovation/{current.pk}/"
        form = {"ledger": "stock", "region": world.pine.pk, "name": "底商", "area_m2": 120,
                "cost": "25000.50", "lng": "117.6", "lat": "39.3"}  # fmt: skip
        for wrong in ({"lng": "1176"}, {"lat": ""}, {"cost": "-1"}):
            refused = as_(world.zhang).post(f"{base}ledgers/new/", form | wrong)
            assert refused.status_code == 422 and not Holding.objects.exists(), wrong
        assert "holding-map" in words(as_(world.zhang).get(f"{base}ledgers/new/"))
        made = as_(world.zhang).post(f"{base}ledgers/new/", form)
        row = Holding.objects.get()
        assert made.url == f"{base}ledgers/{row.pk}/"
        assert (row.cost_fen, row.lng, row.lat) == (2_500_050, 117.6, 39.3)
        changed = {name: form[name] for name in ("name", "area_m2", "lng", "lat")}
        again = changed | {"cost": "30000", "reason": "重新估算"}
        as_(world.zhang).post(f"{base}ledgers/{row.pk}/do/change/", again)
        page = words(as_(world.zhang).get(f"{base}ledgers/{row.pk}/"))
        assert "25,000.50 → 30,000.00" in page and "holding-map" in page
        own = as_(world.zhang).post(f"{base}ledgers/{row.pk}/do/check/", {"area_m2": 120})
        assert own.status_code == 409 and "另一人" in words(own)
        as_(world.liu).post(f"{base}ledgers/{row.pk}/do/check/", {"area_m2": 110})
        assert "登记 120，复核 110" in words(as_(world.liu).get(f"{base}ledgers/{row.pk}/"))
        as_(world.liu).post(
            f"{base}ledgers/{row.pk}/do/settle/", {"take": "second", "reason": "复测"}
        )
        as_(world.liu).post(f"{base}matching/run/", {"region": world.north.pk, "most_m": 20000})
        match = Match.objects.get()
        assert match.why.split("；")[0] in words(as_(world.liu).get(f"{base}matching/"))
        assert as_(world.liu).post(f"/renovation/matches/{match.pk}/confirm/").status_code == 302
        place.refresh_from_db()
        assert place.area_m2 == 110
        assert "底商" in words(as_(world.liu).get(f"{base}ledgers/?ledger=stock"))

    @pytest.mark.mission("S1.27")
    def test_ledgers_go_out_and_come_in_as_xlsx(self, current, world):
        from tongxin.renovation.sheets import HoldingSheet
        from tongxin.spreadsheets import actions as sheets

        head = "编号,台账,名称,社区（村）,面积（平方米）,权属单位\n"
        data = f"{head},库存房源,底商,松社区,120,房产公司\n,配套用房,物业用房,松社区,0,\n,库存房源,别处,盐社区,90,\n".encode()
        taken = sheets.upload_sheet(
            sheet="renovation-holdings", data=data, name="a.csv", by=world.liu, at=NOON
        )
        sheets.choose_columns(taken=taken, mapping=taken.mapping, at=NOON)
        while sheets.run_imports(at=NOON):
            pass
        taken.refresh_from_db()
        assert taken.counts["new"] == 1 and taken.counts["bad"] == 2
        sheets.confirm_import(taken=taken, by=world.liu, at=NOON)
        while sheets.run_imports(at=NOON):
            pass
        assert Holding.objects.get().owner == "房产公司"
        assert [row["area_m2"] for row in HoldingSheet().export(world.liu, whole=False)] == ["120"]
        assert list(HoldingSheet().export(world.wu, whole=False)) == []


class TestPush:
    def test_forms_of_the_campaign_open_and_what_they_ask_is_done(self, current, world, bai, as_):
        base = f"/renovation/{current.pk}/"
        for name in ("seat", "command", "norm", "criteria", "rhythm", "team", "secret", "follow"):
            assert as_(world.gao).get(f"{base}do/{name}/").status_code == 200, name
        asked = {"user": world.tang.pk, "part": "member", "duty": "北塘片区"}
        assert as_(world.gao).post(f"{base}do/seat/", asked).url == f"{base}push/"
        as_(world.gao).post(
            f"{base}do/follow/", {"kind": "rules", "goal": "制度上墙", "due_on": LATER}
        )
        page = words(as_(world.gao).get(f"{base}push/"))
        assert "北塘片区" in page and "制度上墙" in page

    def test_slips_and_difficulties_are_answered_by_pages(self, current, place, world, pan, as_):
        plan = actions.make_plan(
            place, mode="renovate", text="改", lead=world.zhang, by=pan, at=now()
        )
        url = f"/renovation/sites/{place.pk}/"
        late = as_(pan).post(f"{url}do/slip/", {"to_on": LATER + timedelta(days=9), "reason": "等"})
        assert late.status_code == 409 and "最后期限" in words(late)
        as_(pan).post(f"{url}do/trouble/", {"kind": "land", "text": "产权不清"})
        row = place.difficulties.get()
        as_(world.liu).post(f"/renovation/difficulties/{row.pk}/lift/")
        as_(world.gao).post(
            f"/renovation/difficulties/{row.pk}/solve/", {"solution": "已移交", "on": TODAY}
        )
        assert "已移交" in words(as_(pan).get(url))
        assert SitePlan.objects.get().stages.count() == plan.stages.count() == 5

    def test_verbs_of_a_place_open(self, current, place, world, pan, as_):
        for name in ("part", "visit", "charge", "area", "trouble", "exempt", "make"):
            assert (
                as_(world.gao).get(f"/renovation/sites/{place.pk}/do/{name}/").status_code == 200
            ), name
        part = {"org": world.roads.pk, "what": "修路", "due_on": LATER}
        assert (
            as_(world.gao).post(f"/renovation/sites/{place.pk}/do/part/", part).status_code == 302
        )
        case = place.parts.get().case
        assert "改造点位" in words(as_(world.li).get(f"/cases/{case.pk}/"))

    @pytest.mark.mission("S1.19")
    def test_a_member_of_a_research_team_writes_down_the_walk(self, current, place, world, as_):
        url = f"/renovation/sites/{place.pk}/do/visit/"
        assert as_(world.he).get(url).status_code == 404
        team = actions.found_team(
            current, number=1, regions=[world.north], members=[world.he], by=world.gao, at=now()
        )
        assert "第1调研组" in words(as_(world.he).get(url))
        given = {"team": team.pk, "leader": world.he.pk, "text": "走访", "on": TODAY, "key": "k"}
        assert as_(world.he).post(url, given).status_code == 302
        assert team.visits.get().site == place
        assert "走访 1/2" in words(as_(world.gao).get(f"/renovation/{current.pk}/push/"))

    def test_the_page_of_a_place_costs_few_queries(self, current, place, world, pan, as_):
        plan = actions.make_plan(
            place, mode="renovate", text="改", lead=world.zhang, by=pan, at=now()
        )
        actions.ask_slip(
            shorter(plan), to_on=TODAY + timedelta(days=2), reason="等", by=pan, at=now()
        )
        actions.charge(place, leader=world.tang, by=world.gao, at=now())
        for n in range(3):
            actions.raise_difficulty(place, kind="land", text=f"难点{n}", by=pan, at=now())
            actions.give_part(
                place, org=world.roads, what=f"任务{n}", due_on=LATER, by=world.gao, at=now()
            )
            actions.report(place, text=f"进展{n}", on=TODAY, by=pan, at=now())
        for user, most in (
            (world.gao, 8),
            (world.zhang, 8),
            (pan, 9),
        ):  # and the powers handed down
            client, url = as_(user), f"/renovation/sites/{place.pk}/"
            client.get(url)
            with CaptureQueriesContext(connection) as asked:
                page = words(client.get(url))
            assert "难点2" in page and "任务2" in page and "进展2" in page
            assert len(asked) <= most, [q["sql"][-200:] for q in asked]


def shorter(plan):
    """Return the plan's first stage, ending today: there is room to slip."""
    stage = plan.stages.get(code="design")
    stage.start_on = stage.end_on = TODAY
    stage.save()
    return stage
