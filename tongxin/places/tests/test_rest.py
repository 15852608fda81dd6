"""Places for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.photos.actions import keep_photo
from tongxin.places import actions
from tongxin.places.models import Booking, Centre
from tongxin.requests.tests.test_loop import a_photo

from .test_pages import culture, hall, nursery  # noqa: F401


def test_registered_opened_and_furnished(world, api, samples):
    body = {
        "region": world.pine.code,
        "kind": "community",
        "name": "松社区工作站",
        "address": "松林路 8 号",
    }
    made = api("zhang", "POST", "/places/centres", body, key="k")
    assert made.status_code == 201
    assert api("zhang", "POST", "/places/centres", body, key="k").json() == made.json()
    twice = api("zhang", "POST", "/places/centres", body | {"name": "又一个"})
    assert (twice.status_code, twice.json()["code"]) == (409, "centre_there")
    assert api("wu", "POST", "/places/centres", body).status_code == 403
    path = f"/places/centres/{made.json()['id']}"
    assert api("wu", "GET", path).status_code == 404  # not open, not theirs
    assert (
        api("zhang", "POST", f"{path}/state", {"state": "open", "on": str(localdate())}).status_code
        == 200
    )
    room = {"kind": "library", "name": "图书室", "capacity": 20}
    assert api("zhang", "POST", f"{path}/rooms", room).status_code == 201
    assert api("wu", "POST", f"{path}/rooms", room).status_code == 404
    area = {"area_m2": 400, "reason": "实测"}
    assert api("liu", "POST", f"{path}/area", area).json()["area_m2"] == 400
    day = {"day": str(localdate()), "hours": "", "reason": "停电"}
    assert api("zhang", "POST", f"{path}/days", day).json()["why"] == "停电"
    whole = api("sun", "GET", path).json()
    assert whole["rooms"][0]["use"] == "convenience" and whole["days"][0]["hours"] == ""
    assert api("sun", "GET", "/places/centres?kind=community").json()["next"] is None
    assert len(api("sun", "GET", "/places/kinds").json()) == 16
    assert api("sun", "GET", f"{path}/papers").json() == []


@pytest.mark.usefixtures("samples")
def test_booked_waited_and_moved_up(world, api, culture):  # noqa: F811
    start = (now() + timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)
    body = {
        "room": culture.pk, "starts_at": start.isoformat(), "purpose": "合唱", "people": 9,
        "ends_at": (start + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    made = api("sun", "POST", "/places/bookings", body, key="k")
    assert made.status_code == 201
    assert api("sun", "POST", "/places/bookings", body, key="k").json()["id"] == made.json()["id"]
    taken = api("ma", "POST", "/places/bookings", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "taken")
    assert api("ma", "POST", "/places/bookings", body | {"wait": True}).json()["state"] == "waiting"
    days = api("ma", "GET", f"/places/rooms/{culture.pk}/days").json()
    assert sum(len(day["taken"]) for day in days) == 1 and "合唱" not in str(days)
    path = f"/places/bookings/{made.json()['id']}"
    assert api("ma", "POST", path, {"verb": "cancel"}).status_code == 404
    assert api("sun", "POST", path, {"verb": "came", "came": 3}).status_code == 403
    assert api("sun", "POST", path, {"verb": "cancel"}).json()["state"] == "cancelled"
    assert Booking.objects.get(by=world.ma).state == "booked"
    assert len(api("zhang", "GET", "/places/bookings").json()["items"]) == 2
    assert api("sun", "GET", "/places/bookings?cursor=x").status_code == 422


def test_care_is_signed_up_for(world, api, nursery):  # noqa: F811
    start = now() + timedelta(days=1)
    start = start.replace(hour=2, minute=0, second=0, microsecond=0)
    session = actions.open_session(
        room=nursery, starts_at=start, ends_at=start + timedelta(hours=2), title="四点半课堂", places=1,
        by=world.zhang, at=now(),
    )  # fmt: skip
    body = {"name": "孙小宝", "phone": "13800001111"}
    made = api("sun", "POST", f"/places/care/{session.pk}/places", body).json()
    assert made["label"] == "孙*宝"
    (row,) = api("ma", "GET", "/places/care").json()["items"]
    assert (row["left"], row["waiting"]) == (0, 0)
    full = api(
        "ma",
        "POST",
        f"/places/care/{session.pk}/places",
        {"name": "马小跳", "phone": "13800002222"},
    )
    assert full.json()["code"] == "full"
    assert api("ma", "POST", f"/places/care/places/{made['id']}/back").status_code == 404
    assert (
        api("sun", "POST", f"/places/care/places/{made['id']}/back").json()["state"] == "cancelled"
    )


def test_pages_of_centres_cost_few_queries(world, api, hall, django_assert_max_num_queries):  # noqa: F811
    for n in range(3):
        actions.register_centre(
            region=world.pine, name=f"服务点{n}", kind="point", by=world.zhang, at=now()
        )
    api("zhang", "GET", "/places/centres")
    with django_assert_max_num_queries(4):
        page = api("zhang", "GET", "/places/centres?limit=2").json()
    assert len(page["items"]) == 2 and page["next"]
    rest = api("zhang", "GET", f"/places/centres?limit=2&cursor={page['next']}").json()
    assert {row["id"] for row in page["items"] + rest["items"]} == set(
        Centre.objects.values_list("pk", flat=True)
    )


@pytest.fixture
def centre(world, samples) -> Centre:
    return actions.register_centre(
        region=world.pine, name="松社区工作站", kind="community", by=world.zhang, at=now()
    )


@pytest.mark.mission("S1.48")
def test_a_sign_is_hung_by_its_photo_and_judged_by_another(world, api, centre, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world.tao = world.person("tao", "陶监督", world.district_office, "inspector")
    code = api("zhang", "GET", "/places/sign-standards").json()[0]["code"]
    photo = str(keep_photo(data=a_photo(), by=world.zhang, at=now()).pk)
    path, given = (
        f"/places/centres/{centre.pk}/signs",
        {"standard": code, "photo": photo, "on": str(localdate())},
    )
    assert api("wu", "POST", path, given).status_code == 404
    assert api("zhang", "POST", path, given | {"standard": "?"}).json()["field"] == "standard"
    made = api("zhang", "POST", path, given).json()
    assert (made["standard"], made["verdict"]) == (code, "")
    assert api("zhang", "POST", path, given).json()["code"] == "sign_there"
    sign = f"/places/signs/{made['id']}"
    assert api("zhang", "POST", sign, {"verb": "right"}).status_code == 403
    assert api("tao", "POST", sign, {"verb": "wrong"}).status_code == 422
    judged = api("tao", "POST", sign, {"verb": "wrong", "note": "字号太小"}).json()
    assert (judged["verdict"], judged["note"]) == ("wrong", "字号太小")
    assert api("zhang", "POST", sign, {"verb": "down"}).json()["removed_on"] == str(localdate())
    assert len(api("liu", "GET", path).json()) == 1
    assert api("sun", "GET", path).status_code == 404


@pytest.mark.mission("S1.2")
def test_a_phase_is_scored_line_by_line_with_why(world, api, centre):
    items = api("liu", "GET", "/places/phase-items?phase=manage").json()
    answers = [{"item": one["id"], "points": one["points"]} for one in items]
    path, given = f"/places/centres/{centre.pk}/scores", {"phase": "manage", "answers": answers}
    assert api("zhang", "POST", path, given).status_code == 403
    less = [answers[0] | {"points": 0}, *answers[1:]]
    for wrong in (answers[1:], less):
        refused = api("liu", "POST", path, given | {"answers": wrong})
        assert refused.status_code == 422 and refused.json()["code"] == "bad_score"
    less[0]["why"] = "没有值班表"
    made = api("liu", "POST", path, given | {"answers": less})
    assert made.status_code == 201
    assert api("zhang", "GET", f"{path}?phase=manage").json() == [made.json()]
    assert made.json()["answers"][0]["why"] == "没有值班表"
    assert api("sun", "GET", path).status_code == 404


@pytest.mark.mission("S1.50")
def test_papers_are_drafted_and_published_version_by_version(world, api, centre):
    given = {"centre": centre.pk, "kind": "rules", "title": "使用守则", "text": "爱护公物",
             "effective_from": str(localdate())}  # fmt: skip
    assert api("wu", "POST", "/places/papers", given).status_code == 404
    assert api("zhang", "POST", "/places/papers", given | {"text": ""}).status_code == 422
    whole = given | {"centre": None, "region": world.north.code}
    assert api("zhang", "POST", "/places/papers", whole).status_code == 403
    assert api("liu", "POST", "/places/papers", whole).json()["region"] == world.north.code
    first, second = (api("zhang", "POST", "/places/papers", given).json() for _n in range(2))
    assert (first["version"], second["version"]) == (1, 2)
    publish = f"/places/papers/{first['id']}/publish"
    assert api("sun", "POST", publish).status_code == 404
    assert api("zhang", "POST", publish).json()["is_published"]
    assert api("zhang", "POST", publish).json()["code"] == "paper_published"
    listed = f"/places/papers?centre={centre.pk}"
    assert [one["version"] for one in api("zhang", "GET", listed).json()["items"]] == [2, 1]
    assert [one["version"] for one in api("sun", "GET", listed).json()["items"]] == [1]
