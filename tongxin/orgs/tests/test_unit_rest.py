"""The register of units through the API: what is seen, what is refused, a retry acts once."""

from __future__ import annotations

from datetime import date

from tongxin.orgs.models import Membership, Org, OrgChange, Person


def test_the_register_is_that_of_the_page(world, api):
    names = [one["name"] for one in api("tang", "GET", "/units").json()["items"]]
    assert names == ["北塘街道党工委", "松社区党委", "松社区第一党支部"]
    first = api("he", "GET", "/units?limit=2").json()
    more = api("he", "GET", f"/units?limit=50&cursor={first['next']}").json()
    assert len(first["items"]) == 2 and len(more["items"]) == 3
    assert api("sun", "GET", "/units").json()["items"] == []
    assert api("", "GET", "/units").status_code == 401


def test_one_unit_tells_members_only_to_readers(world, api):
    path = f"/units/{world.branch.pk}"
    mine = api("qin", "GET", path).json()
    assert {"stage": "正式党员", "n": 2} in mine["members"] and mine["verbs"] is False
    assert [one["name"] for one in mine["above"]] == ["滨海区委", "北塘街道党工委", "松社区党委"]
    assert api("liu", "GET", path).json()["members"] is None
    assert api("yue", "GET", path).status_code == 404


def test_a_unit_is_founded_once_for_a_key(world, api):
    body = {
        "name": "第一党小组",
        "unit_kind": "group",
        "parent": world.branch.pk,
        "on": "2026-03-02",
    }
    shown = api("qin", "POST", "/units", body | {"dry_run": True}, key="k")
    assert shown.status_code == 200 and not Org.objects.filter(name="第一党小组").exists()
    made = api("qin", "POST", "/units", body, key="k")
    again = api("qin", "POST", "/units", body, key="k")
    assert (made.status_code, made.json()["unit"]) == (201, again.json()["unit"])
    assert again["Idempotency-Replayed"] == "true"
    assert OrgChange.objects.filter(kind="found").count() == 1
    assert api("wu", "POST", "/units", body, key="w").status_code == 404
    bad = api("qin", "POST", "/units", body | {"unit_kind": "committee", "name": "x"}).json()
    assert bad["code"] == "bad_place" and bad["field"] == "parent"


def test_the_verbs_take_their_own_and_refuse_the_rest(world, api):
    path = f"/units/{world.branch.pk}"
    moved = api("he", "POST", f"{path}/affiliation",
                {"on": "2026-03-02", "parent": world.tong_party.pk}, key="m")  # fmt: skip
    assert moved.json()["words"] == ["“松社区第一党支部”由“松社区党委”划归“滨海区委”。"]
    history = api("he", "GET", f"{path}/changes").json()["items"]
    assert [(one["kind"], one["parent_after"]["name"]) for one in history] == [
        ("affiliation", "滨海区委")
    ]
    wrong = api("he", "POST", f"{path}/dissolve", {"on": "2026-03-02", "parent": 1})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "parent")
    stuck = api("he", "POST", f"{path}/dissolve", {"on": "2026-03-02"})
    assert (stuck.status_code, stuck.json()["code"]) == (422, "where_to")
    own = api("qin", "POST", f"{path}/rebuild", {"on": "2026-03-02", "name": "x"})
    assert (own.status_code, own.json()["code"]) == (403, "not_your_unit")
    missing = api("he", "POST", f"{path}/affiliation", {"on": "2026-03-02"})
    assert missing.json()["field"] == "parent"


def test_members_of_others_are_not_to_be_moved(world, api):
    rows = [
        Membership.objects.create(
            person=Person.objects.create(name=f"党员{n}"), unit=world.salt_branch, stage="full",
            from_date=date(2020, 1, 1),
        )
        for n in range(3)
    ]  # fmt: skip
    body = {"name": "新支部", "unit_kind": "branch", "parent": world.pine_party.pk,
            "on": "2026-03-02", "members": [row.pk for row in rows]}  # fmt: skip
    refused = api("tang", "POST", "/units", body)
    assert (refused.status_code, refused.json()["field"]) == (422, "members")
    assert api("he", "POST", "/units", body).status_code == 201


def test_the_check_is_for_who_looks_over_the_land(world, api):
    found = api("liu", "GET", "/units/check?region=120116001&kind=grid_gap").json()
    assert found["total"] == 2 and found["items"][0]["remedy"]
    assert api("liu", "GET", "/units/check?region=120116002").status_code == 404
    part = api("liu", "GET", "/units/check?region=120116001&limit=1").json()
    assert part["next"] == "1" and len(part["items"]) == 1


def test_a_page_costs_few_queries(world, api, django_assert_max_num_queries):
    api("he", "GET", "/units")
    with django_assert_max_num_queries(3):
        api("he", "GET", "/units")
    with django_assert_max_num_queries(8):
        api("he", "GET", f"/units/{world.branch.pk}")
