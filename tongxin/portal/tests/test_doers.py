"""Who took orders: distinct people, shares with their base, every figure opened down to the cases."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from tongxin.cases.actions import make_move
from tongxin.portal.queries import doers
from tongxin.requests.actions import file_request

pytestmark = pytest.mark.django_db


def taken_by(world, *people, finish=False):
    for person in people:
        case = file_request(
            text="买药", topic=world.errand, region=world.p1, actor=world.sun,
            at=now() - timedelta(hours=2),
        )  # fmt: skip
        make_move(case, "dispatch", at=now(), actor=world.zhang, holder=person)
        make_move(case, "accept", at=now(), actor=person)
        if finish:
            make_move(case, "finish", at=now(), actor=person, note="买好了", minutes=30)


@pytest.fixture
def lived(world):
    """Wang took three, of which two are done, and grid worker Mei one; Zhao none."""
    taken_by(world, world.wang, world.wang, finish=True)
    taken_by(world, world.wang, world.mei)


def page(client, user, **words):
    client.force_login(user)
    return client.get("/street/people/", words)


@pytest.mark.mission("S0.59", "S0.60", "S0.47")
def test_distinct_people_and_the_orders_each_one_took(client, world, lived):
    response = page(client, world.liu, period="week")
    sums = response.context["sums"]
    assert (sums.people, sums.volunteers, sums.taken, sums.done) == (2, 1, 4, 2)
    assert (sums.share_by_volunteers, sums.mobilised) == (75.0, 50.0)
    rows = response.context["table"]["rows"]
    told = {row["label"]: [cell["value"] for cell in row["cells"]][1:] for row in rows}
    assert told == {"梅雪": [1, 0], "王芳": [3, 2]}
    for row in rows:
        cards = client.get(row["url"]).context["cards"]
        assert len(cards) == told[row["label"]][0]


def test_only_volunteers_or_only_others(client, world, lived):
    for only, names in (
        ("volunteers", ["王芳"]),
        ("others", ["梅雪"]),
        ("nonsense", ["梅雪", "王芳"]),
    ):
        rows = page(client, world.liu, period="week", only=only).context["table"]["rows"]
        assert sorted(row["label"] for row in rows) == sorted(names)


def test_a_page_by_name_and_the_next(client, world, lived, monkeypatch):
    monkeypatch.setattr(doers, "PAGE", 1)
    first = page(client, world.liu, period="week")
    second = client.get(first.context["next_query"])
    names = [one.context["table"]["rows"][0]["label"] for one in (first, second)]
    assert sorted(names) == ["梅雪", "王芳"]
    assert second.context["next_query"] == ""
    assert page(client, world.liu, cursor="x").status_code == 422


def test_another_place_and_nobody(client, world, lived):
    empty = page(client, world.gao, region="120116002", period="week")
    assert empty.context["sums"].people == 0
    assert empty.context["sums"].share_by_volunteers is None
    assert "这段时间还没有人接单" in empty.content.decode()


@pytest.mark.parametrize("who", ["sun", "wang", "li"])
def test_who_oversees_nothing_finds_nothing(client, world, who):
    assert page(client, getattr(world, who)).status_code in (403, 404)


def test_the_overview_leads_there_and_it_costs_little(client, world, lived):
    client.force_login(world.liu)
    link = re.search(r'href="(/street/people/[^"]+)"', client.get("/street/").content.decode())
    with CaptureQueriesContext(connection) as queries:
        assert client.get(link.group(1).replace("&amp;", "&")).status_code == 200
    assert len(queries) <= 8
