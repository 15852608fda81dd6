"""Conferences over HTTP: plan, agenda, resolve; lists and matching; what is refused."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.conferences.models import JointActivity, ListItem, Resolution, Session

from .scenes import held, item, resolved, street
from .test_lists import need, supply


def get(api, who, path):
    answer = api(who, "GET", f"/conferences{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_bodies_and_how_they_stand(bodies, api):
    street(bodies)
    found = get(api, "gao", "/bodies?level=street")["items"]
    assert {one["name"] for one in found} == {"北塘街道党建联席会议", "南港街道党建联席会议"}
    one = next(row for row in found if row["org"])
    full = get(api, "tang", f"/bodies/{one['id']}")
    assert (full["chair"], [seat["name"] for seat in full["seats"]]) == (
        "唐颖", ["城市管理委", "水务局"],
    )  # fmt: skip
    assert api("yue", "GET", f"/conferences/bodies/{one['id']}").status_code == 404
    assert get(api, "gao", "/standings")["items"]


def test_a_session_is_planned_once_and_its_agenda_set(bodies, api):
    body = street(bodies)
    begins = now() + timedelta(days=2)
    sent = {"body": body.pk, "starts_at": begins.isoformat(), "venue": "会议室",
            "ends_at": (begins + timedelta(hours=2)).isoformat()}  # fmt: skip
    first = api("tang", "POST", "/conferences/sessions", sent, key="s1")
    again = api("tang", "POST", "/conferences/sessions", sent, key="s1")
    assert first.status_code == 201, first.content
    assert first.json()["id"] == again.json()["id"]
    assert Session.objects.count() == 1
    sent = {"kind": "service", "title": "路灯不亮"}
    made = api("li", "POST", f"/conferences/bodies/{body.pk}/items", sent)
    assert made.status_code == 201, made.content
    url = f"/conferences/sessions/{first.json()['id']}"
    answer = api("tang", "POST", f"{url}/agenda", {"items": [made.json()["id"]]})
    assert [one["title"] for one in answer.json()] == ["路灯不亮"]
    assert api("tang", "POST", f"{url}/announce").json()["state"] == "noticed"
    assert api("li", "POST", f"{url}/agenda", {"items": []}).status_code == 403
    assert get(api, "li", f"/sessions/{first.json()['id']}")["agenda"][0]["title"] == "路灯不亮"


@pytest.mark.mission("S3.31")
def test_resolving_needs_an_owner(bodies, api):
    session = held(bodies, items=[item(bodies)])
    url = f"/conferences/sessions/{session.pk}/resolutions"
    sent = {"title": "装护栏", "work": "300 米", "place": "朝阳路",
            "due_on": str(localdate() + timedelta(days=20))}  # fmt: skip
    refused = api("tang", "POST", url, sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "no_owner")
    sent["units"] = [bodies.roads.pk]
    made = api("tang", "POST", url, sent, key="r1")
    assert made.status_code == 201, made.content
    assert made.json()["tasks"][0]["owner"] == "城市管理委"
    assert api("tang", "POST", url, sent, key="r1").json()["id"] == made.json()["id"]
    assert Resolution.objects.count() == 1
    assert get(api, "li", "/resolutions?state=open")["items"][0]["title"] == "装护栏"
    assert api("li", "POST", url, sent).status_code == 404


@pytest.mark.mission("S3.24", "S3.30")
def test_lists_meet_over_http(world, api):
    today = localdate()
    sent = {"kind": "need", "region": world.pine.code, "matter": "people", "title": "清理楼道",
            "quantity": 4, "from_date": str(today), "to_date": str(today + timedelta(days=9))}  # fmt: skip
    made = api("zhang", "POST", "/conferences/list-items", sent, key="n1")
    assert made.status_code == 201, made.content
    assert api("zhang", "POST", "/conferences/list-items", sent, key="n1").json() == made.json()
    gives = supply(world, at=now(), from_date=today, to_date=today + timedelta(days=30))
    run = api("zhang", "POST", "/conferences/matching", {"region": world.pine.code}).json()
    assert run["is_optimal"]
    match = run["matches"][0]
    assert (match["supply"], match["quantity"]) == (gives.pk, 4)
    done = api("zhang", "POST", f"/conferences/matches/{match['id']}/accept")
    assert done.status_code == 200, done.content
    url = f"/conferences/list-items/{made.json()['id']}/agree"
    refused = api("zhang", "POST", url, {"supply": gives.pk, "quantity": 1})
    assert refused.json()["code"] == "need_met"
    seen = get(api, "li", f"/agreements/{done.json()['case']}")
    assert seen["step"] == "agreed"
    assert api("sun", "GET", f"/conferences/agreements/{seen['case']}").status_code == 404
    items = get(api, "zhang", "/list-items?kind=need")["items"]
    assert items[0]["left"] == 0
    assert (
        api("wu", "POST", "/conferences/matching", {"region": world.pine.code}).status_code == 403
    )


def test_figures_and_packages_are_read(bodies, api):
    resolved(bodies)
    need(bodies)
    assert get(api, "gao", f"/figures?region={bodies.north.code}")["agreed"] == 0
    assert api("sun", "GET", f"/conferences/figures?region={bodies.north.code}").status_code == 404
    assert get(api, "gao", "/packages") == {"items": [], "next": None}


def test_a_round_asks_once_and_its_opinions_are_answered(world, api):
    today = localdate()
    sent = {"region": world.pine.code, "title": "今年最想办哪件事", "from_date": str(today),
            "to_date": str(today + timedelta(days=9))}  # fmt: skip
    first = api("zhang", "POST", "/conferences/consultations", sent, key="c1")
    assert first.status_code == 201, first.content
    pk = first.json()["id"]
    assert api("zhang", "POST", "/conferences/consultations", sent, key="c1").json()["id"] == pk
    assert api("sun", "POST", "/conferences/consultations", sent).status_code == 403
    url = f"/conferences/consultations/{pk}"
    given = {"text": "东门太黑，请装路灯"}
    said = api("sun", "POST", f"{url}/opinions", given)
    assert said.status_code == 201, said.content
    again = api("sun", "POST", f"{url}/opinions", given)
    assert again.json()["id"] == said.json()["id"]
    assert get(api, "zhang", f"/consultations/{pk}")["opinions"] == 1
    assert [one["text"] for one in get(api, "zhang", f"/consultations/{pk}/opinions")["items"]]
    assert api("sun", "GET", url).status_code == 404
    need_ = {"matter": "goods", "title": "路灯", "quantity": 2, "from_date": str(today),
             "to_date": str(today + timedelta(days=60))}  # fmt: skip
    path = f"/conferences/opinions/{said.json()['id']}/answer"
    assert api("sun", "POST", path, {"answer": "好"}).status_code == 403
    answered = api("zhang", "POST", path, {"need": need_})
    assert answered.status_code == 200, answered.content
    assert answered.json()["need"] == ListItem.objects.get().pk
    assert api("zhang", "POST", path, {"answer": "再答"}).status_code == 409
    closed = api("zhang", "POST", f"{url}/close", {"summary": "一条意见，已列入清单"})
    assert closed.json()["summary"] and closed.json()["closed_at"]
    assert api("zhang", "POST", f"{url}/close", {"summary": "再结束"}).status_code == 409
    assert api("sun", "POST", f"{url}/opinions", {"text": "晚了"}).status_code == 404


def test_units_are_asked_to_an_activity_and_answer_for_themselves(world, api):
    begins = now() + timedelta(hours=1)
    sent = {"title": "清洁家园", "region": world.pine.code, "place": "广场",
            "host": world.north_party.pk, "orgs": [world.roads.pk, world.water.pk],
            "starts_at": begins.isoformat(),
            "ends_at": (begins + timedelta(hours=2)).isoformat()}  # fmt: skip
    assert api("li", "POST", "/conferences/activities", sent).status_code == 403
    made = api("tang", "POST", "/conferences/activities", sent, key="a1")
    assert made.status_code == 201, made.content
    again = api("tang", "POST", "/conferences/activities", sent, key="a1")
    pk = made.json()["id"]
    assert again.json()["id"] == pk and len(again.json()["parts"]) == 2
    url = f"/conferences/activities/{pk}"
    given = {"org": world.roads.pk, "joins": True, "people": 6, "brings": "垃圾清运车"}
    assert api("zhou", "POST", f"{url}/answer", given).status_code == 403
    answered = api("li", "POST", f"{url}/answer", given)
    assert {part["answer"] for part in answered.json()["parts"]} == {"joins", "asked"}
    held_ = {"residents": 40, "result": "清理楼道 12 处"}
    early = api("tang", "POST", f"{url}/hold", held_)
    assert (early.status_code, early.json()["code"]) == (409, "activity_over")
    JointActivity.objects.update(starts_at=begins - timedelta(hours=2))
    assert api("tang", "POST", f"{url}/hold", held_).json()["state"] == "held"
    assert get(api, "li", "/activities?state=held")["items"][0]["residents"] == 40
    assert api("yue", "GET", url).status_code == 404
