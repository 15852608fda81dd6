"""An emergency operation of the demo: 1,300 cadres of the departments sent into the communities.

Three weeks ago the district switched emergency mode on; the allocation was drawn up and confirmed
by the same actions that a page calls. Since then the days are rated, in the community of the front
page by hand, elsewhere mostly; a second draft waits for the visitor. All people are made up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.timezone import localdate

from tongxin.accounts.models import Notice, User
from tongxin.cadres import actions
from tongxin.cadres.models import DailyRating, Operation, Secondment
from tongxin.kit.initials import initials_of
from tongxin.orgs.models import Membership, Org, Person, Volunteer
from tongxin.regions.models import Region

from .cast import PASSWORD, home_of
from .names import a_name

EACH = 75  # cadres of a department
LATER = 90  # of them offered only now: the draft that waits
SMALL_UNIT = 9  # cadres of the unit that stays together
DAYS = 21  # since the operation began
RATED_DAYS = 10  # beyond the home community
GUIDE = """一、到岗：当天到社区党组织报到，领任务、认网格，不脱离原单位组织关系。
二、入户：政策讲到户，通知传到人，独居老人、行动不便的居民上门说。
三、办事：群众提出的事，当场能办的当场办，不能办的记下来，三天内回话。
四、值守：按排班到点，交接清楚；有事先请假，社区同意后再离开。
五、纪律：不给社区添负担，不收礼，不留居民个人信息。
（样例：正文由演示编写）"""


def make_cadres(district: Region, dice: Random, *, at: datetime) -> Operation:
    """Play the operation up to `at`; deterministic by the dice."""
    began = at - timedelta(days=DAYS)
    home = home_of(district)
    officer = User.objects.get(username="district")
    offices = list(Org.objects.filter(region=district, kind=Org.Kind.DEPARTMENT).order_by("pk"))
    operation = actions.start_operation(
        name="冬季应急保障行动",
        region=district,
        ordered_by=Org.objects.filter(region=district, kind=Org.Kind.PARTY).order_by("pk")[0],
        document_no="样例〔2026〕1号",
        reason="寒潮保供和疫情防控叠加，机关干部下沉社区，充实网格力量。（样例）",
        ends_on=localdate(at) + timedelta(days=60),
        at=began,
        by=officer,
    )
    people = _people(offices, district, home, dice)
    now_first, later = people[:-LATER], people[-LATER:]
    _offer(operation, now_first, dice, at=began, by=officer)
    actions.keep_together(
        operation=operation, unit=offices[2], level="street", at=began, by=officer
    )
    actions.suggest_needs(operation=operation, at=began, by=officer)
    actions.set_need(
        operation=operation, community=home, minimum=6, wish=10, basis="老旧小区集中，入户量大",
        at=began, by=officer,
    )  # fmt: skip
    first = localdate(began) + timedelta(days=1)
    run = actions.allocate(
        operation=operation, first=first, last=operation.ends_on, at=began, by=officer
    )
    actions.confirm_run(run=run, at=began + timedelta(hours=2), by=officer)
    actions.publish_guide(
        operation=operation, title="区级机关下派干部工作指南", text=GUIDE,
        at=began + timedelta(hours=3), by=officer,
    )  # fmt: skip
    _rate(operation, home, dice, at)
    _crew(home, dice, at)
    _offer(operation, later, dice, at=at, by=officer)
    actions.allocate(
        operation=operation, first=localdate(at) + timedelta(days=1), last=operation.ends_on,
        at=at, by=officer,
    )  # fmt: skip
    # What was told three weeks ago was read or forgotten since.
    Notice.objects.filter(key__startswith="cadres:", at__lt=at - timedelta(days=3)).delete()
    return operation


def _people(offices: list[Org], district: Region, home: Region, dice: Random) -> list[Person]:
    """Make the cadres: the first lives in the home community and can sign in as "cadre"."""
    places = list(
        Region.objects.filter(
            path__under=district.path, level=Region.Level.COMMUNITY, valid_to=None
        )
        .order_by("path")
        .values_list("pk", flat=True)
    )
    rows = []
    for number in range(EACH * len(offices)):
        name = a_name(dice)
        place = home.pk if number < 4 else dice.choice(places)
        rows.append(
            Person(
                name=name, initials=initials_of(name)[:20], home_id=place,
                employer=offices[_sender(number, len(offices))],
            )
        )  # fmt: skip
    for person, (username, name) in zip(
        rows, (("cadre", "林致远"), ("cadre-2", "苏晓雯")), strict=False
    ):
        person.name, person.initials = name, initials_of(name)[:20]
        person.user = User.objects.create(
            username=username, name=name, password=make_password(PASSWORD)
        )
    return Person.objects.bulk_create(rows, 500)


def _sender(number: int, units: int) -> int:
    """Return which unit sends a cadre: the third a small one, which stays together."""
    turn = number % units
    return turn + 1 if turn == 2 and number > SMALL_UNIT * units else turn


def _offer(
    operation: Operation, people: list[Person], dice: Random, *, at: datetime, by: User
) -> None:
    homes = Region.objects.in_bulk({person.home_id for person in people})
    actions.offer_cadres(
        operation=operation,
        offers=[
            actions.Offer(
                person=person,
                unit=person.employer,  # type: ignore[arg-type]  # chosen among those who have one
                home=homes[person.home_id],
                from_date=localdate(at),
                to_date=operation.ends_on,
                most_km=dice.choice((5, 8, 10)) if dice.random() < 0.05 else None,
            )
            for person in people
        ],
        at=at,
        by=by,
    )


def _rate(operation: Operation, home: Region, dice: Random, at: datetime) -> None:
    """Write the ratings of the days that are over, as if each had been given in its evening."""
    today = localdate(at)
    dispatcher = User.objects.get(username="dispatcher")
    rows = Secondment.objects.filter(operation=operation).select_related("community")
    near = home.ancestor_path(Region.Level.STREET)
    given = []
    for row in rows.filter(community__path__under=near).order_by("pk"):
        is_home = row.community_id == home.pk
        for back in range(1, DAYS if is_home else RATED_DAYS):
            day = today - timedelta(days=back)
            if day < row.from_date or dice.random() < (0.02 if is_home else 0.12):
                continue
            given.append(_a_rating(row, day, dice, dispatcher, at - timedelta(days=back)))
    DailyRating.objects.bulk_create(given, 500)


def _a_rating(row: Secondment, day: date, dice: Random, by: User, at: datetime) -> DailyRating:
    chance = dice.random()
    if chance < 0.03:
        return DailyRating(
            secondment=row, day=day, attendance="leave", note="事先请假", by=by, at=at
        )
    marks = {"publicity": 3, "work": 2 if chance < 0.1 else 3}
    note = "还有两户没有入户" if chance < 0.1 else ""
    return DailyRating(
        secondment=row, day=day, attendance="present", marks=marks, note=note, by=by, at=at
    )


def _crew(home: Region, dice: Random, at: datetime) -> None:
    """Mix the crews of the home community's grids, and open a point kept by turns."""
    by = User.objects.get(username="dispatcher")
    grids = list(Region.objects.filter(parent=home, valid_to=None).order_by("path"))
    here = Secondment.objects.standing().filter(community=home, person__user__isnull=False)
    cadres: list[Any] = [
        row.person.user for row in here.select_related("person__user").order_by("pk")
    ]
    walker = User.objects.get(username="grid_worker")
    members = Membership.objects.members().filter(
        in_service=True, person__home=home, person__user__isnull=False
    )
    serving: list[Any] = [
        one.person.user for one in members.select_related("person__user")[: len(grids) - 1]
    ]
    helpers = [v.user for v in Volunteer.objects.filter(home=home).select_related("user")[:8]]
    for number, grid in enumerate(grids):
        given: dict[str, Any] = {"grid": grid, "at": at, "by": by}
        if number < len(cadres):
            actions.join_crew(user=cadres[number], kind="seconded", **given)
        actions.join_crew(user=walker, kind="grassroots", **given)
        if number < len(serving) and serving[number] not in helpers:
            actions.join_crew(user=serving[number], kind="in_service", **given)
        for user in helpers[number * 2 : number * 2 + 2]:
            actions.join_crew(user=user, kind="volunteer", **given)
        for name, field, actor in (
            ("独居老人每周探访", "service", "social"),
            ("楼道堆物清理", "management", "resident"),
            ("消防通道巡查", "safety", "government"),
        ):
            actions.add_duty(name=name, field=field, actor=actor, member=None, **given)
    hands = Secondment.objects.standing().filter(community=home).count()
    shifts = "08:00-12:00 13:00-18:00" if hands > 2 else "08:00-12:00"
    if not hands:
        return
    actions.open_point(community=home, name="东门服务点", shifts=shifts, hands=1, at=at, by=by)
    tomorrow = localdate(at) + timedelta(days=1)
    actions.plan_rotation(
        community=home, first=tomorrow, last=tomorrow + timedelta(days=13), at=at, by=by
    )
