"""Where the words of a request are read by people with no part in it, what is private is hidden."""

from __future__ import annotations

import pytest
from django.utils.timezone import now

from tongxin.accounts.models import Notice
from tongxin.cases.actions import settle_events

from .phone import ask, browser, hang, text_of

TEXT = "我叫张三丰，路灯坏了，电话13800138000，住3号楼2单元501室"
# Not the bare digits: the numbers of cases are full of them.
PRIVATE = ("张三丰", "13800138000", "501室")


def shows(page: str) -> list[str]:
    return [piece for piece in PRIVATE if piece in page]


@pytest.fixture
def hanging(world):
    return hang(world, text=TEXT, address="3号楼2单元501室")


def test_the_outline_for_everybody(world, client, hanging):
    page = text_of(client.get(f"/requests/{hanging.pk}/outline/"))
    assert shows(page) == [] and "路灯坏了" in page


def test_what_is_similar_nearby(world, client, hanging):
    given = {"lng": "117.55", "lat": "39.25", "topic": world.tap.code}
    page = text_of(client.post("/requests/new/around/", given))
    assert "路灯坏了" in page and shows(page) == []


def test_the_hall_and_the_page_of_an_order_in_it(world, hanging):
    wang = browser(world.wang)
    for path in ("/requests/hall/", f"/requests/{hanging.pk}/", f"/cases/{hanging.pk}/"):
        page = text_of(wang.get(path))
        assert "路灯坏了" in page and shows(page) == [], path


def test_the_api_for_a_volunteer(world, api, hanging):
    for path in ("/cases?box=hall", "/cases", f"/cases/{hanging.pk}"):
        answer = text_of(api("wang", "GET", path))
        assert "路灯坏了" in answer and shows(answer) == [], path


def test_who_has_a_part_in_it_reads_it_whole(world, api, hanging):
    assert shows(text_of(api("zhang", "GET", f"/cases/{hanging.pk}"))) == list(PRIVATE)
    assert shows(text_of(browser(world.sun).get(f"/requests/{hanging.pk}/"))) == list(PRIVATE)
    assert shows(text_of(browser(world.zhang).get(f"/cases/{hanging.pk}/"))) == list(PRIVATE)


def test_notices_may_leave_the_house_and_say_nothing_private(world):
    ask(world, text=TEXT)
    while settle_events(at=now()):
        pass
    titles = list(Notice.objects.values_list("title", flat=True))
    assert titles and shows("".join(titles)) == []
