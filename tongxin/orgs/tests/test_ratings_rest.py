"""Ratings, plans and pairings through the API: a year's list, what is refused, a retry acts once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from tongxin.orgs import actions
from tongxin.orgs.models import ImprovementPlan, Org, RatingLabel, UnitPairing, UnitRating
from tongxin.testing import NOON

TODAY = localdate()
YEAR = TODAY.year


@pytest.fixture
def labels(world) -> dict[str, RatingLabel]:
    actions.load_unit_rules()
    return {label.code: label for label in RatingLabel.objects.all()}


@pytest.fixture
def second(world) -> Org:
    """A second branch under Pine's committee."""
    unit = Org.objects.create(
        name="松社区第二党支部", kind="party", unit_kind="branch", sector="community",
        region=world.pine, parent=world.pine_party,
    )  # fmt: skip
    unit.path = f"{world.pine_party.path}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


def wish(unit: Org, label: str, **more) -> dict:
    given = {"unit": unit.pk, "year": YEAR, "label": label, "reason": "三会一课按时开展"}
    return given | {"on": TODAY.isoformat()} | more


@pytest.mark.mission("S2.24")
def test_a_rating_is_given_once_for_a_key_and_listed_by_label(world, api, labels):
    body = wish(world.branch, "five_good")
    made = api("tang", "POST", "/unit-ratings", body, key="r")
    again = api("tang", "POST", "/unit-ratings", body, key="r")
    assert (made.status_code, made.content) == (201, again.content)
    assert UnitRating.objects.count() == 1
    listed = api("he", "GET", f"/unit-ratings?year={YEAR}&label=five_good").json()
    assert [one["unit"]["name"] for one in listed["items"]] == ["松社区第一党支部"]
    assert listed["items"] == [made.json()] and listed["next"] is None
    assert api("he", "GET", "/unit-ratings?label=lagging").json()["items"] == []
    assert api("yue", "GET", "/unit-ratings").json()["items"] == []  # Salt's
    twice = api("tang", "POST", "/unit-ratings", body)
    assert (twice.status_code, twice.json()["code"]) == (409, "rated_so")


def test_a_share_shows_its_base(world, api, labels, second):
    api("tang", "POST", "/unit-ratings", wish(second, "five_good"))
    found = api("tang", "GET", f"/unit-ratings/labels?year={YEAR}").json()
    share = next(one for one in found["items"] if one["code"] == "five_good")
    assert (share["n"], share["base"], share["percent"]) == (1, 2, 50.0)
    assert (found["year"], share["tone"], share["is_sample"]) == (YEAR, "good", True)


def test_who_may_not_rate_and_what_is_no_rating(world, api, labels):
    own = api("qin", "POST", "/unit-ratings", wish(world.branch, "five_good"))
    assert (own.status_code, own.json()["code"]) == (403, "not_your_unit")
    far = api("yue", "POST", "/unit-ratings", wish(world.branch, "five_good"))
    assert (far.status_code, far.json()["field"]) == (404, "unit")
    unknown = api("tang", "POST", "/unit-ratings", wish(world.branch, "six_stars"))
    assert (unknown.status_code, unknown.json()["field"]) == (422, "label")
    other = api("tang", "POST", "/unit-ratings", wish(world.branch, "dual_strong"))
    assert (other.status_code, other.json()["code"]) == (422, "bad_label")
    short = api("tang", "POST", "/unit-ratings", wish(world.branch, "five_good", reason="好"))
    assert short.json()["field"] == "reason"
    ahead = (TODAY + timedelta(days=1)).isoformat()
    early = api("tang", "POST", "/unit-ratings", wish(world.branch, "five_good", on=ahead))
    assert early.json()["field"] == "on"
    assert not UnitRating.objects.exists()


def test_a_label_taken_back_leaves_the_list(world, api, labels):
    made = api("tang", "POST", "/unit-ratings", wish(world.branch, "five_good")).json()
    path = f"/unit-ratings/{made['id']}/withdraw"
    assert api("qin", "POST", path, {"reason": "材料不实"}).status_code == 403
    assert api("yue", "POST", path, {"reason": "材料不实"}).status_code == 404
    back = api("tang", "POST", path, {"reason": "材料不实"}).json()
    assert (back["withdrawn_why"], back["withdrawn_on"]) == ("材料不实", TODAY.isoformat())
    assert api("tang", "GET", "/unit-ratings").json()["items"] == []
    assert api("tang", "POST", path, {"reason": "材料不实"}).json()["code"] == "rated_so"


@pytest.mark.mission("S2.25")
def test_a_lagging_unit_plans_works_and_is_lifted_from_above(world, api, labels):
    rating = api("tang", "POST", "/unit-ratings", wish(world.branch, "lagging")).json()
    due = (TODAY + timedelta(days=60)).isoformat()
    plan = {
        "causes": "书记长期空缺",
        "due": due,
        "measures": [{"text": "每月开支委会", "due": due}],
    }
    path = f"/unit-ratings/{rating['id']}/plan"
    assert (
        api("liu", "POST", path, plan).status_code == 403
    )  # looks over the land, keeps no register
    assert api("qin", "POST", path, plan | {"measures": []}).status_code == 422
    made = api("qin", "POST", path, plan).json()
    assert api("qin", "POST", path, plan).json()["code"] == "not_lagging"  # one plan
    assert api("tang", "GET", "/unit-ratings").json()["items"][0]["plan_id"] == made["id"]

    url = f"/unit-plans/{made['id']}"
    more = api("qin", "POST", f"{url}/measures", {"text": "补齐委员", "due": due, "who": "秦岚"})
    assert [one["text"] for one in more.json()["measures"]] == ["每月开支委会", "补齐委员"]
    assert api("yue", "GET", url).status_code == 404
    done = {"on": TODAY.isoformat(), "note": "已做到"}
    lift = {"on": TODAY.isoformat(), "reason": "措施都做到了"}
    early = api("tang", "POST", f"{url}/lift", lift)
    assert (early.status_code, early.json()["code"]) == (409, "plan_over")
    for one in more.json()["measures"]:
        assert api("qin", "POST", f"{url}/measures/{one['id']}/finish", done).status_code == 200
    assert api("qin", "POST", f"{url}/measures/99999/finish", done).status_code == 404
    assert api("qin", "POST", f"{url}/lift", lift).status_code == 403  # not by itself
    lifted = api("tang", "POST", f"{url}/lift", lift).json()
    assert lifted["lifted_on"] == TODAY.isoformat() and lifted["measures"][0]["note"] == "已做到"
    assert api("qin", "POST", f"{url}/measures", {"text": "再来", "due": due}).status_code == 409
    assert ImprovementPlan.objects.get().lifted_by == world.tang


@pytest.mark.mission("S2.26")
def test_a_pairing_is_suggested_made_by_a_person_and_ended_with_its_outcome(
    world, api, labels, second
):
    api("tang", "POST", "/unit-ratings", wish(world.branch, "lagging"))
    body = {"good": second.pk, "lagging": world.branch.pk, "goals": "帮建班子、带队伍",
            "on": TODAY.isoformat()}  # fmt: skip
    refused = api("tang", "POST", "/unit-pairings", body)
    assert (refused.status_code, refused.json()["field"]) == (422, "good")  # never rated good
    api("tang", "POST", "/unit-ratings", wish(second, "five_good"))
    hint = api("tang", "GET", "/unit-pairings/suggestions").json()["items"]
    assert [one["lagging"]["id"] for one in hint] == [world.branch.pk]
    assert hint[0]["choices"][0]["good"]["id"] == second.pk
    assert "在同一个社区" in hint[0]["choices"][0]["reason"]
    assert not UnitPairing.objects.exists()  # a hint is no pairing
    assert api("qin", "GET", "/unit-pairings/suggestions").json()["items"] == []

    assert api("qin", "POST", "/unit-pairings", body).status_code in (403, 404)
    made = api("tang", "POST", "/unit-pairings", body, key="p")
    assert api("tang", "POST", "/unit-pairings", body, key="p").content == made.content
    assert made.status_code == 201 and made.json()["to_date"] is None
    assert api("tang", "GET", "/unit-pairings/suggestions").json()["items"] == []
    assert api("qin", "GET", "/unit-pairings").json()["items"] == [made.json()]
    assert api("yue", "GET", "/unit-pairings").json()["items"] == []

    path = f"/unit-pairings/{made.json()['id']}/end"
    end = {"on": TODAY.isoformat(), "outcome": "按期换届，恢复了三会一课"}
    assert api("qin", "POST", path, end).status_code == 403
    assert api("yue", "POST", path, end).status_code == 404
    over = api("tang", "POST", path, end).json()
    assert (over["outcome"], over["to_date"]) == (end["outcome"], TODAY.isoformat())
    assert api("tang", "POST", path, end).status_code == 422
    assert api("tang", "GET", "/unit-pairings").json()["items"] == []
    assert api("tang", "GET", "/unit-pairings?state=over").json()["items"] == [over]


def test_lists_cost_few_queries_however_long(world, api, labels, django_assert_max_num_queries):
    units = Org.objects.bulk_create(
        Org(name=f"支部{n:03d}", kind="party", unit_kind="branch", region=world.pine,
            sector="community", parent=world.pine_party, path=f"{world.pine_party.path}8{n}/")
        for n in range(30)
    )  # fmt: skip
    UnitRating.objects.bulk_create(
        UnitRating(unit=unit, year=YEAR, label=labels["lagging" if n % 2 else "five_good"],
                   reason="事实", on=date(YEAR, 1, 5), at=NOON, decided_by=world.tang)
        for n, unit in enumerate(units)
    )  # fmt: skip
    UnitPairing.objects.bulk_create(
        UnitPairing(good=units[n], lagging=units[n + 1], goals="帮", from_date=date(YEAR, 1, 6),
                    by=world.tang, at=NOON)
        for n in range(0, 30, 2)
    )  # fmt: skip
    api("tang", "GET", "/unit-ratings")
    with django_assert_max_num_queries(4):
        page = api("tang", "GET", "/unit-ratings?limit=20").json()
    with django_assert_max_num_queries(4):
        rest = api("tang", "GET", f"/unit-ratings?limit=20&cursor={page['next']}").json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (20, 10, None)
    with django_assert_max_num_queries(4):
        assert len(api("tang", "GET", "/unit-pairings").json()["items"]) == 15
    with django_assert_max_num_queries(5):
        api("tang", "GET", "/unit-ratings/labels")
