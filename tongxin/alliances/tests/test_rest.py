"""The same verbs for programs: typed, refused as problems, once with a key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.alliances import actions
from tongxin.alliances.models import Alliance
from tongxin.meetings.actions import load_rules
from tongxin.testing import NOON

from .conftest import DAY

HOUR = timedelta(hours=1)


def test_alliances_and_projects(world, api, alliance, firm, chains):
    one = api("gao", "GET", "/alliances").json()["items"][0]
    assert one["name"] == alliance.name and one["projects"] == 0
    assert api("yue", "GET", "/alliances").json()["items"] == []
    assert api("yue", "GET", f"/alliances/{alliance.pk}").status_code == 404
    desks = api("gao", "GET", f"/alliances/{alliance.pk}").json()["desks"]
    body = {
        "desk": desks[0]["id"], "name": "试验基地", "owner": firm.pk, "region": world.north.code,
        "starts_on": str(DAY), "chain": "industrial", "investment_fen": 5,
    }  # fmt: skip
    made = api("gao", "POST", "/alliances/projects", body, key="p")
    assert made.status_code == 201
    assert (
        api("gao", "POST", "/alliances/projects", body, key="p").json()["id"] == made.json()["id"]
    )
    twice = api("gao", "POST", "/alliances/projects", body | {"desk": desks[1]["id"]}, key="q")
    assert twice.status_code == 409 and twice.json()["code"] == "project_taken"
    assert api("li", "POST", "/alliances/projects", body, key="r").status_code == 403
    assert len(api("gao", "GET", "/alliances/projects?state=active").json()["items"]) == 1
    url = f"/alliances/projects/{made.json()['id']}"
    assert api("gao", "GET", url).json()["dossier"]
    assert Alliance.objects.get().projects.count() == 1
    done = api("gao", "POST", f"{url}/finish", {"on": str(localdate())})
    assert done.json()["state"] == "finished"
    asked = api("gao", "GET", f"{url}/satisfaction").json()
    assert [row["label"] for row in asked] == ["项目办结"]
    assert (
        api("gao", "POST", f"/alliances/satisfaction/{asked[0]['id']}", {"stars": 5}).status_code
        == 403
    )


def test_approvals_letters_and_reviews(world, api, project, item):
    board = api(
        "gao", "GET", f"/alliances/approvals?kind=alliance_project&subject={project.pk}"
    ).json()
    assert len(board["items"]) == 9 and board["items"][0]["is_critical"]
    assert api("gao", "GET", f"/alliances/dossiers/{board['id']}").json()["norm_days"] == 47

    def post(path, body):
        return api("gao", "POST", f"/alliances/{path}", body)

    day = str(DAY)
    refused = post(f"approvals/{item('eia').pk}/submit", {"on": day})
    assert (
        refused.status_code == 409
        and refused.json()["code"] == "must_wait"
        and refused.json()["remedy"]
    )
    decided = post(f"approvals/{item('filed').pk}/decide", {"on": day, "state": "granted"})
    assert decided.json()["state"] == "granted"
    assert post(f"approvals/{item('eia').pk}/submit", {"on": day}).status_code == 200
    letter = {
        "number": "1",
        "conditions": "c",
        "issued_on": day,
        "valid_until": str(DAY + timedelta(days=90)),
    }
    made = post(f"approvals/{item('energy').pk}/letters", letter)
    assert made.status_code == 201
    assert post(f"approvals/{item('energy').pk}/letters", letter).json()["code"] == "letter_stands"
    late = {"number": "2", "issued_on": day, "valid_until": str(DAY + timedelta(days=120))}
    renewed = post(f"letters/{made.json()['id']}/renew", late)
    assert renewed.status_code in (
        201,
        409,
    )  # by the day on which this is run the letter has run out
    said = [{"item": item(code).pk, "state": "granted"} for code in ("planning_opinion", "eia")]
    body = {"held_on": day, "place": "大厅", "chair": "高峰", "verdicts": said}
    assert post(f"dossiers/{board['id']}/reviews", body).json()["verdicts"] == 2
    begun = post(f"dossiers/{board['id']}/dates", {"which": "begun", "on": day})
    assert begun.json()["code"] == "must_wait"
    subject = {
        "kind": "site_plan", "subject": "1", "label": "站点", "region": world.pine.code, "keeper": world.north_office.pk,
        "starts_on": day, "chain": "site",
    }  # fmt: skip
    assert len(api("liu", "POST", "/alliances/dossiers", subject).json()["items"]) == 6
    assert api("liu", "POST", "/alliances/dossiers", subject).json()["code"] == "dossier_there"
    assert api("liu", "POST", "/alliances/dossiers", subject | {"chain": "x"}).status_code == 404


def test_problems_indicators_meetings(world, api, project, types, guo):
    world.guo = guo
    url = f"/alliances/projects/{project.pk}"
    body = {"type": "eia", "title": "环评未批"}
    first = api("guo", "POST", f"{url}/problems", body, key="a")
    assert first.status_code == 201 and first.json()["step"] == "raised"
    assert api("guo", "POST", f"{url}/problems", body, key="a").json()["id"] == first.json()["id"]
    assert len(api("guo", "GET", f"{url}/problems").json()["items"]) == 1
    assert api("guo", "POST", f"{url}/problems", {"type": "no", "title": "x"}).status_code == 404
    assert {
        one["code"] for one in api("guo", "GET", "/alliances/problem-types?scope=project").json()
    } >= {"eia"}
    one = api(
        "gao", "POST", f"{url}/indicators", {"name": "容积率", "needed": "1.5", "rule": "most"}
    ).json()
    read = api(
        "gao",
        "POST",
        f"/alliances/indicators/{one['id']}/readings",
        {"value": "1.2", "on": str(DAY)},
    )
    assert (
        read.json()["is_met"] and api("gao", "GET", f"{url}/indicators").json()[0]["now"] == "1.20"
    )
    meeting = {
        "title": "协调", "starts_at": (now() + 3 * HOUR).isoformat(), "ends_at": (now() + 4 * HOUR).isoformat(),
        "venue": "现场", "chair": "高峰",
    }  # fmt: skip
    load_rules(at=NOON, by=None)
    assert api("gao", "POST", f"{url}/meetings", meeting, key="m").status_code == 201
    assert api("guo", "POST", f"{url}/meetings", meeting, key="m").status_code == 403


@pytest.mark.mission("S3.45")
def test_parks(world, api, park, enterprise, types):
    actions.load_index()
    assert [one["name"] for one in api("liu", "GET", "/alliances/parks").json()["items"]] == [
        park.name
    ]
    url = f"/alliances/parks/{park.pk}"
    firm = {"name": "新企业", "moved_in_on": str(DAY), "staff": 3}
    assert api("liu", "POST", f"{url}/enterprises", firm).status_code == 201
    assert api("liu", "POST", f"{url}/enterprises", firm).json()["code"] == "inside_already"
    assert len(api("liu", "GET", f"{url}/enterprises").json()["items"]) == 2
    body = {"type": "dust", "title": "扬尘"}
    made = api("sun", "POST", f"/alliances/enterprises/{enterprise.pk}/problems", body, key="e")
    assert made.status_code == 201 and not made.json()["is_solved"]
    assert len(api("liu", "GET", f"{url}/problems?state=open").json()["items"]) == 1
    found = api("liu", "GET", url).json()
    assert (found["enterprises"], found["staff"], found["problems"], found["index"]) == (
        2,
        15,
        1,
        0.0,
    )
    assert (
        api(
            "liu", "POST", f"{url}/uses", {"facility": "图书室", "on": str(DAY), "people": 4}
        ).json()["people"]
        == 4
    )
    talent = {"kind": "trained", "month": str(DAY), "people": 9}
    assert api("liu", "POST", f"{url}/talents", talent).json()["people"] == 9
    assert api("ma", "GET", url).status_code == 404
