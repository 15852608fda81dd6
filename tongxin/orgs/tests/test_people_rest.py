"""People and transfers as JSON: the same rules as on the pages."""

import pytest

from tongxin.orgs.models import Membership, Person, Transfer

WOMAN = "11010519491231002X"


@pytest.fixture
def body(world):
    return {
        "unit": world.branch.pk, "stage": "full", "from_date": "2020-01-01", "name": "单国芳",
        "identity": WOMAN, "phone": "13800000011", "home": world.salt.code,
        "admitted_on": "1980-07-01", "full_on": "1981-07-01", "is_veteran": True,
    }  # fmt: skip


@pytest.fixture
def shan(api, body):
    answer = api("qin", "POST", "/people", body, key="a")
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


class TestPeople:
    def test_registered_and_masked(self, shan):
        assert shan["identity"] == "110***********002X"
        assert shan["phone"] == "138****0011"
        assert (shan["gender"], shan["born_on"]) == ("f", "1949-12-31")
        assert shan["membership"]["flags"] == ["veteran"]
        assert shan["home"]["name"] == "盐社区"

    def test_a_retry_acts_once(self, api, body, shan):
        again = api("qin", "POST", "/people", body | {"identity": "", "phone": ""}, key="a")
        assert again.json()["id"] == shan["id"]
        assert Person.objects.filter(name="单国芳").count() == 1

    def test_somebody_elses_key_is_another(self, api, body, shan):
        answer = api("tang", "POST", "/people", body | {"identity": ""}, key="a")
        assert answer.json()["id"] != shan["id"]

    def test_a_wrong_number_names_its_field(self, api, body):
        answer = api("qin", "POST", "/people", body | {"identity": "110105194912310021"})
        assert answer.status_code == 422
        assert answer.json()["field"] == "identity"
        assert "校验位" in answer.json()["detail"]

    def test_a_second_branch_is_refused_with_the_way_out(self, api, body, shan):
        answer = api("qin", "POST", "/people", body, key="b").json()
        assert answer["code"] == "has_home_branch"
        assert "转接" in answer["remedy"]

    def test_strangers_register_nobody(self, api, body):
        answer = api("yue", "POST", "/people", body)
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_registrar"

    @pytest.mark.parametrize(
        ("who", "status"), [("qin", 200), ("he", 200), ("wu", 404), ("ann", 404)]
    )
    def test_who_sees_one(self, api, shan, who, status):
        assert api(who, "GET", f"/people/{shan['id']}").status_code == status
        assert api(who, "GET", f"/people/{shan['id']}/memberships").status_code == status

    def test_the_list_is_found_and_paged(self, api, shan):
        first = api("qin", "GET", "/people?limit=2").json()
        second = api("qin", "GET", f"/people?limit=2&cursor={first['next']}").json()
        names = [one["name"] for one in first["items"] + second["items"]]
        assert names == ["单国芳", "王芳", "赵磊"]
        assert second["next"] is None
        assert [one["name"] for one in api("qin", "GET", "/people?q=0011").json()["items"]] == [
            "单国芳"
        ]
        assert api("yue", "GET", "/people?q=sgf").json()["items"] == []
        assert api("sun", "GET", "/people").status_code == 403

    def test_nothing_whole_goes_out(self, api, shan):
        for path in ("/people", f"/people/{shan['id']}", f"/people/{shan['id']}/memberships"):
            text = api("qin", "GET", path).content.decode()
            assert WOMAN not in text
            assert "13800000011" not in text


class TestTransfers:
    @pytest.fixture
    def moving(self, api, world, shan):
        given = {"person": shan["id"], "to_unit": world.salt_branch.pk, "reason": "迁居"}
        answer = api("qin", "POST", "/transfers", given, key="t")
        assert answer.status_code == 201, answer.content.decode()
        return answer.json()

    def test_both_confirm(self, api, world, shan, moving):
        assert (moving["home_confirmed"], moving["host_confirmed"]) == (True, False)
        done = api("yue", "POST", f"/transfers/{moving['id']}/confirm").json()
        assert done["state"] == "done"
        assert api("yue", "GET", f"/people/{shan['id']}").json()["membership"]["unit"] == {
            "id": world.salt_branch.pk,
            "name": "盐社区党支部",
        }
        rows = api("yue", "GET", f"/people/{shan['id']}/memberships").json()["items"]
        assert [one["end"] for one in rows] == ["", "transfer"]

    def test_a_retry_starts_one(self, api, world, shan, moving):
        given = {"person": shan["id"], "to_unit": world.salt_branch.pk, "reason": "迁居"}
        assert api("qin", "POST", "/transfers", given, key="t").json()["id"] == moving["id"]
        answer = api("qin", "POST", "/transfers", given, key="u")
        assert answer.json()["code"] == "transfer_open"
        assert Transfer.objects.count() == 1

    def test_refused_and_withdrawn_by_the_right_side(self, api, moving):
        path = f"/transfers/{moving['id']}"
        assert api("qin", "POST", f"{path}/refuse", {"reason": "不转了"}).status_code == 409
        assert api("qin", "POST", f"{path}/confirm").status_code == 409
        answer = api("yue", "POST", f"{path}/refuse", {"reason": "不在本社区"})
        assert (answer.json()["state"], answer.json()["why_closed"]) == ("refused", "不在本社区")
        assert api("qin", "POST", f"{path}/withdraw", {"reason": "不转了"}).status_code == 409

    def test_strangers_see_none(self, api, moving):
        for who in ("wang", "zhao", "ann", "liu"):
            assert api(who, "GET", f"/transfers/{moving['id']}").status_code == 404
            assert api(who, "POST", f"/transfers/{moving['id']}/confirm").status_code == 404
        assert [
            one["id"] for one in api("yue", "GET", "/transfers?state=open").json()["items"]
        ] == [moving["id"]]
        assert api("wang", "GET", "/transfers").json()["items"] == []

    def test_the_member_follows_their_own(self, api, world, moving):
        Membership.objects.filter(pk=world.wang_member.pk).update(is_veteran=True)
        given = {"person": world.wang_member.person_id, "to_unit": world.salt_branch.pk,
                 "reason": "迁居"}  # fmt: skip
        mine = api("qin", "POST", "/transfers", given).json()
        assert api("wang", "GET", f"/transfers/{mine['id']}").status_code == 200
        assert api("wang", "POST", f"/transfers/{mine['id']}/confirm").status_code == 403

    def test_an_unknown_branch_is_said(self, api, world, shan):
        given = {"person": shan["id"], "to_unit": 999999, "reason": "迁居"}
        answer = api("qin", "POST", "/transfers", given)
        assert (answer.status_code, answer.json()["field"]) == (422, "to_unit")
