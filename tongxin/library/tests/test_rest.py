"""The library through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.library import actions
from tongxin.library.models import Exemplar, ExemplarOpinion


@pytest.mark.mission("S2.33")
def test_from_the_draft_to_the_public(world, api, desk, kinds):
    body = {
        "kind": "story", "org": world.branch.pk, "desk": desk.pk, "title": "停水之夜",
        "texts": {"story": "送水到十一楼。"}, "source": ["alliance", "7", "旧改", "/alliances/7/"],
    }  # fmt: skip
    made = api("qin", "POST", "/library/exemplars", body, key="a")
    assert made.status_code == 201 and made.json()["moves"] == ["submit", "withdraw"]
    assert api("qin", "POST", "/library/exemplars", body, key="a").json()["id"] == made.json()["id"]
    path = f"/library/exemplars/{made.json()['id']}"
    changed = {"title": "停水那一夜", "texts": {"story": "送水到十二楼。"}}
    assert api("qin", "PUT", path, changed).json()["texts"]["story"] == "送水到十二楼。"
    assert api("yue", "GET", path).status_code == 404
    for who, name in (("qin", "submit"), ("bai", "review"), ("tang", "sign"), ("bai", "publish")):
        assert api(who, "POST", f"{path}/moves/{name}", {}).status_code == 200, name
    refused = api("bai", "POST", f"{path}/moves/withdraw", {"note": ""})
    assert refused.status_code == 422 and refused.json()["code"] == "missing"
    public = api("", "GET", "/library/published?q=停水").json()["items"]
    assert [one["title"] for one in public] == ["停水那一夜"]
    told = api("", "GET", f"/library/published/{public[0]['id']}").json()
    assert told["reads"] == 1 and told["texts"] == changed["texts"]
    assert {k["code"] for k in api("qin", "GET", "/library/kinds").json()} >= {"case", "experience"}
    assert ExemplarOpinion.objects.count() == 4 and Exemplar.objects.count() == 1


def test_a_contest_a_volume_and_a_set(world, api, desk, publish):
    today = localdate()
    body = {
        "org": desk.pk, "title": "评选", "opens_on": str(today), "closes_on": str(today),
        "judging_until": str(today + timedelta(days=3)), "least_marks": 1,
        "criteria": [{"name": "总评", "number": 100}], "prizes": [{"name": "一等奖", "number": 1}],
    }  # fmt: skip
    contest = api("bai", "POST", "/library/contests", body, key="c").json()
    path = f"/library/contests/{contest['id']}"
    actions.appoint_judge(_contest(contest["id"]), user=world.gao, by=world.bai, at=now())
    api("bai", "POST", f"{path}/moves/open", {})
    one = publish()
    assert api("qin", "POST", f"{path}/entries", {"exemplar": one.pk}).status_code == 201
    api("bai", "POST", f"{path}/moves/judging", {})
    told = api("gao", "GET", path).json()
    assert [row["number"] for row in told["to_mark"]] == [1]
    mark = {"points": {told["criteria"][0]["id"]: 88.5}, "comment": "做法具体"}
    assert api("gao", "POST", f"{path}/entries/1/mark", mark).status_code == 200
    assert api("liu", "POST", f"{path}/entries/1/mark", mark).status_code == 403
    api("bai", "POST", f"{path}/moves/rank", {})
    assert api("qin", "GET", f"{path}/ranking").status_code == 404
    api("bai", "POST", f"{path}/moves/publish", {})
    assert api("qin", "GET", f"{path}/ranking").json()[0]["why"] == "1 份评分平均 88.50 分"

    volume = api(
        "bai", "POST", "/library/volumes", {"org": desk.pk, "title": "汇编", "year": 2026}
    ).json()
    part = volume["parts"][0]["id"]
    items = {"part": part, "exemplars": [one.pk]}
    bound = api("bai", "POST", f"/library/volumes/{volume['id']}/items", items).json()
    assert bound["parts"][0]["exemplars"] == [one.pk]
    assert api("yue", "GET", f"/library/volumes/{volume['id']}").status_code == 404

    made = api("bai", "POST", "/library/policies", {"org": desk.pk, "name": "1+1"}).json()
    document = {
        "role": "main", "title": "意见", "issuer": "街道", "issued_on": "2026-01-01",
        "effective_from": "2026-01-01", "text": "第一条 每季一会。",
    }  # fmt: skip
    got = api("bai", "POST", f"/library/policies/{made['id']}/documents", document).json()
    link = {
        "clause": got["clauses"][0]["id"],
        "what": "rule",
        "kind": "meeting_rules",
        "ref": "life",
        "label": "制度",
    }
    assert (
        api("bai", "POST", f"/library/policies/documents/{got['id']}/links", link).status_code
        == 200
    )
    assert (
        api("bai", "POST", f"/library/policies/{made['id']}/publish", {}).json()["shape"] == "1+0"
    )
    basis = api("qin", "GET", "/library/policies/basis?kind=meeting_rules&id=life").json()
    assert basis[0]["clause"] == "第一条" and basis[0]["is_in_force"]


def _contest(pk):
    from tongxin.library.models import Contest

    return Contest.objects.get(pk=pk)


def test_a_course_a_visit_and_a_brand(world, api, desk):
    actions.load_families()
    course = api(
        "qin",
        "POST",
        "/library/courses",
        {"org": world.branch.pk, "kind": "lecture", "title": "党课", "hours": 2},
    ).json()
    path = f"/library/courses/{course['id']}"
    api("qin", "POST", f"{path}/open", {})
    starts = now() + timedelta(days=1)
    session = {
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=1)).isoformat(),
        "venue": "会议室",
        "places": 1,
    }
    told = api("qin", "POST", f"{path}/sessions", session).json()["sessions"][0]
    assert api("wang", "POST", f"/library/sessions/{told['id']}/sign-up").json() == {
        "state": "signed"
    }
    assert api("zhao", "POST", f"/library/sessions/{told['id']}/sign-up").json() == {
        "state": "waiting"
    }
    assert api("wang", "GET", path).json()["sessions"][0]["mine"] == "signed"
    assert api("wang", "POST", f"/library/sessions/{told['id']}/cancel").json() == {
        "state": "cancelled"
    }
    assert api("wang", "GET", "/library/courses/hours").json()["rows"] == []

    visit = {
        "org": world.branch.pk,
        "from_name": "某市",
        "topic": "治理",
        "on": str(localdate()),
        "people": 56,
    }
    for _twice in range(2):
        assert api("qin", "POST", "/library/receptions", visit, key="v").status_code == 201
    found = api("qin", "GET", "/library/receptions").json()
    assert (found["batches"], found["people"]) == (1, 56)

    brand = {"family": "vital", "org": world.branch.pk, "name": "先锋岗", "since": "2025-01-01"}
    refused = api("qin", "POST", "/library/brands", brand)
    assert refused.status_code == 422 and refused.json()["field"] == "family"
    made = api("qin", "POST", "/library/brands", brand | {"org": world.pine_office.pk})
    assert made.status_code == 403  # not of the secretary's unit
    zhang = api("zhang", "POST", "/library/brands", brand | {"org": world.pine_office.pk}).json()
    values = {"period": "2025", "values": {zhang["indicators"][0]["id"]: 7}}
    got = api("zhang", "POST", f"/library/brands/{zhang['id']}/values", values).json()
    assert got["indicators"][0]["values"] == {"2025": "7.00"} or got["indicators"][0]["values"] == {
        "2025": 7.0
    }
    assert [
        one["name"] for one in api("", "GET", "/library/brands?family=vital").json()["items"]
    ] == ["先锋岗"]
