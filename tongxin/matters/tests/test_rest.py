"""The same matter over HTTP."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import localdate, now

from tongxin.matters.actions import find_hot_topics

from .desk import HERE, ask

TEXT = {"text": "3号楼前路灯不亮，电话13800138000", "lng": HERE[0], "lat": HERE[1]}


def test_similar(world, api):
    case = ask(world, "我叫张三丰，三号楼路灯坏了")
    answer = api("ma", "POST", "/matters/similar", TEXT).json()
    (one,) = answer["items"]
    assert one["id"] == str(case.pk) and one["score"] > 0.5 and "路灯" in one["why"]
    assert "张三丰" not in one["title"] and answer["private"] == ["phone"]
    mine = api("zhang", "POST", "/matters/similar", TEXT).json()["items"]
    assert "张三丰" in mine[0]["title"]


def test_private_requests_are_for_those_who_see_them(world, api):
    ask(world, is_private=True)
    assert api("ma", "POST", "/matters/similar", TEXT).json()["items"] == []
    assert len(api("zhang", "POST", "/matters/similar", TEXT).json()["items"]) == 1


def test_similar_refusals(world, api):
    assert api("", "POST", "/matters/similar", TEXT).status_code == 401
    problem = api("ma", "POST", "/matters/similar", {"text": "路灯不亮"})
    assert (problem.status_code, problem.json()["field"]) == (422, "region")
    assert api("ma", "POST", "/matters/similar", {"text": "x", "lng": 1}).json()["field"] == "lat"
    long = api("ma", "POST", "/matters/similar", TEXT | {"text": "水" * 100_000})
    assert long.status_code == 422


def test_join_and_leave(world, api):
    case = ask(world)
    for _twice in range(2):
        answer = api("ma", "POST", f"/matters/{case.pk}/join", key="k")
        assert answer.json() == {"case": str(case.pk), "joined": 1}
    assert api("ma", "POST", f"/matters/{case.pk}/leave").json()["joined"] == 0
    assert api("sun", "POST", f"/matters/{case.pk}/join").status_code == 409
    secret = ask(world, is_private=True)
    assert api("ma", "POST", f"/matters/{secret.pk}/join").status_code == 404


def test_hot_topics(world, api):
    for n, who in enumerate((world.sun, world.ma, world.wang)):
        ask(world, "丽发新城搅拌站噪音扰民" + "！" * n, who=who, ago=timedelta(days=1))
    today = localdate()
    find_hot_topics(
        region=world.tong,
        since=today - timedelta(days=7),
        until=today + timedelta(days=1),
        at=now(),
    )
    (one,) = api("gao", "GET", "/matters/hot").json()["items"]
    assert (one["cases"], one["people"], one["region"]) == (3, 3, world.tong.code)
    assert str(one["heat"]) in one["why"]
    assert api("sun", "GET", "/matters/hot").json()["items"] == []
    assert api("gao", "GET", f"/matters/hot?cursor={one['id']}").json() == {
        "items": [],
        "next": None,
    }
    assert api("gao", "GET", "/matters/hot?cursor=x").status_code == 422
