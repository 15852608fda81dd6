"""Report-in over HTTP: the same verbs, the same refusals, retries that act once."""

from __future__ import annotations

import pytest

from tongxin.dual_report import actions
from tongxin.dual_report.models import DutyTurn, MemberReport, PostClaim, VolunteerPost

from .conftest import HOUR, NOON, a_post, a_turn, a_unit, fresh, reported

REPORT = {"community": "120116001001", "agreed": True, "wants": ["civic"]}


@pytest.fixture(autouse=True)
def _clock(clock):
    return clock


def test_report_and_confirm(api, world):
    filed = api("wang", "POST", "/report-in/reports", REPORT, key="a")
    assert filed.status_code == 201 and filed.json()["state"] == "filed"
    again = api("wang", "POST", "/report-in/reports", REPORT, key="a")
    assert again.status_code == 201 and again["Idempotency-Replayed"] == "true"
    other = api(
        "wang", "POST", "/report-in/reports", REPORT | {"community": world.salt.code}, key="b"
    )
    assert (other.status_code, other.json()["code"]) == (409, "already_reported")
    pk = filed.json()["id"]
    assert api("wu", "POST", f"/report-in/reports/{pk}/confirm").status_code == 404
    assert api("qin", "POST", f"/report-in/reports/{pk}/confirm").status_code == 403
    assert (
        api("zhang", "POST", f"/report-in/reports/{pk}/confirm", key="c").json()["state"]
        == "confirmed"
    )
    assert api("zhang", "POST", f"/report-in/reports/{pk}/confirm", key="c").status_code == 200
    assert MemberReport.objects.count() == 1


@pytest.mark.parametrize("change,field", [({"agreed": False}, "agreed"), ({"wants": ["x"]}, "wants"),
                                          ({"grid": "120116002001"}, "grid")])  # fmt: skip
def test_a_report_is_judged_as_on_the_page(api, world, change, field):
    answer = api("wang", "POST", "/report-in/reports", REPORT | change)
    assert answer.status_code == 422 and answer.json()["field"] == field


def test_who_is_no_member_and_who_has_no_token(api, world):
    assert api("sun", "POST", "/report-in/reports", REPORT).json()["code"] == "not_a_member"
    assert api("", "GET", "/report-in/reports").status_code == 401


def test_reports_are_listed_for_who_may_see_them(api, world):
    reported(world)
    assert [one["name"] for one in api("zhang", "GET", "/report-in/reports").json()["items"]] == [
        "王芳"
    ]
    assert api("wu", "GET", "/report-in/reports").json() == {"items": [], "next": None}
    assert api("zhang", "GET", "/report-in/reports?cursor=x").status_code == 422


def test_posts_are_offered_claimed_and_confirmed(api, world, clock):
    body = {
        "community": world.pine.code, "title": "清理", "service": "civic", "place": "门口", "wanted": 1,
        "starts_at": (NOON + HOUR).isoformat(), "ends_at": (NOON + 3 * HOUR).isoformat(),
    }  # fmt: skip
    post = api("zhang", "POST", "/report-in/posts", body, key="p").json()
    assert api("zhang", "POST", "/report-in/posts", body, key="p").json()["id"] == post["id"]
    assert VolunteerPost.objects.count() == 1
    assert api("wang", "POST", "/report-in/posts", body).status_code == 403
    path = f"/report-in/posts/{post['id']}/claim"
    claim = api("sun", "POST", path, {}, key="c")
    assert (
        claim.status_code == 201 and api("sun", "POST", path, {}, key="c")["Idempotency-Replayed"]
    )
    assert api("ma", "POST", path, {}).json()["code"] == "post_full"
    assert api("ma", "POST", path, {"wait": True}).json()["state"] == "waiting"
    listed = api("sun", "GET", f"/report-in/posts?region={world.north.code}").json()["items"]
    assert [(one["left"], one["mine"]) for one in listed] == [(0, "held")]
    assert api("sun", "GET", f"/report-in/posts?region={world.south.code}").json()["items"] == []
    clock(NOON + 4 * HOUR)
    done = f"/report-in/claims/{claim.json()['id']}/confirm"
    assert api("sun", "POST", done, {"minutes": 60}).status_code == 403
    assert api("wu", "POST", done, {"minutes": 60}).status_code == 404
    assert api("zhang", "POST", done, {"minutes": 60}, key="d").json()["state"] == "done"
    assert api("zhang", "POST", done, {"minutes": 60}, key="d").status_code == 200
    (entry,) = api("sun", "GET", "/report-in/record").json()["items"]
    assert (entry["what"], entry["minutes"], entry["by"]) == ("岗位：清理", 60, "张敏")


def test_a_place_is_given_back_once(api, world):
    claim = actions.claim_post(post=a_post(world), by=world.wang, at=NOON)
    path = f"/report-in/claims/{claim.pk}/release"
    for _twice in range(2):
        assert api("wang", "POST", path, key="r").json()["state"] == "released"
    assert api("zhao", "POST", path).status_code == 404
    assert PostClaim.objects.get().post.taken == 0


def test_turns_are_signed_and_appraised(api, world, clock):
    turn = a_turn(world)
    clock(NOON + 9 * HOUR)
    path = f"/report-in/turns/{turn.pk}"
    far = api("wang", "POST", f"{path}/sign-in", {"lng": 117.7, "lat": 39.3})
    assert (
        far.status_code == 409 and far.json()["code"] == "too_far" and "米" in far.json()["detail"]
    )
    here = {"lng": 117.6, "lat": 39.3, "accuracy": 10}
    for _twice in range(2):
        assert api("wang", "POST", f"{path}/sign-in", here, key="i").json()["state"] == "on_duty"
    clock(NOON + 10 * HOUR)
    for _twice in range(2):
        assert api("wang", "POST", f"{path}/sign-out", key="o").json()["state"] == "served"
    assert api("wang", "POST", f"{path}/appraise", {"verdict": "good"}).status_code == 403
    assert api("zhao", "POST", f"{path}/appraise", {"verdict": "good"}).status_code == 404
    for _twice in range(2):
        assert (
            api("zhang", "POST", f"{path}/appraise", {"verdict": "good"}, key="v").json()["verdict"]
            == "good"
        )
    assert [one["verdict"] for one in api("wang", "GET", "/report-in/turns").json()["items"]] == [
        "good"
    ]
    assert fresh(turn).state == DutyTurn.State.APPRAISED


def test_coverage_and_units(api, world):
    unit = a_unit(world)
    actions.report_unit(unit=unit, community=world.pine, contact="方", by=world.zhang, at=NOON)
    found = api("liu", "GET", "/report-in/coverage").json()
    assert found["whole"]["units"]["base"] == 1 and "应报到 1 家" in found["why_units"]
    (row,) = api("zhang", "GET", "/report-in/units").json()["items"]
    assert (row["unit"], row["state"], row["pact_until"]) == ("北塘电厂党委", "confirmed", None)
    assert api("wang", "GET", "/report-in/coverage").status_code == 403
    assert api("wu", "GET", f"/report-in/coverage?region={world.pine.code}").status_code == 404


def test_pages_of_reports_go_on(api, world):
    from .test_rosters import members

    members(world, 60)
    first = api("zhang", "GET", "/report-in/reports").json()
    assert len(first["items"]) == 50
    second = api("zhang", "GET", f"/report-in/reports?cursor={first['next']}").json()
    assert len(second["items"]) == 10 and second["next"] is None
