"""The overview: every figure is a link to the very cases it counts; gaps show; whistles are blown."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate, now

from tongxin.cases.actions import count_cases, make_move, open_draft, publish_rules, save_rule
from tongxin.cases.models import Case
from tongxin.cases.routing import forget_rules
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def a_request(world, region=None, ago=DAY, **more):
    given = {
        "text": "水管漏水", "topic": world.tap, "region": region or world.p1, "actor": world.sun,
        "at": now() - ago,
    }  # fmt: skip
    return file_request(**given | more)


@pytest.fixture
def lived(world):
    """Four in Pine (one late and closed, one old), one in Reed, one in Salt."""
    first = a_request(world)
    Case.objects.filter(pk=first.pk).update(is_late=True, is_counted=False)
    make_move(first, "cancel", at=now(), actor=world.sun)
    a_request(world, topic=world.errand)
    a_request(world, world.p2)
    a_request(world, ago=60 * DAY)
    a_request(world, world.reed)
    a_request(world, world.salt)


def overview(client, user, **words):
    client.force_login(user)
    return client.get("/street/", words)


class TestFigures:
    @pytest.mark.parametrize("is_counted", [False, True], ids=["uncounted", "counted"])
    @pytest.mark.parametrize(
        ("who", "period"),
        [("liu", "month"), ("liu", "quarter"), ("gao", "month"), ("zhang", "week")],
    )
    def test_each_leads_to_the_cases_it_counts(self, client, world, lived, who, period, is_counted):
        if is_counted:
            count_cases()
        response = overview(client, getattr(world, who), period=period)
        table = response.context["table"]
        assert table["rows"]
        for row in [*table["rows"], table["total"]]:
            for cell in row["cells"]:
                if "url" in cell:
                    listed = client.get(cell["url"])
                    assert len(listed.context["cards"]) == cell["value"], (
                        row["label"],
                        cell["url"],
                    )
        for tile in response.context["tiles"]:
            if tile.get("url"):
                assert len(client.get(tile["url"]).context["cards"]) == tile["value"]
        for _name, n, url in response.context["topics"]:
            assert len(client.get(url).context["cards"]) == n

    def test_they_are_right(self, client, world, lived):
        figures = overview(client, world.liu).context["figures"]
        assert (figures.whole.total, figures.whole.open, figures.whole.late) == (4, 3, 1)
        assert {row.land.name: row.total for row in figures.rows} == {"松社区": 3, "苇社区": 1}
        assert figures.whole.share == 25.0

    def test_of_a_grid_below_a_community(self, client, world, lived):
        figures = overview(client, world.zhang).context["figures"]
        assert {row.land.name: row.total for row in figures.rows} == {"第一网格": 2, "第二网格": 1}

    @pytest.mark.mission("S4.67")
    def test_of_a_city_above_districts(self, client, world, lived):
        figures = overview(client, world.ann, region="1201").context["figures"]
        assert figures.whole.total == 5
        assert [row.land.name for row in figures.rows] == ["滨海新区"]

    def test_days_of_ones_own_and_a_kind(self, client, world, lived):
        day = (now() - 60 * DAY).date()
        response = overview(client, world.liu, since=day - DAY, until=day + DAY, kind="request")
        assert response.context["figures"].whole.total == 1
        assert overview(client, world.liu, kind="wish").context["figures"].whole.total == 0

    def test_the_page_says_period_region_and_arithmetic(self, client, world, lived):
        text = overview(client, world.liu).content.decode()
        assert f"北塘街道 · {localdate(now() - 29 * DAY)}" in text
        assert "未超时率 = 1 − 1 ÷ 4" in text


class TestNow:
    def test_open_late_and_whistled_are_counted_and_listed(self, client, world, lived):
        Case.objects.update(due_at=now() + DAY)
        Case.objects.filter(community=world.reed).update(due_at=now() - DAY)
        shown = overview(client, world.liu).context["now_in"]
        assert shown["counted"] == {"open": 4, "late": 1, "whistle": 0}
        assert [card["place"] for card in shown["late"]] == ["苇社区"]
        assert len(shown["open"]) == 4

    def test_points_are_those_of_the_place(self, client, world):
        a_request(world, None, lng=117.55, lat=39.25)
        client.force_login(world.liu)
        (pin,) = client.get(reverse("portal:points")).json()
        assert (pin["title"], pin["char"]) == ("水管漏水", "派")
        client.force_login(world.wu)
        assert client.get(reverse("portal:points")).json() == []

    def test_areas_carry_their_figures(self, client, world, lived):
        client.force_login(world.liu)
        areas = client.get(reverse("portal:areas")).json()
        found = {one["properties"]["name"]: one["properties"] for one in areas["features"]}
        assert found["松社区"]["share"] == pytest.approx(33.3)
        assert found["苇社区"]["total"] == 1


@pytest.mark.mission("S0.26")
class TestGaps:
    def test_a_grid_without_a_party_unit_shows_as_a_gap(self, client, world):
        world.pine_party.grids.add(world.p1)
        response = overview(client, world.liu)
        assert (response.context["cover"].covered, response.context["cover"].total) == (1, 2)
        assert response.context["gaps_shown"] == ["北塘街道 · 松社区 · 第二网格"]
        client.force_login(world.liu)
        areas = client.get(reverse("portal:areas")).json()
        assert {
            one["properties"]["name"]: one["properties"]["gaps"] for one in areas["features"]
        } == {"松社区": 1, "苇社区": 0}

    def test_a_dissolved_unit_covers_nothing(self, client, world):
        world.pine_party.grids.add(world.p1, world.p2)
        assert overview(client, world.liu).context["gaps_shown"] == []
        world.pine_party.dissolved_on = now().date()
        world.pine_party.save()
        assert len(overview(client, world.liu).context["gaps_shown"]) == 2


class TestWhose:
    @pytest.mark.parametrize("region", ["120116002", "120116", "1201", "999", "x"])
    def test_a_place_they_do_not_oversee_is_not_there(self, client, world, region):
        for url in ("/street/", reverse("portal:areas"), reverse("portal:points")):
            client.force_login(world.liu)
            assert client.get(url, {"region": region}).status_code == 404

    @pytest.mark.parametrize("who", ["sun", "wang", "li"])
    def test_who_oversees_nothing_finds_nothing(self, client, world, who):
        assert overview(client, getattr(world, who)).status_code == 404

    def test_the_administrator_sees_the_district(self, client, world):
        assert overview(client, world.ann).context["land"].name == "滨海新区"


class TestWhistle:
    def blow(self, client, user, world, **changes):
        client.force_login(user)
        given = {
            "title": "河边垃圾", "text": "连续三天夜里倾倒", "region": world.pine.code,
            "departments": [world.roads.pk, world.water.pk], "lng": 117.55, "lat": 39.25,
        }  # fmt: skip
        return client.post(reverse("portal:whistle"), given | changes)

    @pytest.mark.mission("S2.53")
    def test_departments_are_called_the_first_leads(self, client, world):
        response = self.blow(client, world.liu, world)
        whistle = Case.objects.get(kind="whistle")
        assert response["Location"] == reverse("cases:detail", args=[whistle.pk])
        assert {call.handler for call in whistle.children.all()} == {world.roads, world.water}
        assert whistle.whistle.lead == world.roads
        assert whistle.whistle.street_org == world.north_office

    @pytest.mark.mission("S2.54")
    def test_the_green_lane_and_another_lead(self, client, world):
        self.blow(client, world.liu, world, is_fast="on", lead=world.water.pk)
        whistle = Case.objects.get(kind="whistle")
        assert whistle.is_fast
        assert whistle.whistle.lead == world.water

    @pytest.mark.mission("S2.53")
    def test_whom_the_rules_name_is_proposed_as_the_one_that_leads(self, client, world):
        draft = open_draft(region=world.tong, by=world.gao, at=NOON)
        rule = {"topic": world.tap, "target": "org", "handler": world.water}
        save_rule(ruleset=draft, by=world.gao, at=NOON, **rule)
        publish_rules(ruleset=draft, effective_from=NOON, reason="试行", by=world.gao, at=NOON)
        forget_rules()
        case = file_request(
            text="水管爆裂", topic=world.tap, region=world.pine, at=NOON, actor=world.sun
        )
        client.force_login(world.liu)
        page = client.get(reverse("portal:whistle"), {"case": case.pk})
        assert page.context["form"].initial["lead"] == str(world.water.pk)
        assert "按规则 R1：“水管维修”由水务局受理" in page.content.decode()

    def test_from_a_request_that_then_waits_for_it(self, client, world):
        case = a_request(world, lng=117.55, lat=39.25, address="三号楼")
        client.force_login(world.liu)
        form = client.get(reverse("portal:whistle"), {"case": case.pk}).context["form"]
        assert form.initial["address"] == "三号楼"
        self.blow(client, world.liu, world, case=case.pk)
        case.refresh_from_db()
        assert case.open_children == 1
        assert Case.objects.get(kind="whistle").parent == case

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": ""}, "title"), ({"text": ""}, "text"), ({"departments": []}, "departments"),
            ({"region": ""}, "region"), ({"region": "120116002001"}, "region"),
            ({"departments": ["999999"]}, "departments"), ({"title": "字" * 121}, "title"),
            ({"title": "河\x07边"}, "title"), ({"lng": "999"}, "lng"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_beside_its_field(self, client, world, changes, field):
        response = self.blow(client, world.liu, world, **changes)
        assert response.status_code == 422
        assert field in response.context["form"].errors
        assert not Case.objects.exists()

    def test_who_leads_must_be_called(self, client, world):
        response = self.blow(
            client, world.liu, world, departments=[world.roads.pk], lead=world.water.pk
        )
        assert "lead" in response.context["form"].errors

    def test_a_retry_blows_once(self, client, world):
        for _again in range(2):
            self.blow(client, world.liu, world, key="k1")
        assert Case.objects.filter(kind="whistle").count() == 1

    @pytest.mark.parametrize("who", ["zhang", "li", "sun"])
    def test_only_officers_blow(self, client, world, who):
        assert self.blow(client, getattr(world, who), world).status_code == 404
        assert not Case.objects.exists()

    def test_not_from_a_case_one_does_not_see(self, client, world):
        case = a_request(world, world.salt)
        assert self.blow(client, world.liu, world, case=case.pk).status_code == 404
        assert self.blow(client, world.liu, world, case="x").status_code == 404
