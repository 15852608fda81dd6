from datetime import date

import pytest

from tongxin.regions import actions, queries
from tongxin.regions.models import Region

URL = "/api/v1/regions"


@pytest.fixture
def api(client, land):
    def get(path="", **params):
        return client.get(URL + path, params)

    return get


def codes(response):
    assert response.status_code == 200, response.content
    return [item["code"] for item in response.json()["items"]]


class TestList:
    def test_anyone_may_read_the_land(self, api):
        body = api(level="street").json()
        assert body["next"] is None
        assert body["items"][0] == {
            "code": "120116001",
            "name": "北塘街道",
            "short_name": "北塘街道",
            "level": "street",
            "kind": "street",
            "parent": "120116",
            "path": "1201/16/001/",
            "lng": pytest.approx(117.2, abs=0.3),
            "lat": pytest.approx(39.1, abs=0.3),
        }

    def test_it_reads_what_lies_under_a_region(self, api):
        assert codes(api(under="120116001", level="community")) == ["120116001001", "120116001002"]
        assert "120116001" not in codes(api(under="120116001"))

    def test_it_finds_by_name_and_code(self, api):
        assert codes(api(q="松", level="community")) == ["120116001001"]
        assert codes(api(q="1201161")) == codes(api(under="120116"))[-4:]

    def test_it_finds_who_holds_a_point(self, api):
        grid = Region.objects.filter(level="grid").first()
        chain = codes(api(at=f"{grid.lng},{grid.lat}"))
        assert chain == [land.code for land in queries.lands_of(grid.path)]
        assert codes(api(at=f"{grid.lng},{grid.lat}", level="street")) == [grid.code[:9]]
        assert codes(api(at="0,0")) == []

    def test_pages_follow_each_other(self, api):
        whole, seen, cursor = codes(api()), [], ""
        while cursor is not None:
            page = api(limit=4, cursor=cursor)
            seen += codes(page)
            cursor = page.json()["next"]
        assert seen == whole
        assert len(whole) == 13

    def test_closed_regions_are_not_listed(self, api, get):
        actions.close_region(region=get("120116001001001"), on=date(2026, 1, 1))
        assert "120116001001001" not in codes(api(level="grid"))

    @pytest.mark.parametrize(
        "params",
        [{"at": "here"}, {"at": "1,2,3"}, {"level": "moon"}, {"limit": 0}, {"limit": 9999}],
    )
    def test_it_refuses_what_it_cannot_read(self, api, params):
        assert api(**params).status_code == 422

    def test_it_refuses_an_unknown_region(self, api):
        assert api(under="999999").status_code == 404

    def test_a_warm_list_asks_the_database_nothing(self, api, django_assert_num_queries):
        api()
        with django_assert_num_queries(0):
            api(level="grid")


class TestDetail:
    def test_it_tells_what_lies_above_and_inside(self, api):
        body = api("/120116001").json()
        assert [parent["name"] for parent in body["parents"]] == ["天津市", "滨海新区"]
        assert body["children"] == {"community": 2, "grid": 4}
        assert body["is_synthetic"] is True
        assert body["polygon"] is None

    def test_it_gives_the_border_when_asked(self, api):
        fine = api("/120116", geometry=1).json()
        assert fine["is_synthetic"] is False
        assert [117.0, 39.0] in fine["polygon"]["coordinates"][0]
        moved = api("/120116", geometry=1, datum="gcj02").json()
        assert [117.0, 39.0] not in moved["polygon"]["coordinates"][0]

    def test_a_closed_region_names_who_took_over(self, api, get):
        actions.split_grid(grid=get("120116001001001"), into=2, on=date(2026, 1, 1))
        body = api("/120116001001001").json()
        assert body["valid_to"] == "2026-01-01"
        assert body["successors"] == ["120116001001003", "120116001001004"]

    def test_an_unknown_code_is_not_found(self, api):
        assert api("/999999").status_code == 404

    def test_it_asks_at_most_three_times(self, api, django_assert_max_num_queries):
        api()
        with django_assert_max_num_queries(3):
            api("/120116001", geometry=1)


class TestMap:
    def test_it_draws_one_level_below(self, api):
        response = api("/120116/geojson")
        assert response["Content-Type"] == "application/geo+json"
        assert "max-age" in response["Cache-Control"]
        features = response.json()["features"]
        assert [f["properties"]["code"] for f in features] == ["120116001", "120116100"]

    def test_it_draws_a_deeper_level(self, api):
        features = api("/120116/geojson", level="grid", tolerance_m=20).json()["features"]
        assert len(features) == 6

    def test_an_unchanged_map_is_not_sent_again(self, api, client, get):
        tag = api("/120116/geojson")["ETag"]
        again = client.get(f"{URL}/120116/geojson", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        actions.split_grid(grid=get("120116001001001"), into=2, on=date(2026, 1, 1))
        changed = client.get(f"{URL}/120116/geojson", headers={"If-None-Match": tag})
        assert changed.status_code == 200

    def test_it_asks_at_most_three_times(self, api, django_assert_max_num_queries):
        api()
        with django_assert_max_num_queries(3):
            api("/120116/geojson", level="grid")
