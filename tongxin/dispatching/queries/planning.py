"""The open orders of an area as an instance of `assign`: who could take which, at what cost.

The cost of a pair is what its points fall short of a perfect match, in hundredths, by the same
weights as the advice for one order. Hands and fairness are the cost of a person's first, second, …
further order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Max, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Post, Volunteer
from tongxin.regions.models import Region
from tongxin.regions.queries import Land, world

from . import assign, crowd
from .advice import MAY_TAKE, Setting, judge
from .assign import NOBODY, Instance
from .criteria import BUSY
from .crowd import Somebody
from .pairing import Pairing, as_seen
from .weights import Weights, weights_on

MOST_ORDERS = 2000
PENALTY, LATE, URGENT = 20_000, 10_000, 10_000  # hundredths of points, of an order left over
STEPS = ("filed", "hall")  # where an order waits for somebody
CHUNK = 5000


@dataclass
class Problem:
    """Orders, people and numbers, before and after they are planned."""

    orders: list[Case]
    people: list[Somebody]
    instance: Instance
    metres: np.ndarray  # of each pair; -1 where nobody knows
    settings: list[Setting]
    # How many of those with the skill were too full, for the reason of an order left over.
    full: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))


def open_orders(region: Region, actor) -> list[Case]:
    """Return the orders of an area that wait for somebody, what is due first; at most MOST_ORDERS."""
    rows = (
        Case.objects.visible_to(actor)
        .open()
        .filter(area__under=region.path, kind="request", step__in=STEPS)
        .exclude(topic=None)
        .select_related("topic")
        .order_by("due_at", "id")
    )
    found = rows[: 2 * MOST_ORDERS]
    return [case for case in found if MAY_TAKE & set(case.topic.takers.split())][:MOST_ORDERS]


def problem_of(orders: list[Case], *, at: datetime) -> Problem:
    """Return the instance of these orders. A dozen queries, and one for each 5,000 people."""
    weights = weights_on(orders[0].area, localdate(at))
    district = crowd.district_of(orders[0].area)
    people = _people(orders, district, at, weights)
    settings = _settings(orders, at, weights)
    _read(people, at)
    order, person, cost, metres, full = Pairing(people).of(settings)
    penalty = [
        PENALTY
        + LATE * (case.due_at is not None and case.due_at < at)
        + URGENT * bool((case.topic and case.topic.is_urgent) or case.is_fast)
        for case in orders
    ]
    free = [max((BUSY if one.cap is None else one.cap) - one.held, 0) for one in people]
    peers = settings[0].peers if settings else 0.0
    steps = assign.steps_for(
        free, [_marginal(one, n, weights, peers) for one, n in zip(people, free, strict=True)]
    )
    instance = Instance(order, person, cost, np.array(penalty, np.int64), steps)
    return Problem(orders, people, instance, metres, settings, full)


def _marginal(one: Somebody, free: int, weights: Weights, peers: float) -> list[int]:
    """Return what each further order costs: the points that hands and fairness then lack."""
    cap = BUSY if one.cap is None else max(one.cap, 1)
    load, fair = weights.of["load"] * 100, weights.of["fair"] * 100
    return [
        round(
            load * min((one.held + k) / cap, 1) + fair * min((one.month + k) / max(2 * peers, 2), 1)
        )
        for k in range(free)
    ]


def _people(
    orders: list[Case], district: Land | None, at: datetime, weights: Weights
) -> list[Somebody]:
    """Return the volunteers of the district near enough to any order, and its grid workers."""
    homes: dict[int, Land] = {}
    streets = {case.street_id for case in orders}
    spots = {crowd.point_of(case) for case in orders} - {None}
    for street in world().children_of(district):
        for land in world().children_of(street):
            near = any((crowd.metres_to(spot, land) or 0) <= weights.limit_m for spot in spots)
            if street.id in streets or near:
                homes[land.id] = land
    through = Volunteer.skills.through.objects.filter(volunteer__home__in=list(homes))
    skills: dict[int, set[str]] = defaultdict(set)
    for user, name in through.values_list("volunteer", "skill__name"):
        skills[user].add(name)
    rows = Volunteer.objects.filter(home__in=list(homes), is_paused=False, user__is_active=True)
    people = [
        Somebody(user, name, "volunteer", homes[home], cap, skills[user])
        for user, name, home, cap in rows.values_list("user", "user__name", "home", "cap").order_by(
            "user"
        )
    ]
    known = {one.id for one in people}
    posts = Post.objects.held_on(localdate(at)).filter(
        region__path__under=district.path if district else "",
        role="grid_worker",
        user__is_active=True,
    )
    by_id = world().by_id
    for user, name, region in posts.values_list("user", "user__name", "region").order_by(
        "user", "id"
    ):
        if user not in known:
            known.add(user)
            people.append(Somebody(user, name, "grid_worker", by_id.get(region), None))
    if district:
        crowd.held_by(people, district.path)
    return people


def _settings(orders: list[Case], at: datetime, weights: Weights) -> list[Setting]:
    peers: dict[int | None, float] = {}
    spans: dict[Any, list[crowd.Span]] = {}
    found = []
    for case in orders:
        if case.street_id not in peers:
            peers[case.street_id] = crowd.peers_month(case, at)
        key = (case.topic_id, case.street_id)
        if key not in spans:
            spans[key] = crowd.spans_of(crowd.window_of(case, at))
        asked = case.topic.skills.split() if case.topic else []
        found.append(Setting(case, at, weights, spans[key], asked, peers[case.street_id]))
    return found


def _read(people: list[Somebody], at: datetime) -> None:
    """Note of everybody their times, their orders of a month, and what they did of each topic."""
    for start in range(0, len(people), CHUNK):
        some = people[start : start + CHUNK]
        crowd.read_times(some)
        by_id = {one.id: one for one in some}
        rows = Case.objects.filter(
            holder__in=list(by_id), kind="request", opened_at__gte=at - crowd.YEAR
        )
        ended = Q(step__in=(*crowd.HELD_STEPS, "closed"))
        counted = rows.values_list("holder", "topic").annotate(
            month=Count("pk", filter=Q(opened_at__gte=at - crowd.MONTH)),
            last=Max("opened_at"),
            done=Count("pk", filter=ended),
            rated=Count("request__stars", filter=ended),
            good=Count("request__stars", filter=ended & Q(request__stars__gte=4)),
        )
        for holder, topic, month, last, *practice in counted.order_by():
            one = by_id[holder]
            one.month += month
            one.last = max(one.last, last) if one.last else last
            one.practice[topic] = tuple(practice)


def why_of(problem: Problem, row: int, who: int) -> str:
    """Return the reason for a pair in a sentence; for nobody, why nobody."""
    if who == NOBODY:
        return _why_nobody(problem, row)
    pair = np.flatnonzero((problem.instance.order == row) & (problem.instance.person == who))[0]
    metres = int(problem.metres[pair])
    seen = as_seen(problem.people[who], None if metres < 0 else metres, problem.settings[row])
    return judge(seen, problem.settings[row]).why


def _why_nobody(problem: Problem, row: int) -> str:
    asked, full = problem.settings[row].asked, int(problem.full[row])
    able = int((problem.instance.order == row).sum())
    if able:
        return _("能接的 %d 人都已分给更急或更合适的单子") % able
    if full:
        return _("能接的 %d 人手上都满了") % full
    if asked:
        return _("附近没有会%s的人") % "、".join(asked)
    return _("附近没有能接的人")


def packed(problem: Problem, prices: np.ndarray) -> bytes:
    """Return what a plan keeps: the instance, its proof, and the numbers shown."""
    instance, people = problem.instance, problem.people
    return assign.pack(
        order=instance.order,
        person=instance.person,
        cost=instance.cost,
        penalty=instance.penalty,
        steps=instance.steps,
        metres=problem.metres,
        prices=prices,
        ids=np.array([one.id for one in people], np.int64),
        held=np.array([one.held for one in people], np.int64),
    )
