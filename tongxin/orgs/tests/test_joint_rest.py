"""Joint committees through the API: founded once, seats given and ended, by whom."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils.timezone import localdate

from tongxin.orgs import actions
from tongxin.orgs.models import JointMember, Org
from tongxin.testing import NOON

ON = date(2026, 3, 2).isoformat()


@pytest.fixture
def committee(world, api) -> dict:
    made = api("tang", "POST", "/joint-committees", {"parent": world.north_party.pk, "on": ON})
    return made.json()["unit"]


@pytest.fixture
def firm(world) -> Org:
    return Org.objects.create(name="海天公司", kind="unit", region=world.pine)


@pytest.mark.mission("S0.40")
def test_a_street_has_one_and_a_retry_founds_none(world, api):
    body = {"parent": world.north_party.pk, "on": ON}
    shown = api("tang", "POST", "/joint-committees", body | {"dry_run": True}, key="j")
    assert shown.status_code == 200 and shown.json()["unit"]["name"] == "北塘街道大工委"
    assert not Org.objects.filter(unit_kind="joint_committee").exists()
    made = api("tang", "POST", "/joint-committees", body, key="j")
    again = api("tang", "POST", "/joint-committees", body, key="j")
    assert (made.status_code, made.json()["unit"]) == (201, again.json()["unit"])
    assert again["Idempotency-Replayed"] == "true"
    assert Org.objects.filter(unit_kind="joint_committee").count() == 1
    second = api("tang", "POST", "/joint-committees", body)
    assert (second.status_code, second.json()["code"]) == (409, "seat_taken")

    actions.start_pilot(
        feature="joint_committee", regions=[world.reed], on=date(2026, 3, 1), at=NOON, by=world.tang
    )
    pine = {"parent": world.pine_party.pk, "on": ON}
    off = api("tang", "POST", "/joint-committees", pine)  # the trial runs in Reed alone
    assert off.json()["code"] == "pilot_off" and off.json()["field"] == "parent"
    far = api("yue", "POST", "/joint-committees", body)
    assert (far.status_code, far.json()["field"]) == (404, "parent")
    assert api("qin", "POST", "/joint-committees", body).status_code in (403, 404)
    top = api("he", "POST", "/joint-committees", {"parent": world.tong_party.pk, "on": ON})
    assert top.json()["code"] == "not_joint"


@pytest.mark.mission("S0.39")
def test_seats_are_given_once_and_ended_and_the_row_stays(world, api, committee, firm):
    path = f"/joint-committees/{committee['id']}/seats"
    seat = {"origin": firm.pk, "name": "郑经理", "task": "联系商户", "on": ON}
    made = api("tang", "POST", path, seat, key="s")
    assert (made.status_code, made.json()["duty"]) == (201, "member")
    assert api("tang", "POST", path, seat, key="s").content == made.content
    assert api("tang", "POST", path, seat).json()["code"] == "seat_taken"
    assert JointMember.objects.count() == 1
    chair = api("tang", "POST", path, seat | {"duty": "chair"})
    assert (chair.status_code, chair.json()["field"]) == (409, "origin")
    far = Org.objects.create(name="南港公司", kind="unit", region=world.salt)
    outside = api("tang", "POST", path, seat | {"origin": far.pk})
    assert (outside.status_code, outside.json()["code"]) == (422, "not_of_the_area")
    assert api("tang", "POST", path, seat | {"origin": 999_999}).json()["field"] == "origin"

    listed = api("tang", "GET", path).json()
    assert listed == {"items": [made.json()], "next": None}
    above = api("tang", "GET", "/joint-committees").json()["items"]
    assert [(one["name"], one["seats"]) for one in above] == [("北塘街道大工委", 1)]
    end = f"{path}/{made.json()['id']}/end"
    ended = api("tang", "POST", end).json()
    assert ended["to_date"] == localdate().isoformat()
    assert api("tang", "POST", end).status_code == 409
    assert api("tang", "GET", path).json()["items"] == []
    assert api("tang", "GET", f"{path}?state=ended").json()["items"] == [ended]
    assert api("tang", "GET", "/joint-committees").json()["items"][0]["seats"] == 0


def test_who_may_not(world, api, committee, firm):
    path = f"/joint-committees/{committee['id']}/seats"
    seat = {"origin": firm.pk, "name": "郑经理", "on": ON}
    made = api("tang", "POST", path, seat).json()
    end = f"{path}/{made['id']}/end"
    assert api("liu", "GET", path).status_code == 200  # looks over the land
    assert api("liu", "POST", path, seat | {"name": "别人"}).json()["code"] == "not_your_unit"
    assert api("liu", "POST", end).status_code == 403
    for who in ("yue", "sun"):
        assert api(who, "GET", "/joint-committees").json()["items"] == []
        assert api(who, "GET", path).status_code == 404
        assert api(who, "POST", path, seat).status_code == 404
        assert api(who, "POST", end).status_code == 404
    assert api("", "GET", path).status_code == 401
    other = f"/joint-committees/{world.pine_party.pk}/seats"
    assert api("tang", "POST", other, seat).status_code == 404  # no joint committee
    assert JointMember.objects.get().to_date is None


def test_those_of_a_land(world, api, committee, django_assert_max_num_queries):
    here = api("he", "GET", f"/joint-committees?region={world.north.code}").json()["items"]
    assert [one["id"] for one in here] == [committee["id"]]
    assert here[0]["parent"]["name"] == "北塘街道党工委"
    with django_assert_max_num_queries(4):
        there = api("he", "GET", f"/joint-committees?region={world.pine.code}")
    assert there.json()["items"] == []
