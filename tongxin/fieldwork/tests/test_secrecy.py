"""An unannounced visit is there for nobody but its team and who ordered it, door by door, until it begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.accounts.models import Notice
from tongxin.fieldwork import actions
from tongxin.fieldwork.models import Plan, Visit
from tongxin.fieldwork.queries import visits_check
from tongxin.photos import gates
from tongxin.portal.models import DueItem

from .conftest import begin, finish, photo, plan, publish
from .test_pages import signed_in, url
from .test_plans import make

WORDS = "松社区党群中心暗访"


@pytest.fixture
def secret(world, norms) -> Visit:
    """Gao of the district sends Liu into Pine; Zhang, Chen and Mei of Pine are the visited."""
    return plan(
        world, kind="unannounced", title=WORDS, region=world.pine, by=world.gao, workers=[world.liu],
        unannounced=True, org=world.district_office, visited=world.pine_office,
        due_from=localdate(), due_on=localdate(), at=now() - timedelta(hours=1),
        checklist=publish(code="secret", kind="unannounced"),
    )  # fmt: skip


VISITED = ("zhang", "chen", "mei", "qin", "tang", "he", "wu", "sun", "ann")


@pytest.mark.mission("S1.41")
@pytest.mark.parametrize("who", VISITED)
def test_pages_and_lists_do_not_know_of_it(world, secret, who):
    client = signed_in(getattr(world, who))
    for verb in ("visit", "go", "cancel", "reopen", "team"):
        assert client.get(url(verb, secret.pk)).status_code == 404
    for name in ("list", "figures", "round", "plans", "points"):
        page = client.get(url(name))
        assert page.status_code in (200, 404)
        assert WORDS not in page.content.decode()
        assert secret.number not in page.content.decode()
    listed = client.get(url("list"))
    if listed.status_code == 200:
        assert listed.context["counts"]["all"] == 0
        assert client.get(url("figures")).context["whole"]["total"] == 0


@pytest.mark.parametrize("who", VISITED)
def test_the_api_does_not_know_of_it(world, api, secret, who):
    assert api(who, "GET", f"/fieldwork/visits/{secret.pk}").status_code == 404
    assert api(who, "GET", f"/fieldwork/visits/{secret.pk}/rivals").status_code == 404
    for verb, body in (
        ("begin", {}), ("finish", {}), ("cancel", {"reason": "x"}), ("reopen", {"reason": "x"}),
        ("team", {"workers": [1]}),
    ):  # fmt: skip
        assert api(who, "POST", f"/fieldwork/visits/{secret.pk}/{verb}", body).status_code == 404
    assert api(who, "GET", "/fieldwork/visits").json()["items"] == []
    assert api(who, "GET", "/fieldwork/round").json()["visits"] == []
    figures = api(who, "GET", f"/fieldwork/figures?region={world.north.code}")
    assert figures.status_code == 404 or figures.json()["kinds"] == []


def test_notices_and_search_do_not_know_of_it(world, secret):
    assert set(Notice.objects.values_list("user", flat=True)) == {world.liu.pk}
    for who in VISITED[:4]:
        client = signed_in(getattr(world, who))
        for address in ("/search/?q=暗访", "/accounts/inbox/", "/"):
            assert WORDS not in client.get(address, follow=True).content.decode()
    assert WORDS not in Client().get(url("public-points")).content.decode()


def test_photos_of_a_visit_are_seen_with_the_visit(world, visit):
    mine, other = photo(world.mei), photo(world.mei)
    begin(world, visit)
    finish(world, visit, photos=[str(mine.pk)])
    for sees in (world.mei, world.liu, world.zhang):
        assert gates.may_see(sees, mine)
    for stranger in (world.wu, world.sun, world.ann):
        assert not gates.may_see(stranger, mine)
    assert not gates.may_see(world.liu, other)  # handed in, but of no visit
    assert gates.may_reveal(world.liu, mine)
    assert not gates.may_reveal(world.zhang, mine)


def test_its_team_and_those_who_ordered_it_know(world, secret):
    for knows in (world.liu, world.gao):
        assert signed_in(knows).get(url("visit", secret.pk)).status_code == 200
    assert signed_in(world.liu).get(url("go", secret.pk)).status_code == 200


def test_once_it_has_begun_the_land_sees_it(world, api, secret):
    begin(world, secret, by=world.liu, at=now(), place={"lng": 117.6, "lat": 39.3})
    for who in ("zhang", "tang", "liu"):
        assert signed_in(getattr(world, who)).get(url("visit", secret.pk)).status_code == 200
        assert len(api(who, "GET", "/fieldwork/visits").json()["items"]) == 1
    for who in ("wu", "sun", "ann"):
        assert signed_in(getattr(world, who)).get(url("visit", secret.pk)).status_code == 404


def test_one_that_was_missed_or_called_off_stays_unknown(world, secret):
    actions.missed_due(at=now() + timedelta(days=3))
    secret.refresh_from_db()
    assert secret.state == "missed"
    assert not Notice.objects.exclude(user=world.liu).exists()
    assert signed_in(world.zhang).get(url("visit", secret.pk)).status_code == 404
    actions.cancel_visit(visit=secret, reason="改期", by=world.gao, at=now())
    assert not Visit.objects.visible_to(world.zhang).exists()


def test_a_plan_of_unannounced_visits_is_as_secret(world, api, norms):
    secret = make(
        world, kind="unannounced", name=WORDS, region=world.north, target_kind="community",
        every="once", days=30, assign="named", people=[world.gao], unannounced=True, by=world.gao,
        org=world.tong_party, starts_on=localdate(), at=now(),
    )  # fmt: skip
    actions.visits_due(at=now())
    assert secret.visits.filter(is_secret_until_begun=True).count() == 2
    for who in VISITED:
        if who == "he":  # the organiser of the unit that orders, yet holds no ordering office
            continue
        assert signed_in(getattr(world, who)).get(url("plan", secret.pk)).status_code == 404
        assert api(who, "GET", f"/fieldwork/plans/{secret.pk}").status_code == 404
        assert api(who, "GET", f"/fieldwork/plans/{secret.pk}/coverage").status_code == 404
        assert WORDS not in signed_in(getattr(world, who)).get(url("plans")).content.decode()
    assert list(Plan.objects.visible_to(world.gao)) == [secret]
    actions.missed_due(at=now() + timedelta(days=40))
    assert visits_check([world.tong_party], localdate() + timedelta(days=40)) == []
    assert not DueItem.objects.exists()


@pytest.mark.mission("S1.41")
def test_seventy_villages_and_communities_are_visited_and_counted(world, norms):
    places = [{"name": f"村（社区）{n}", "region": world.pine} for n in range(70)]
    made = make(
        world, kind="unannounced", name="周末暗访", target_kind="site", targets=places, every="once",
        days=300, assign="named", people=[world.liu], unannounced=True, by=world.gao,
        region=world.north, starts_on=localdate(), at=now(),
    )  # fmt: skip
    actions.visits_due(at=now())
    for one in made.visits.select_related("region"):
        begin(world, one, by=world.liu, at=now(), place={"lng": 117.6, "lat": 39.3})
        actions.finish_visit(one, answers={}, at=now(), by=world.liu)
    page = signed_in(world.gao).get(url("plan", made.pk, period="year"))
    assert page.context["matrix"].targets.words == "70/70"
    kinds = signed_in(world.zhang).get(url("figures")).context["kinds"]
    assert kinds[0]["cells"][1]["value"] == 70  # once made, everybody over the land counts them
