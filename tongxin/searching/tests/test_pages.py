"""The page and the API: what is marked, counted, refused; how many queries a page costs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.orgs.models import LogEntry
from tongxin.searching.marking import around, pieces_of
from tongxin.searching.tests.test_finding import filed, log, read
from tongxin.testing import NOON

pytestmark = pytest.mark.django_db


def page(client, user, **words):
    client.force_login(user)
    return client.get("/search/", words)


def test_what_was_asked_for_is_marked_and_nothing_else_is_code(world, client):
    filed(world, "<script>alert(1)</script> 路灯不亮 & 很黑")
    read()
    html = page(client, world.zhang, q="路灯").content.decode()
    assert "<mark>路灯</mark>不亮 &amp; 很黑" in html
    assert "<script>alert" not in html
    html = page(client, world.zhang, q="<script>").content.decode()
    assert "<mark>&lt;script&gt;</mark>" in html


def test_tabs_count_only_what_is_seen(world, client):
    filed(world, "水管漏水")
    filed(world, "水管爆裂", is_private=True)
    log(world, LogEntry.Kind.STUDY, "水管维修志愿服务")
    read()
    response = page(client, world.mei, q="水管")
    assert [(tab["label"], tab["count"]) for tab in response.context["tabs_found"]] == [
        ("办件", "1"),
        ("文件记录", "1"),  # the topic 水管维修
    ]
    assert "水管爆裂" not in response.content.decode()
    tabs = page(client, world.qin, q="水管").context["tabs_found"]
    assert [(tab["label"], tab["count"]) for tab in tabs] == [
        ("办件", "0"), ("文件记录", "2"), ("党员", None),
    ]  # fmt: skip


def test_a_number_leads_to_its_case(world, client):
    case = filed(world, "水管漏水")
    read()
    assert page(client, world.zhang, q=case.number).url == f"/cases/{case.pk}/"
    stranger = page(client, world.wu, q=f" {case.number} ")
    assert stranger.status_code == 200
    assert "没有找到" in stranger.content.decode()


def test_members_are_found_by_who_reads_their_register_only(world, client):
    html = page(client, world.qin, q="王芳", tab="people").content.decode()
    assert "王芳" in html
    assert "松社区第一党支部" in html
    html = page(client, world.yue, q="王芳", tab="people").content.decode()
    assert "松社区第一党支部" not in html
    for stranger in (world.zhang, world.ann, world.liu):
        response = page(client, stranger, q="王芳", tab="people")
        assert response.context["tab"] == "cases"
        assert "松社区第一党支部" not in response.content.decode()


def test_too_long_a_question_is_refused_with_a_sentence(world, client):
    response = page(client, world.zhang, q="灯" * 5000)
    assert response.status_code == 422
    assert "最多输入 100 个字" in response.content.decode()
    assert page(client, world.zhang, q="路灯", cursor="x").status_code == 422
    assert page(client, world.zhang, q="路灯", region="999").status_code == 404


def test_pages_follow_one_another(world, client):
    for n in range(45):
        filed(world, f"路灯{n}", at=NOON + timedelta(seconds=n))
    read()
    first = page(client, world.zhang, q="路灯")
    assert first.context["tabs_found"][0]["count"] == "45"
    second = page(client, world.zhang, q="路灯", cursor=first.context["next_cursor"])
    titles = [row["title"] for row in first.context["rows"] + second.context["rows"]]
    assert len(titles) == 45
    assert second.context["next_cursor"] == ""


@pytest.mark.parametrize("tab", ["cases", "documents", "people"])
def test_a_page_costs_eight_queries(world, client, tab, django_assert_max_num_queries):
    for n in range(40):
        filed(world, f"路灯{n}", at=NOON + timedelta(seconds=n))
        log(world, LogEntry.Kind.STUDY, f"路灯{n}", key=f"k{n}")
    read()
    page(client, world.qin, q="路灯", tab=tab)
    with django_assert_max_num_queries(8):
        assert client.get("/search/", {"q": "路灯", "tab": tab}).status_code == 200


def test_strangers_sign_in_first(world, client):
    assert client.get("/search/?q=路灯").status_code == 302


def test_the_empty_page_says_how(world, client):
    assert "怎样检索" in page(client, world.sun).content.decode()


def test_over_http(world, api):
    case = filed(world, "北塘东风路的路灯坏了", topic=world.tap)
    filed(world, "苇社区路灯", region=world.reed)
    read()
    answer = api("zhang", "GET", "/search?q=路灯").json()
    assert [(hit["kind"], hit["id"]) for hit in answer["items"]] == [("case", str(case.pk))]
    assert (answer["count"], answer["is_more"], answer["next"]) == (1, False, None)
    assert len(api("gao", "GET", "/search?q=路灯").json()["items"]) == 2
    for narrowed in (
        "topic=0101",
        f"region={world.pine.code}",
        "kind=request&step=filed&region=120116001001",
    ):
        found = api("gao", "GET", f"/search?q=路灯&{narrowed}").json()["items"]
        assert [hit["title"] for hit in found] == ["北塘东风路的路灯坏了"]
    assert api("wu", "GET", "/search?q=路灯").json()["count"] == 0
    refused = api("zhang", "GET", "/search?q=-路灯")
    assert (refused.status_code, refused.json()["field"]) == (422, "q")
    assert api("", "GET", "/search?q=路灯").status_code == 401


def test_pieces_and_the_stretch_around():
    assert pieces_of("路灯坏了，路灯", ["路灯"]) == [
        ("路灯", True),
        ("坏了，", False),
        ("路灯", True),
    ]
    assert pieces_of("LED灯", ["led"]) == [("LED", True), ("灯", False)]
    long = "很" * 200 + "路灯" + "长" * 200
    shown = around(long, ["路灯"])
    assert "路灯" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 92


def test_cases_are_narrowed_by_step_and_topic(world, client):
    hole = filed(world, "路灯下的坑", topic=world.pothole)
    filed(world, "小区路灯不亮")
    read()

    def found(**words):
        response = page(client, world.zhang, q="路灯", **words)
        return len(response.context.get("rows") or []), {
            one["name"] for one in response.context["filters"]
        }

    assert found() == (2, {"kind", "topic", "period", "region"})
    assert found(topic=hole.topic.code)[0] == 1
    count, names = found(kind="request", step=hole.step)
    assert (count, "step" in names) == (2, True)
    assert found(kind="request", step="done")[0] == 0
    assert found(kind="wish", step=hole.step)[0] == 0  # a step goes with its kind
    assert found(step="done")[0] == 2  # without a kind it narrows nothing
    refused = page(client, world.zhang, q="路灯", topic="no such")
    assert refused.status_code == 422
    assert "目录里没有" in refused.content.decode()
