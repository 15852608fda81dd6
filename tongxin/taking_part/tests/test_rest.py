"""Taking part for programs: the same actions, refusals as problems, no kept answer of a vote."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.accounts.models import KeptReply
from tongxin.taking_part import actions
from tongxin.taking_part.models import Ballot, Invite, Motion, Poll
from tongxin.taking_part.queries.surveys import token_of

HOUR = timedelta(hours=1)
BASE = "/taking-part"


def motion_body(world, **changes):
    return {"community": world.pine.code, "raiser": "residents", "title": "加装充电桩", "text": "两处"} | changes  # fmt: skip


@pytest.mark.mission("S3.34")
def test_a_motion_is_raised_supported_admitted_and_spoken_to(rules, api):
    world = rules
    made = api("sun", "POST", f"{BASE}/motions", motion_body(world), key="m")
    assert made.status_code == 201 and made.json()["step"] == "raised"
    assert api("sun", "POST", f"{BASE}/motions", motion_body(world), key="m").json()["id"] == made.json()["id"]  # fmt: skip
    url = f"{BASE}/motions/{made.json()['id']}"
    assert api("ma", "POST", f"{url}/support").json()["supports"] == 2
    twice = api("ma", "POST", f"{url}/support")
    assert twice.status_code == 409 and twice.json()["code"] == "supported_already"
    bare = api("sun", "POST", f"{BASE}/motions", motion_body(world, text=" "))
    assert bare.status_code == 422 and bare.json()["code"] == "missing"
    assert (
        api("zhang", "POST", f"{url}/moves/admit", {"note": "受理"}).json()["step"] == "discussing"
    )
    assert api("sun", "POST", f"{url}/moves/refuse", {"note": "x"}).status_code in (403, 404, 409)
    said = api("ma", "POST", f"{url}/statements", {"text": "支持", "stance": "for"}, key="s")
    assert said.status_code == 201
    told = api("sun", "GET", f"{url}/statements").json()["items"]
    assert [one["shown_as"] for one in told] == ["马先生"]
    listed = api("sun", "GET", f"{BASE}/motions?community={world.pine.code}").json()
    assert len(listed["items"]) == 1 and listed["next"] is None
    assert api("sun", "GET", url).json()["text"] == "两处"
    assert Motion.objects.count() == 1


def test_a_poll_from_its_roll_to_its_result(rules, api):
    world, at = rules, now()
    body = {
        "community": world.pine.code, "rule": "community_households", "title": "选楼长", "text": "三号楼",
        "opens_at": (at + 5 * 24 * HOUR).isoformat(), "closes_at": (at + 6 * 24 * HOUR).isoformat(),
        "is_secret": True,
    }  # fmt: skip
    assert api("wu", "POST", f"{BASE}/polls", body).status_code == 403
    made = api("zhang", "POST", f"{BASE}/polls", body, key="p").json()
    url = f"{BASE}/polls/{made['id']}"
    rows = {"rows": [{"name": "孙桂兰", "place": "1-1-101", "phone": "13900000001"}]}
    assert api("zhang", "POST", f"{url}/roll", rows).json() == {"written": 1}
    assert api("zhang", "POST", f"{url}/roll", rows).status_code == 409
    assert api("wu", "POST", f"{url}/roll", rows).status_code == 404
    assert api("zhang", "POST", f"{url}/post").json()["state"] == "posted"
    early = api("sun", "GET", f"{url}/result")
    assert early.status_code == 409 and early.json()["code"] == "not_yet_closed"
    Poll.objects.update(opens_at=at - HOUR)
    actions.polls_due(at=at)
    mine = api("sun", "GET", url).json()["mine"]
    vote = {"entry": mine[0]["entry"], "choice": "yes", "receipt": actions.new_receipt()}
    assert api("ma", "POST", f"{url}/votes", vote).status_code == 404
    kept = api("sun", "POST", f"{url}/votes", vote, key="k")  # a kept answer would tell
    assert kept.status_code == 422 and kept.json()["code"] == "key_not_taken"
    assert api("sun", "POST", f"{url}/votes", vote).json() == {"receipt": vote["receipt"]}
    assert api("sun", "POST", f"{url}/votes", vote).status_code == 201  # the same receipt
    assert api("sun", "POST", f"{url}/votes", vote | {"receipt": ""}).status_code == 409
    assert (
        Ballot.objects.count() == 1
        and not KeptReply.objects.filter(path__contains="votes").exists()
    )
    asked = f"{url}/receipt?receipt={vote['receipt']}"
    assert api("ma", "GET", asked).json() == {"is_counted": True}
    Poll.objects.update(closes_at=at)
    actions.polls_due(at=at)
    assert api("ma", "GET", f"{url}/result").status_code == 409  # not published
    assert api("zhang", "POST", f"{url}/publish").json()["state"] == "published"
    told = api("ma", "GET", f"{url}/result").json()
    assert told["passed"] and told["figures"] == [] and told["why"]  # one ballot: no figures


def test_a_survey_is_answered_by_token_and_has_results_when_it_ends(rules, api):
    world, today = rules, localdate()
    one = actions.make_survey(
        region=world.pine, title="满意度", wave="一", opens_on=today, closes_on=today,
        template="satisfaction", by=world.zhang, at=now(),
    )  # fmt: skip
    actions.draw_sample(one, populations={world.pine.pk: 90}, total=6, by=world.zhang, at=now())
    actions.open_survey(one, by=world.zhang, at=now())
    values = {f"q{n}": "4" for n in range(1, 6)} | {"q6": "a1"}
    for invite in Invite.objects.order_by("n"):
        sent = {"token": token_of(invite.pk), "values": values}
        assert api("sun", "POST", f"{BASE}/surveys/answers", sent).status_code == 201
    keyed = api("sun", "POST", f"{BASE}/surveys/answers", sent, key="k")
    assert keyed.json()["code"] == "key_not_taken" and not KeptReply.objects.exists()
    again = api("sun", "POST", f"{BASE}/surveys/answers", sent)
    assert again.status_code == 409 and again.json()["code"] == "token_used"
    url = f"{BASE}/surveys/{one.pk}/results"
    assert api("zhang", "GET", url).status_code == 409
    actions.close_survey(one, by=world.zhang, at=now())
    told = api("zhang", "GET", url).json()
    assert (told["n"], told["index"]["value"]) == (6, 75.0)
    assert api("sun", "GET", url).status_code == 404
    assert [s["id"] for s in api("zhang", "GET", f"{BASE}/surveys").json()["items"]] == [one.pk]
    assert api("sun", "GET", f"{BASE}/surveys").json()["items"] == []


def test_groups_and_campaigns(rules, api):
    world, today = rules, localdate()
    actions.register_group(community=world.pine, kind="self", name="议事会", leader="甲", by=world.zhang, at=now())  # fmt: skip
    found = api("sun", "GET", f"{BASE}/groups?community={world.pine.code}").json()["items"]
    assert [one["name"] for one in found] == ["议事会"] and "leader" not in found[0]
    one = actions.start_item_campaign(org=world.pine_party, name="十联", from_on=today, due_on=today, by=world.tang, at=now())  # fmt: skip
    told = api("tang", "GET", f"{BASE}/campaigns/{one.pk}").json()
    assert len(told["items"]) == 30 and told["total"]["members"] == 2
    assert api("sun", "GET", f"{BASE}/campaigns/{one.pk}").status_code == 404
