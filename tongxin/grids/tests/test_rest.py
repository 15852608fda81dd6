"""Grids and components through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from tongxin.grids.models import Component, Problem
from tongxin.photos.actions import keep_photo
from tongxin.requests.tests.test_loop import a_photo
from tongxin.testing import NOON

NORTH, P1 = "120116001", "120116001001001"


def test_grids_with_their_gaps(world, api, django_assert_max_num_queries):
    api.token_of("liu")
    with django_assert_max_num_queries(9):
        page = api("liu", "GET", f"/grids?region={NORTH}&limit=1").json()
    assert page["items"][0]["code"] == P1 and page["items"][0]["has_worker"] is True
    rest = api("liu", "GET", f"/grids?region={NORTH}&cursor={page['next']}").json()
    assert [one["name"] for one in rest["items"]] == ["第二网格"] and rest["next"] is None
    assert api("wu", "GET", f"/grids?region={NORTH}").status_code == 404
    assert api("", "GET", f"/grids?region={NORTH}").status_code == 401


def test_one_grid(world, api):
    told = api("mei", "GET", f"/grids/{P1}").json()
    assert told["name"] == "第一网格" and "梅雪" in told["crew"] and "没有党组织" in told["gaps"]
    assert len(told["functions"]) == 4
    assert api("wu", "GET", f"/grids/{P1}").status_code == 404
    assert api("liu", "GET", f"/grids/{NORTH}").status_code == 404


class TestComponents:
    def test_entered_once_and_found_again(self, world, api, cover):
        body = {"item": "01001", "lng": 117.55, "lat": 39.25, "address": "门前"}
        made = api("mei", "POST", "/grids/components", body, key="a")
        again = api("mei", "POST", "/grids/components", body, key="a")
        assert made.status_code == 201 and again.json() == made.json()
        assert Component.objects.count() == 1
        code = made.json()["code"]
        assert api("liu", "GET", f"/grids/components/{code}").json()["grid"] == P1
        listed = api("liu", "GET", f"/grids/components?region={NORTH}").json()
        assert [one["code"] for one in listed["items"]] == [code]
        near = api("mei", "GET", "/grids/components/near?lng=117.55&lat=39.25").json()
        assert near["items"][0]["metres"] == 0
        assert api("wu", "GET", "/grids/components/near?lng=117.55&lat=39.25").json()["items"] == []
        assert api("wu", "GET", f"/grids/components/{code}").status_code == 404

    def test_its_state_with_a_photo(self, world, api, lid):
        photo = keep_photo(data=a_photo(), by=world.mei, at=NOON)
        body = {"state": "broken", "note": "裂", "photos": [str(photo.pk)]}
        done = api("mei", "POST", f"/grids/components/{lid.code}/state", body, key="s").json()
        assert (done["before"], done["after"]) == ("good", "broken")
        assert lid.events.get(pk=done["id"]).photos.get() == photo
        world_photo = {"state": "good", "photos": [str(photo.pk)]}
        assert (
            api("zhang", "POST", f"/grids/components/{lid.code}/state", world_photo).status_code
            == 404
        )

    def test_a_photo_is_shown_to_who_sees_the_component(self, world, api, lid, client):
        photo = keep_photo(data=a_photo(), by=world.mei, at=NOON)
        api(
            "mei",
            "POST",
            f"/grids/components/{lid.code}/state",
            {"state": "broken", "photos": [str(photo.pk)]},
        )
        for user, status in ((world.liu, 200), (world.wu, 404)):
            client.force_login(user)
            answer = client.get(f"/photos/{photo.pk}/thumb/")
            assert answer.status_code == status
            assert b"".join(answer.streaming_content if answer.streaming else [answer.content])

    def test_refusals_are_problems_with_a_field(self, world, api, lid):
        lost = api("mei", "POST", f"/grids/components/{lid.code}/state", {"state": "lost"})
        assert lost.status_code == 422 and lost.json()["field"] == "note"
        unknown = api(
            "mei", "POST", "/grids/components", {"item": "09999", "lng": 117.55, "lat": 39.25}
        )
        assert unknown.status_code == 404 and unknown.json()["field"] == "item"

    def test_the_catalogue(self, world, api, cover):
        told = api("mei", "GET", f"/grids/catalogue?region={P1}").json()
        assert told["items"][0]["topic"] == "0103" and told["items"][0]["is_extension"] is False


@pytest.mark.mission("S4.32")
def test_hard_problems(world, api):
    body = {
        "region": world.pine.code, "title": "下水反复堵", "lead": world.roads.pk,
        "due_on": str(localdate() + timedelta(days=20)),
    }  # fmt: skip
    made = api("zhang", "POST", "/grids/problems", body, key="p").json()
    assert api("zhang", "POST", "/grids/problems", body, key="p").json()["id"] == made["id"]
    path = f"/grids/problems/{made['id']}"
    assert api("li", "POST", f"{path}/notes", {"text": "已查管网"}).status_code == 200
    assert api("li", "POST", f"{path}/close", {"result": "好了"}).status_code == 403
    assert api("zhang", "POST", f"{path}/close", {"result": "换了主管"}).json()["closed_on"]
    assert api("wu", "POST", f"{path}/notes", {"text": "x"}).status_code == 404
    assert Problem.objects.get().notes.count() == 1
    assert api("liu", "GET", f"/grids/problems?region={NORTH}&state=done").json()["items"]
