"""A made-up city of the size of the campaign of 2018–2019 (S1.7–S1.10): 16 districts, 3,538 villages
and 1,728 communities, 95 and 26 of them exempt; centres, plans in all states, 90 conference bodies.

Names of districts are real, everything else follows from the plan. Rows that the actions would take
an hour for are written in bulk, in the shape the actions leave; some of every kind go the whole way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from .worlds import MARK, WorldStands

Progress = Callable[[str, int, int], None]
WEST, SOUTH = 116.8, 38.7


@dataclass(frozen=True)
class District:
    """A district's share: streets, communities, villages."""

    name: str
    streets: int
    communities: int
    villages: int


@dataclass(frozen=True)
class City:
    """How large a city is; `exempt` are villages and communities that leave the base."""

    code: str
    name: str
    districts: tuple[District, ...]
    exempt: tuple[int, int]
    bodies_in: str  # the district whose bodies meet a year long


TIANJIN = City(
    "9912", "天津市",
    (
        District("和平区", 6, 84, 0), District("河东区", 13, 160, 0), District("河西区", 14, 165, 0),
        District("南开区", 12, 175, 0), District("河北区", 10, 120, 0), District("红桥区", 9, 110, 0),
        District("东丽区", 11, 115, 54), District("西青区", 10, 110, 150), District("津南区", 11, 95, 140),
        District("北辰区", 16, 140, 110), District("武清区", 30, 60, 620), District("宝坻区", 24, 40, 760),
        District("滨海新区", 21, 254, 142), District("宁河区", 15, 35, 280), District("静海区", 20, 45, 380),
        District("蓟州区", 27, 20, 902),
    ),
    (95, 26), "和平区",
)  # fmt: skip
CITIES = {"tianjin": TIANJIN}


def make_city(
    name: str, *, at: datetime, progress: Progress, bodies: bool = True, city: City | None = None
) -> dict[str, Any]:
    """Make a city in the configured database; return what it holds.

    :raises WorldStands: if it is there
    """
    city = city or CITIES[name]
    from tongxin.regions.models import Region

    if Region.objects.filter(code=city.code).exists():
        raise WorldStands(f"数据库里已有“{city.name}”的合成数据")
    with transaction.atomic():
        land = _land(city, progress)
        people = _people(city, land, at)
        campaign = _campaign(city, land, people, at, progress)
    sessions = 0
    if bodies:
        sessions = _conferences(city, land, people, at, progress)
    from tongxin.renovation.queries import board_of

    board = board_of(campaign, localdate(at))
    figures = board.figures(land["city"].path)
    return {
        "places": figures.total, "base": figures.base, "closed": figures.closed, "in_use": figures.in_use,
        "campaign": campaign.pk, "bodies": len(land[city.bodies_in]) if bodies else 0,
        "sessions": sessions, "user": people["officer"].username,
    }  # fmt: skip


def _land(city: City, progress: Progress) -> dict[str, Any]:
    """Write the city, districts, streets and places; return them by name."""
    from tongxin.regions.models import Region

    dice = Random(f"land of {city.code}")  # noqa: S311

    def region(
        code: str,
        name: str,
        level: str,
        kind: str,
        parent: Region | None,
        spot: tuple[float, float],
    ) -> Region:
        tail = code[len(parent.code) :] if parent else code
        return Region(
            code=code, name=name, short_name=name, level=level, kind=kind, parent=parent, lng=spot[0],
            lat=spot[1], path=f"{parent.path if parent else ''}{tail}/", is_synthetic=True,
        )  # fmt: skip

    top = region(city.code, f"{city.name}{MARK}", "city", "", None, (WEST + 0.4, SOUTH + 0.4))
    top.save()
    found: dict[str, Any] = {"city": top, "districts": [], "streets": [], "places": []}
    for d, plan in enumerate(city.districts, start=1):
        west, south = WEST + 0.2 * ((d - 1) % 4), SOUTH + 0.25 * ((d - 1) // 4)
        district = region(
            f"{city.code}{d:02d}", plan.name, "district", "", top, (west + 0.1, south + 0.12)
        )
        found["districts"].append(district)
    Region.objects.bulk_create(found["districts"])
    for district, plan in zip(found["districts"], city.districts, strict=True):
        streets = [
            region(
                f"{district.code}{n:03d}", f"{plan.name[:-1]}{n}号{'街道' if plan.communities >= plan.villages else '镇'}",
                "street", "street" if plan.communities >= plan.villages else "town", district,
                _near(district, 0.09, dice),
            )
            for n in range(1, plan.streets + 1)
        ]  # fmt: skip
        Region.objects.bulk_create(streets)
        found["streets"] += streets
        kinds = ["community"] * plan.communities + ["village"] * plan.villages
        dice.shuffle(kinds)
        places = []
        counts = dict.fromkeys(range(plan.streets), 0)
        for n, kind in enumerate(kinds):
            street, counts[n % plan.streets] = (
                streets[n % plan.streets],
                counts[n % plan.streets] + 1,
            )
            number = counts[n % plan.streets]
            word = "社区" if kind == "community" else "村"
            places.append(
                region(
                    f"{street.code}{number:03d}", f"{plan.name[:-1]}{street.code[-3:].lstrip('0')}-{number}{word}",
                    "community", kind, street, _near(street, 0.015, dice),
                )
            )  # fmt: skip
        Region.objects.bulk_create(places, 500)
        found["places"] += places
        found[plan.name] = [*streets, *places]
        progress(
            "区划", len(found["places"]), sum(p.communities + p.villages for p in city.districts)
        )
    from tongxin.regions.queries import forget

    forget()
    return found


def _near(land: Any, most: float, dice: Random) -> tuple[float, float]:
    """Return a point at most so many degrees from a land's own."""
    return land.lng - most + 2 * most * dice.random(), land.lat - most + 2 * most * dice.random()


def _people(city: City, land: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Write the departments, the committees down to the street, and who holds their posts."""
    from tongxin.accounts.models import User
    from tongxin.orgs.models import Org, Post

    top = land["city"]
    org = Org.objects.create
    lead = org(name=f"市委组织部{MARK}", kind="department", region=top)
    partner = org(name=f"市民政局{MARK}", kind="department", region=top)
    root = org(name=f"市委{MARK}", kind="party", unit_kind="committee", sector="organ", region=top)
    posts: list[Post] = []

    def person(username: str, name: str, unit: Org, role: str, region: Any) -> User:
        user = User(username=f"{city.code}-{username}", name=name)
        posts.append(Post(user=user, org=unit, role=role, region=region))
        return user

    users = [
        person("officer", f"市级管理员{MARK}", lead, "officer", top),
        person("head", f"市委书记{MARK}", root, "secretary", top),
        person("inspector", f"市级督查{MARK}", lead, "inspector", top),
    ]
    above: dict[int, Org] = {}
    for n, district in enumerate(land["districts"]):
        unit = org(
            name=f"{district.name}委{MARK}",
            kind="party",
            unit_kind="committee",
            sector="organ",
            region=district,
            parent=root,
        )
        above[district.pk] = unit
        users.append(
            person(f"district{n + 1:02d}", f"{district.name}书记", unit, "secretary", district)
        )
        users.append(
            person(f"desk{n + 1:02d}", f"{district.name}管理员", unit, "officer", district)
        )
    inside = [one for one in land[city.bodies_in] if one.level == "street"]
    streets = [one for one in land["streets"] if one not in inside]
    units = _units(streets, above, "work_committee", "街道党工委")
    own = _units(inside, above, "work_committee", "街道党工委")
    by_street = {unit.region_id: unit for unit in own}
    places = [one for one in land[city.bodies_in] if one.level == "community"]
    lowest = _units(places, by_street, "committee", "党委")
    for n, unit in enumerate([*units, *own, *lowest]):
        users.append(
            person(f"unit{n:05d}", f"{unit.name[:20]}书记", unit, "secretary", unit.region)
        )
    User.objects.bulk_create(users, 500)
    Post.objects.bulk_create(posts, 500)
    return {
        "officer": users[0],
        "head": users[1],
        "inspector": users[2],
        "lead": lead,
        "partner": partner,
        "root": root,
    }


def _units(lands: list[Any], above: dict[int, Any], kind: str, word: str) -> list[Any]:
    """Write a party committee for each land under that of the land above it."""
    from tongxin.orgs.models import Org

    rows = Org.objects.bulk_create(
        [
            Org(name=f"{land.name}{word}{MARK}", kind="party", unit_kind=kind, region=land, parent=above[land.parent_id],
                sector="street" if land.level == "street" else "village" if land.kind == "village" else "community")
            for land in lands
        ],
        500,
    )  # fmt: skip
    for row, land in zip(rows, lands, strict=True):
        row.path = f"{above[land.parent_id].path}{row.pk}/"
    Org.objects.bulk_update(rows, ["path"], 500)
    return rows


def _campaign(
    city: City, land: dict[str, Any], people: dict[str, Any], at: datetime, progress: Progress
) -> Any:  # noqa: PLR0917
    """Start the campaign, exempt what is to be pulled down, write the plans in all states."""
    from tongxin.renovation import actions
    from tongxin.renovation.models import RenovationCampaign

    _centres(land, people, at)
    today = localdate(at)
    campaign = actions.start_campaign(
        name="社区党群服务中心提升改造", programme="20项民心工程（合成）", region=land["city"], org=people["lead"],
        partner=people["partner"], head=people["head"], begun_on=today - timedelta(days=300),
        final_on=today + timedelta(days=200), by=people["officer"], at=at,
    )  # fmt: skip
    _exempt(city, campaign, people, at, progress)
    _plans(campaign, people, today, at, progress)
    _whole_way(campaign, people, today, at)
    return RenovationCampaign.objects.select_related("region").get(pk=campaign.pk)


def _centres(land: dict[str, Any], people: dict[str, Any], at: datetime) -> None:
    from tongxin.places.models import Centre

    dice = Random("centres")  # noqa: S311
    rows = [
        Centre(
            code=f"{one.code}-01", kind=one.kind, name=f"{one.short_name}党群服务中心", region=one, lng=one.lng, lat=one.lat,
            address=f"{one.short_name}1号", area_m2=dice.choice((60, 90, 120, 160, 210, 260, 310, 420)), state="planned",
            by=people["officer"], at=at,
        )
        for one in land["places"]
    ]  # fmt: skip
    Centre.objects.bulk_create(rows, 500)


def _exempt(
    city: City, campaign: Any, people: dict[str, Any], at: datetime, progress: Progress
) -> None:  # noqa: PLR0917
    from tongxin.renovation import actions

    dice = Random("exempt")  # noqa: S311
    done, total = 0, sum(city.exempt)
    for kind, n in zip(("village", "community"), city.exempt, strict=True):
        rows = list(campaign.sites.filter(kind=kind).order_by("path").select_related("campaign"))
        for site in dice.sample(rows, n):
            actions.exempt_site(
                site,
                reason="拆迁片",
                document="津拆〔2019〕1号（合成）",
                by=people["officer"],
                at=at,
            )
            done += 1
            progress("核准免建", done, total)


# How many in a hundred stand where, once the work has gone on for a while.
SHARES = (
    ("unplanned", 8),
    ("planned", 14),
    ("building", 24),
    ("checking", 8),
    ("accepted", 6),
    ("closed", 10),
    ("in_use", 30),
)
DONE = {"planned": 0, "building": 2, "checking": 4, "accepted": 5, "closed": 5, "in_use": 5}


def _plans(
    campaign: Any, people: dict[str, Any], today: date, at: datetime, progress: Progress
) -> None:  # noqa: PLR0917
    """Write plans, stages and states of all places but a few, in the shape the actions leave."""
    from tongxin.kit.backplan import back_from
    from tongxin.regions.queries import calendar_for
    from tongxin.renovation.models import PlanStage, RenovationCampaign, Site, SitePlan

    dice = Random("plans")  # noqa: S311
    norms: dict[str, list[Any]] = {}
    for norm in campaign.stage_norms.all():
        norms.setdefault(norm.mode, []).append(norm)
    works = calendar_for(campaign.region.path).is_workday
    steps = {
        mode: list(
            zip(
                rows,
                back_from(campaign.final_on, [(n.code, n.days) for n in rows], is_workday=works),
                strict=True,
            )
        )
        for mode, rows in norms.items()
    }
    run = Making(people, today, at, dice)
    sites = list(campaign.sites.exclude(state="exempt").order_by("path"))
    kept = {site.pk for site in sites[:: max(1, len(sites) // 12)]}  # these go the whole way
    plans, stages, number = [], [], 0
    states = [state for state, share in SHARES for _n in range(share)]
    for n, site in enumerate(sites):
        state = dice.choice(states)
        if site.pk in kept or state == "unplanned":
            continue
        mode = dice.choice(("renovate", "renovate", "expand", "build"))
        plan, rows = _plan(site, state, mode, steps[mode], run)
        plans.append(plan)
        stages += [PlanStage(plan=plan, **row) for row in rows]
        if n % 1000 == 0:
            progress("编制方案", n, len(sites))
    for number, site in enumerate(
        sorted((s for s in sites if s.closed_on), key=lambda s: (s.closed_on, s.path)), start=1
    ):
        site.number = number
    SitePlan.objects.bulk_create(plans, 500)
    for stage in stages:
        stage.plan_id = stage.plan.pk
    PlanStage.objects.bulk_create(stages, 1000)
    fields = [
        "state",
        "area_m2",
        "area_ok_on",
        "work_ok_on",
        "use_ok_on",
        "stage",
        "due_on",
        "number",
        "closed_on",
        "in_use_on",
    ]
    Site.objects.bulk_update(sites, fields, 300)
    RenovationCampaign.objects.filter(pk=campaign.pk).update(
        closed_count=number, version=campaign.version + 1
    )


@dataclass(frozen=True)
class Making:
    """What all plans of a run share."""

    people: dict[str, Any]
    today: date
    at: datetime
    dice: Random


def _plan(
    site: Any, state: str, mode: str, steps: list[tuple[Any, Any]], run: Making
) -> tuple[Any, list[dict[str, Any]]]:
    """Return a plan with its stages as of a state, and set the place to it."""
    from tongxin.renovation.models import SitePlan

    people, today, dice, at = run.people, run.today, run.dice, run.at
    done = DONE[state]
    began = today - timedelta(days=dice.randint(120, 240))
    built = began + timedelta(days=dice.randint(40, 90)) if done >= 4 else None
    closed = (
        built + timedelta(days=dice.randint(3, 20))
        if built and state in ("closed", "in_use")
        else None
    )
    used = closed + timedelta(days=dice.randint(1, 10)) if closed and state == "in_use" else None
    plan = SitePlan(
        site=site, mode=mode, text="合成方案", lead=people["inspector"], by=people["officer"], at=at, state="approved",
        committee=people["root"], decided_on=began, decided_by=people["head"], decision="同意（合成）",
        submitted_at=at, submitted_by=people["officer"], started_on=began if done else None, built_on=built, used_on=used,
    )  # fmt: skip
    rows = [
        {"place": n, "code": norm.code, "name": norm.name, "start_on": span.start, "end_on": span.end,
         "done_on": (built or began) if n <= done else None}
        for n, (norm, span) in enumerate(steps, start=1)
    ]  # fmt: skip
    site.state, left = state, [row for row in rows if row["done_on"] is None]
    late = state in ("planned", "building") and dice.random() < 0.06
    site.stage, site.due_on = (left[0]["name"], left[0]["end_on"]) if left else ("", None)
    if late:
        site.due_on = today - timedelta(days=dice.randint(1, 25))
    if state in ("accepted", "closed", "in_use"):
        site.area_m2 = max(site.area_m2, site.needed_m2 + dice.randrange(0, 120, 10))
        site.area_ok_on = site.area_ok_on or began
        site.work_ok_on = max(built, site.area_ok_on) if built else None
    if state == "accepted":
        site.stage, site.due_on = "销号", site.campaign.final_on
    site.closed_on, site.in_use_on = closed, used
    if used and dice.random() < 0.7:
        site.use_ok_on = max(used, site.work_ok_on)
    return plan, rows


def _whole_way(campaign: Any, people: dict[str, Any], today: date, at: datetime) -> None:
    """Take the places left over through the actions themselves, up to the move in."""
    from tongxin.renovation import actions

    officer, head = people["officer"], people["head"]
    left = campaign.sites.filter(plan=None, state="unplanned").order_by("path")
    for site in list(left.select_related("campaign__region")[:12]):
        plan = actions.make_plan(
            site, mode="renovate", text="合成方案", lead=people["inspector"], by=officer, at=at
        )
        actions.submit_plan(plan, committee=people["root"], by=officer, at=at)
        actions.decide_plan(plan, approve=True, decision="同意（合成）", on=today, by=head, at=at)
        actions.start_work(plan, on=today, by=officer, at=at)
        actions.finish_stage(plan, code="design", on=today, by=officer, at=at)
        actions.report(site, text="已进场施工（合成）", on=today, by=officer, at=at)


def _conferences(
    city: City, land: dict[str, Any], people: dict[str, Any], at: datetime, progress: Progress
) -> int:  # noqa: PLR0917
    """Found the bodies of one district and plan their year; return how many sessions."""
    from tongxin.conferences import actions
    from tongxin.conferences.models import ConferenceBody
    from tongxin.meetings.actions import load_rules

    load_rules(at=at, by=None)
    district = next(one for one in land["districts"] if one.name == city.bodies_in)
    january = at.replace(month=1, day=2)  # they stand since the year began
    actions.found_bodies(district=district, by=people["head"], at=january)
    rows = list(
        ConferenceBody.objects.filter(region__path__under=district.path).select_related("org", "region").order_by("pk")
    )  # fmt: skip
    year = localdate(at).year
    made = 0
    for n, body in enumerate(rows, start=1):
        with transaction.atomic():
            made += actions.plan_year(body=body, year=year, by=people["head"], at=january)
        progress("联席会议", n, len(rows))
    return made
