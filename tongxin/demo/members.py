"""The demo's party members: branches around the home community, who is in them, who looks after whom.

All of them are made up: their identity numbers begin with 99, which is the code of no division
(GB/T 2260), so that none can be anybody's.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate, make_aware

from tongxin.accounts.models import Notice, User
from tongxin.kit.identity import id_check_digit
from tongxin.orgs.actions import confirm_transfer, place_orgs, prepare_person, start_transfer
from tongxin.orgs.models import (
    GrowthEntry,
    MemberPairing,
    Membership,
    MobileStay,
    Org,
    PairingVisit,
    Person,
    Post,
    UnitKind,
)
from tongxin.orgs.queries import add_months
from tongxin.regions.models import Region

from .cast import Roster, home_of, places_below
from .names import a_name

COMMUNITIES = 6  # those of the home street that get branches
SIZE = (17, 24)  # members of a branch
AIMS = (
    "每月上门一次，代买药品",
    "每周一次电话问候，帮助缴费",
    "协助申请低保，节日走访",
    "陪同就医，整理房间",
    "联系社区食堂送餐",
)
SEEN = (
    "身体平稳，代买了降压药。",
    "家里水管漏水，已联系维修。",
    "聊了近况，帮助预约体检。",
    "送去米面油，精神不错。",
    "帮助在手机上缴费。",
)
PLACES = ("广东省东莞市", "浙江省杭州市余杭区", "北京市海淀区", "江苏省苏州市", "山东省青岛市")
WORKS = ("社区工作者", "教师", "护士", "工程师", "个体经营", "公司职员", "退休", "司机", "会计")
GROWN = (
    ("hired", "通过社区招聘，录用为社区工作者"),
    ("trained", "参加社区工作者职业能力培训"),
    ("backbone", "担任网格长，成为社区骨干"),
)
REASONS = ("迁居", "工作调动", "退休后转到居住地")


class Register:
    """Members on their way into the database, in bulk."""

    def __init__(self, dice: Random, today: date) -> None:
        self.dice, self.today = dice, today
        self.people: list[Person] = []
        self.memberships: list[Membership] = []
        self.number = 0

    def add(
        self, unit: Org, name: str = "", *, user: User | None = None, stage: str = ""
    ) -> Person:
        """Make somebody up, of an age and stage that go together."""
        dice, self.number = self.dice, self.number + 1
        stage = (
            stage
            or dice.choices(
                ("full", "probationary", "candidate", "activist", "applicant"), (88, 4, 2, 3, 3)
            )[0]
        )
        years = dice.choices((25, 35, 45, 55, 65, 75, 85), (12, 18, 17, 15, 18, 14, 6))[0]
        if stage != "full":
            years = dice.choice((25, 35))
        born = self.today - timedelta(
            days=365 * (years + dice.randrange(-4, 5)) + dice.randrange(365)
        )
        person = prepare_person(
            name=name or a_name(dice),
            on=self.today,
            identity=_identity(born, self.number),
            phone=f"1390001{self.number:04d}",
            ethnicity=dice.choices(("汉族", "回族", "满族", "蒙古族"), (92, 4, 3, 1))[0],
            education=dice.choice(("high", "college", "bachelor", "bachelor", "master")),
            occupation="退休" if years >= 60 else dice.choice(WORKS),
            home=unit.region,
            learning_since=self._learning(stage),
        )
        person.user = user
        self.people.append(person)
        self.memberships.append(self._membership(person, unit, stage, born))
        return person

    def _learning(self, stage: str) -> date | None:
        if stage in ("applicant", "activist") or self.dice.random() > 0.84:
            return None
        return date(2019, 3, 1) + timedelta(days=self.dice.randrange(2000))

    def _membership(self, person: Person, unit: Org, stage: str, born: date) -> Membership:
        dice, today = self.dice, self.today
        age = (today - born).days // 365
        days: dict[str, date] = {}
        if stage == "full":
            full = min(born + timedelta(days=365 * dice.randrange(22, 34)), today - timedelta(40))
            days = {"full_on": full, "admitted_on": add_months(full, -12)}
        elif stage == "probationary":
            days = {"admitted_on": today - timedelta(days=dice.randrange(20, 480))}
        first = days.get("admitted_on", today - timedelta(days=dice.randrange(60, 700)))
        joined = max(first, unit.founded_on or first)
        return Membership(
            person=person,
            unit=unit,
            stage=stage,
            from_date=joined,
            applied_on=first - timedelta(days=dice.randrange(500, 900)) if days else first,
            in_service=stage == "full" and age < 58 and dice.random() < 0.35,
            is_hardship=stage == "full" and dice.random() < 0.06,
            is_veteran=stage == "full" and age >= 70,
            **days,
        )

    def write(self) -> None:
        Person.objects.bulk_create(self.people, 500)
        Membership.objects.bulk_create(self.memberships, 500)


def make_members(district: Region, dice: Random, *, at: datetime) -> int:
    """Make branches, their secretaries and members, and what goes on among them; return how many."""
    home, today = home_of(district), localdate(at)
    branches = _branches(home)
    roster, register = Roster(dice, at - timedelta(days=600)), Register(dice, today)
    _secretaries(roster, register, branches, home)
    volunteer = User.objects.filter(username="volunteer").first()
    if volunteer is not None:
        register.add(branches[0], volunteer.name, user=volunteer, stage="full")
    for unit in branches:
        for _n in range(dice.randint(*SIZE)):
            register.add(unit)
    roster.write()
    register.write()
    _away(register, branches, today)
    _lost(register, today)
    _pairs(register, today)
    _growth(register, today)
    _transfers(branches, at)
    return len(register.people)


def _branches(home: Region) -> list[Org]:
    """Found two branches in each of a few communities, three at home; home's first."""
    street = home.parent
    assert street is not None  # noqa: S101 (a community stands in a street)
    communities = sorted(places_below(street), key=lambda one: one.pk != home.pk)[:COMMUNITIES]
    for n, place in enumerate(communities):
        above = Org.objects.filter(region=place, kind=Org.Kind.PARTY).order_by("pk").first()
        Org.objects.bulk_create(
            (
                Org(
                    name=f"{place.short_name}第{order}党支部",
                    kind=Org.Kind.PARTY,
                    unit_kind=UnitKind.BRANCH,
                    sector=above.sector if above else "",
                    region=place,
                    parent=above,
                    founded_on=date(2016 + k, 3 + n, 1),
                )
                for k, order in enumerate("一二三"[: 3 if n == 0 else 2])
            ),
            ignore_conflicts=True,
        )
    place_orgs()
    rows = Org.objects.filter(region__in=communities, unit_kind=UnitKind.BRANCH)
    rows = rows.select_related("region").filter(is_temporary=False)
    return sorted(rows, key=lambda one: (one.region_id != home.pk, one.pk))


def _secretaries(roster: Roster, register: Register, branches: list[Org], home: Region) -> None:
    """A secretary for each branch; the first is the demo's own, as is the street's organiser."""
    for n, unit in enumerate(branches):
        first = n == 0
        user = roster.add("secretary" if first else f"secretary-{n:02d}", "秦岚" * first)
        roster.post(user, unit.pk, Post.Role.SECRETARY, unit.region_id)
        register.add(unit, user.name, user=user, stage="full")
    above = Org.objects.filter(region=home.parent, kind=Org.Kind.PARTY).order_by("pk").first()
    if above is not None:
        user = roster.add("organiser", "何静")
        roster.post(user, above.pk, Post.Role.ORGANISER, above.region_id)
        register.add(branches[-1], user.name, user=user, stage="full")


def _members(register: Register) -> list[Membership]:
    """Return the members who hold no office, in the order in which they were made up."""
    return [
        one
        for one in register.memberships
        if one.stage in Membership.MEMBERS and one.person.user is None
    ]


def _away(register: Register, branches: list[Org], today: date) -> None:
    dice, stays = register.dice, []
    for member in dice.sample(_members(register), 14):
        since = today - timedelta(days=dice.randrange(40, 420))
        stay = MobileStay(
            membership=member,
            since=since,
            place=dice.choice(PLACES),
            why=dice.choice(MobileStay.Why.values),
            contact=dice.choice(register.people).name,
        )
        if dice.random() < 0.5:  # has come to another of our communities, and reported there
            host = dice.choice([unit for unit in branches if unit.pk != member.unit_id])
            stay.host, stay.place = host, host.region.name
            stay.reported_on = stay.last_contact_on = since + timedelta(days=dice.randrange(5, 30))
        if dice.random() < 0.6:
            last = today - timedelta(days=dice.randrange(5, 160))
            stay.last_contact_on = max(last, stay.reported_on or since)
        member.is_mobile = True
        stays.append(stay)
    MobileStay.objects.bulk_create(stays)
    Membership.objects.bulk_update([stay.membership for stay in stays], ["is_mobile"])


def _lost(register: Register, today: date) -> None:
    chosen = [one for one in _members(register) if not one.is_mobile and one.stage == "full"]
    lost = register.dice.sample(chosen, 3)
    for member, days in zip(lost, (70, 240, 1200), strict=True):
        member.lost_since = max(today - timedelta(days=days), member.from_date)
    Membership.objects.bulk_update(lost, ["lost_since"])


def _pairs(register: Register, today: date) -> None:
    dice = register.dice
    members = [one for one in _members(register) if not one.is_mobile and not one.lost_since]
    helpers = [one.person for one in members if not one.is_veteran and not one.is_hardship]
    in_need = [one.person for one in members if one.is_veteran or one.is_hardship]
    dice.shuffle(helpers)
    pairings, visits = [], []
    by = User.objects.get(username="secretary")
    for helped, helper in zip(in_need, helpers, strict=False):
        if dice.random() > 0.7:
            continue
        since = today - timedelta(days=dice.randrange(60, 500))
        pairing = MemberPairing(helper=helper, helped=helped, aim=dice.choice(AIMS), since=since)
        days = sorted(
            {since + timedelta(days=dice.randrange(1, 60 + (today - since).days)) for _ in range(5)}
        )
        days = [day for day in days if day <= today]
        pairing.visits_made, pairing.last_visit_on = len(days), days[-1] if days else None
        pairings.append(pairing)
        visits += [
            PairingVisit(
                pairing=pairing, on=day, text=dice.choice(SEEN), by=by,
                recorded_at=register_at(day),
            )
            for day in days
        ]  # fmt: skip
    MemberPairing.objects.bulk_create(pairings)
    PairingVisit.objects.bulk_create(visits)


def register_at(day: date) -> datetime:
    """Return the evening of a day, when a visit is written down."""
    return make_aware(datetime.combine(day, time(18)))


def _growth(register: Register, today: date) -> None:
    dice, entries = register.dice, []
    for member in dice.sample(_members(register), 18):
        kind, text = dice.choice(GROWN)
        on = today - timedelta(days=dice.randrange(20, 700))
        entries.append(
            GrowthEntry(person=member.person, unit=member.unit, kind=kind, on=on, text=text)
        )
    GrowthEntry.objects.bulk_create(entries)


def _transfers(branches: list[Org], at: datetime) -> None:
    """A few transfers, by the actions themselves: two wait for the demo's secretary, one is done."""
    secretaries: dict[int, Any] = {
        post.org_id: post.user
        for post in Post.objects.filter(org__in=branches, role="secretary").select_related("user")
    }
    home, others = branches[0], branches[1:]
    free = Membership.objects.standing().filter(
        stage="full", lost_since=None, is_mobile=False, person__user=None
    )
    ways = [
        (others[2], home, 3),
        (others[4], home, 57),
        (home, others[1], 2),
        (others[0], home, 40),
    ]
    for (source, target, days), reason in zip(ways, (*REASONS, REASONS[0]), strict=True):
        member = free.filter(unit=source, transfers=None).order_by("pk")[3]
        then = at - timedelta(days=days)
        transfer = start_transfer(
            membership=member,
            to_unit=target,
            reason=reason,
            at=then,
            by=secretaries[source.pk],
            days=60,
            dues_paid_until=localdate(then).replace(day=1),
        )
        if days == 40:
            confirm_transfer(
                transfer=transfer, at=then + timedelta(days=5), by=secretaries[target.pk]
            )
    # What was told weeks ago has been read since.
    Notice.objects.filter(key__startswith="transfer:", at__lt=at - timedelta(days=4)).delete()


def _identity(born: date, number: int) -> str:
    first = f"990000{born:%Y%m%d}{number % 1000:03d}"
    return first + id_check_digit(first)
