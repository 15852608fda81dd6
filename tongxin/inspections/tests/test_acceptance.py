"""The operations of both articles, built through the actions, give both reports again.

S0.64-S0.71: 7 teams, 45 dispatches with 120 person-times, 249 sites, 86 findings, 26 of 26 streets
and zones. S0.83-S0.85: 9 teams led by the leading body, 44 person-times, all 44 villages. S1.41: 70
villages and communities unannounced at weekends.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.accounts.models import User
from tongxin.fieldwork import actions as fieldwork
from tongxin.inspections import actions
from tongxin.inspections.models import Operation, Site, SiteKind
from tongxin.inspections.queries import figures_of, report_of
from tongxin.orgs.models import Post
from tongxin.regions.models import Region
from tongxin.regions.queries import forget

from .conftest import SATURDAY, at

START = date(2020, 2, 3)  # a Monday


def make_streets(district: Region, n: int, zones: int) -> list[Region]:
    """Make streets and zones beside those of the world, until there are `n`."""
    have = list(Region.objects.filter(parent=district, level="street").order_by("code"))
    for k in range(len(have), n):
        is_zone = k >= n - zones
        code = f"{district.code}{k + 100:03d}"
        have.append(
            Region.objects.create(
                code=code,
                name=f"{'开发区' if is_zone else '街镇'}{k + 1}",
                short_name=f"街{k + 1}",
                level="street",
                kind="zone" if is_zone else "town",
                parent=district,
                path=f"{district.path}{k + 100:03d}/",
            )  # fmt: skip
        )
    forget()
    return have


def make_communities(streets: list[Region], n: int, kind: str) -> list[Region]:
    made = []
    for k in range(n):
        street = streets[k % len(streets)]
        tail = f"{k + 200:03d}"
        made.append(
            Region(
                code=f"{street.code}{tail}",
                name=f"{'村' if kind == 'village' else '社区'}{k + 1}",
                short_name=f"{k + 1}",
                level="community",
                kind=kind,
                parent=street,
                path=f"{street.path}{tail}/",
            )  # fmt: skip
        )
    Region.objects.bulk_create(made)
    forget()
    return list(Region.objects.filter(pk__in=[one.pk for one in made]).order_by("pk"))


def make_people(land, n: int, role: str = "inspector") -> list[User]:
    people = [User(username=f"{role}{k}", name=f"{role}{k}") for k in range(n)]
    User.objects.bulk_create(people)
    rows = list(User.objects.filter(username__startswith=role).order_by("pk"))
    Post.objects.bulk_create(
        Post(user=one, org=land.commission, role=role, region=land.tong) for one in rows
    )
    return rows


def register(land, regions: list[Region], per: int = 1) -> list[Site]:
    kinds = [kind for kind in SiteKind.values if kind != "other"]
    return [
        actions.register_site(
            name=f"点位{k}-{n}", kind=kinds[(k + n) % len(kinds)], region=region, by=land.ji,
            at=at(START),
        )
        for k, region in enumerate(regions)
        for n in range(per)
    ]  # fmt: skip


def operation_of(land, name: str, days: int, **more) -> Operation:
    made = actions.draft_operation(
        org=land.commission, region=land.tong, name=name, scope="防控责任、物资保障、复工复产",
        starts_on=START, ends_on=START + timedelta(days=days), by=land.ji, at=at(START, 8), **more,
    )  # fmt: skip
    return actions.approve_operation(operation=made, by=land.qiao, at=at(START, 8))


def go(land, team, day: date, people, sites, *, findings: int = 0) -> int:
    """Send a team out and visit all its sites; the first `findings` of them have one. Return how many."""
    dispatch = actions.plan_dispatch(
        team=team, on=day, members=people, stops=[{"site": site} for site in sites],
        by=team.leader, at=at(day, 8),
    )  # fmt: skip
    stops = dispatch.visits.select_related(
        "visit", "site__region", "site__org", "site__regulator", "dispatch__team__operation__org"
    )
    for n, stop in enumerate(stops.order_by("order")):
        who = people[0]
        stop.visit = fieldwork.begin_visit(stop.visit, at=at(day, 9), by=who)
        if n < findings:
            actions.record_at_site(stop=stop, text="防控登记不完整", by=who, at=at(day, 10))
        fieldwork.finish_visit(stop.visit, answers={}, at=at(day, 11), by=who)
    return min(findings, len(sites))


def told(operation: Operation) -> dict[str, str]:
    return {one.code: one.words for one in figures_of(operation)}


@pytest.mark.slow
@pytest.mark.timeout(600)  # 249 visits, each by its three actions: some 9,000 statements
@pytest.mark.mission("S0.64", "S0.66", "S0.67", "S0.69", "S0.70", "S0.71")
def test_the_operation_of_spring_2020(land):
    streets = make_streets(land.tong, 26, zones=5)
    sites = register(land, streets, per=3)
    people = make_people(land, 21)
    operation = operation_of(land, "新冠肺炎疫情防控专项监督", 30)
    actions.add_land(operation=operation, regions=streets, by=land.ji)
    teams = [
        actions.make_team(
            operation=operation, name="", leader=people[3 * k], members=people[3 * k : 3 * k + 3],
            areas=streets[k::7], by=land.ji, at=at(START, 8),
        )
        for k in range(7)
    ]  # fmt: skip
    operation = actions.begin_operation(operation=operation, by=land.ji, at=at(START, 8))
    left = 86
    for n in range(45):
        team = teams[n % 7]
        crew = people[3 * (n % 7) : 3 * (n % 7) + (3 if n < 30 else 2)]
        start = n * 5
        stops = [sites[(start + k) % len(sites)] for k in range(6 if n < 24 else 5)]
        left -= go(land, team, START + timedelta(days=n // 7), crew, stops, findings=min(2, left))
    figures = told(operation)
    assert figures["teams"] == "7"
    assert figures["dispatches"] == "45"
    assert figures["person_times"] == "120"
    assert figures["visits"] == "249"
    assert figures["findings"] == "86"
    assert figures["per_hundred"] == "34.5"
    assert figures["covered_street"] == "26/26"
    text = report_of(operation)["paragraphs"][0][1]
    assert "组建7个监督组，出动45组120人次，监督检查249个点位" in text
    assert "26/26" in text


@pytest.mark.mission("S0.83", "S0.84", "S0.85")
def test_the_operation_for_the_villages_in_need(land):
    streets = make_streets(land.tong, 6, zones=0)
    villages = make_communities(streets, 44, "village")
    leaders, people = make_people(land, 9, "leader"), make_people(land, 11)
    operation = operation_of(land, "困难村专项监督", 30)
    actions.add_land(operation=operation, regions=villages, by=land.ji)
    teams = [
        actions.make_team(
            operation=operation, name="", leader=leader, members=people, is_class_led=True,
            leader_title="班子成员", by=land.ji, at=at(START, 8),
        )
        for leader in leaders
    ]  # fmt: skip
    operation = actions.begin_operation(operation=operation, by=land.ji, at=at(START, 8))
    sites = register(land, villages)
    # 22 dispatches of two, each to two villages: 44 person-times, 44 villages.
    for n in range(22):
        team = teams[n % 9]
        crew = [leaders[n % 9], people[n % 11]]
        go(land, team, START + timedelta(days=n), crew, sites[2 * n : 2 * n + 2])
        if n == 20:
            assert told(operation)["covered_village"] == "42/44"
    figures = told(operation)
    assert (figures["teams"], figures["class_led"]) == ("9", "9/9")
    assert figures["person_times"] == "44"
    assert figures["covered_village"] == "44/44"
    assert "9个监督组由班子成员带队" in report_of(operation)["paragraphs"][0][1]


@pytest.mark.mission("S1.41")
def test_seventy_villages_and_communities_unannounced_at_weekends(land):
    streets = make_streets(land.tong, 5, zones=0)
    places = make_communities(streets, 70, "community")
    people = make_people(land, 4)
    operation = operation_of(land, "周末暗访", 70, is_unannounced=True)
    actions.add_land(operation=operation, regions=places, by=land.ji)
    team = actions.make_team(
        operation=operation, name="", leader=people[0], members=people, by=land.ji, at=at(START, 8)
    )
    operation = actions.begin_operation(operation=operation, by=land.ji, at=at(START, 8))
    sites = register(land, places)
    saturday = START + timedelta(days=5)
    assert saturday.weekday() == SATURDAY.weekday() == 5
    for week in range(7):
        day = saturday + timedelta(days=7 * week + week % 2)
        go(land, team, day, people[:2], sites[10 * week : 10 * week + 10])
    go(land, team, saturday + timedelta(days=14), people[:2], sites[:5])  # again: the same places
    go(land, team, saturday + timedelta(days=4), people[:2], sites[5:8])  # a Wednesday
    figures = told(operation)
    assert figures["weekend"] == "70"
    assert figures["visits"] == "78"
