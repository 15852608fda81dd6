"""Who I am, and organisations, over HTTP."""

from tongxin.accounts.actions import set_phone
from tongxin.testing import NOON


def test_me_with_my_posts(api, world):
    me = api("zhang", "GET", "/me").json()
    assert (me["username"], me["name"], me["is_superuser"]) == ("zhang", "张敏", False)
    assert me["posts"] == [
        {
            "role": "dispatcher",
            "label": "社区派单员",
            "org": {"id": world.pine_office.pk, "name": "松社区居委会"},
            "region": {"code": "120116001001", "name": "松社区"},
        }
    ]


def test_my_phone_is_masked(api, world):
    set_phone(user=world.sun, phone="13812341122", by=world.sun, at=NOON)
    answer = api("sun", "GET", "/me")
    assert answer.json()["phone"] == "138****1122"
    assert "13812341122" not in answer.content.decode()


def test_nobody_is_told_to_sign_in(api):
    answer = api("", "GET", "/me")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_departments_of_a_street(api, world):
    page = api("liu", "GET", "/orgs?kind=department&region=120116001").json()
    assert [org["name"] for org in page["items"]] == ["城市管理委", "水务局"]
    assert page["next"] is None


def test_pages(api, world):
    first = api("liu", "GET", "/orgs?limit=5").json()
    rest = api("liu", "GET", f"/orgs?cursor={first['next']}").json()
    assert len(first["items"]) == 5
    assert len({org["id"] for org in first["items"] + rest["items"]}) == 12


def test_an_unknown_kind_or_region_is_refused(api, world):
    answer = api("liu", "GET", "/orgs?kind=club")
    assert (answer.status_code, answer.json()["field"]) == (422, "kind")
    assert api("liu", "GET", "/orgs?region=999999").status_code == 404


def test_control_characters_are_refused(api, world):
    assert api("liu", "GET", "/orgs?q=%00").status_code == 422
