"""The demo's people: who works where, who volunteers, who lives there. All of them are made up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from django.contrib.auth.hashers import make_password

from tongxin.accounts.actions import set_phone
from tongxin.accounts.models import User
from tongxin.kit.tables import read_table
from tongxin.orgs.models import Org, Post, Skill, Volunteer
from tongxin.regions.models import Region
from tongxin.requests.importing import SAMPLE_CATALOGUE

from .names import a_name

PASSWORD = "tongxin-demo"  # noqa: S105 (a demo anybody may enter)
HOME_STREET, HOME_COMMUNITY = "杭州道街道", "弘泽城社区"  # where the users of the front page are
SINCE = date(2024, 1, 1)
Role = Post.Role


@dataclass
class Roster:
    """Users and posts on their way into the database, in bulk."""

    dice: Random
    joined: datetime
    password: str = field(default_factory=lambda: make_password(PASSWORD))
    users: list[User] = field(default_factory=list)
    posts: list[tuple[User, int, str, int]] = field(default_factory=list)  # org, role, region
    skilled: list[tuple[User, int, list[str]]] = field(default_factory=list)  # home, skills

    def add(self, username: str, name: str = "", *, is_staff: bool = True, **fields) -> User:
        user = User(
            username=username,
            name=name or a_name(self.dice),
            password=self.password if is_staff else "!",
            joined_at=self.joined,
            **fields,
        )
        self.users.append(user)
        return user

    def post(self, user: User, org: int, role: str, region: int) -> None:
        self.posts.append((user, org, role, region))

    def write(self) -> None:
        User.objects.bulk_create(self.users, 500)
        Post.objects.bulk_create(
            (
                Post(user=user, org_id=org, role=role, region_id=region, from_date=SINCE)
                for user, org, role, region in self.posts
            ),
            500,
        )
        skills = {skill.name: skill.pk for skill in Skill.objects.all()}
        Volunteer.objects.bulk_create(
            (
                Volunteer(user=user, home_id=home, cap=3 + user.pk % 3)
                for user, home, _names in self.skilled
            ),
            500,
        )
        through = Volunteer.skills.through
        through.objects.bulk_create(
            (
                through(volunteer_id=user.pk, skill_id=skills[name])
                for user, _home, names in self.skilled
                for name in names
            ),
            500,
        )


def make_people(district: Region, dice: Random, *, at: datetime, volunteers: int) -> int:
    """Make everybody who works or volunteers in the district; return how many."""
    Skill.objects.bulk_create([Skill(name=name) for name in all_skills()], ignore_conflicts=True)
    roster = Roster(dice, at)
    orgs = _orgs_by_place()
    home = home_of(district)
    _district_staff(roster, district, orgs)
    for number, street in enumerate(places_below(district), start=1):
        _street_staff(roster, street, orgs, number, home)
    _volunteers(roster, district, orgs, volunteers, home)
    roster.add("resident", "孙桂芳")
    roster.write()
    for username, phone in (("resident", "13900000001"), ("volunteer", "13900000002")):
        set_phone(user=User.objects.get(username=username), phone=phone, by=None, at=at)
    return len(roster.users)


def places_below(region: Region) -> list[Region]:
    below = Region.objects.filter(parent=region, valid_to=None).order_by("path")
    return list(below.defer("polygon"))


def home_of(district: Region) -> Region:
    """Return the community of the demo's front page; on other land, the first one there is."""
    streets = places_below(district)
    street = next((one for one in streets if one.name == HOME_STREET), streets[0])
    places = places_below(street)
    return next((one for one in places if one.short_name == HOME_COMMUNITY), places[0])


def all_skills() -> list[str]:
    """Return the skills that the catalogue asks for."""
    rows = read_table(SAMPLE_CATALOGUE, name="catalogue.csv").rows
    return sorted({skill for _line, row in rows for skill in row["skills"].split()})


def _orgs_by_place() -> dict[tuple[int, str], list[Org]]:
    found = defaultdict(list)
    for org in Org.objects.order_by("pk"):
        found[org.region_id, org.kind].append(org)
    return found


def _district_staff(roster: Roster, district: Region, orgs: dict) -> None:
    center = orgs[district.pk, Org.Kind.GOVERNMENT][0].pk
    party = orgs[district.pk, Org.Kind.PARTY][0].pk
    for username, name, org, role in (
        ("district", "高立新", center, Role.OFFICER),
        ("leader", "周文清", party, Role.LEADER),
        ("inspector", "严正平", party, Role.INSPECTOR),
        ("operator", "何雨晴", center, Role.OPERATOR),
        ("district_organiser", "苏静", party, Role.ORGANISER),
    ):
        roster.post(roster.add(username, name), org, role, district.pk)
    roster.add("admin", "安工", is_superuser=True)
    for n, office in enumerate(orgs[district.pk, Org.Kind.DEPARTMENT], start=1):
        for k in range(1, 4):
            first = n == k == 1
            user = roster.add("handler" if first else f"handler-{n:02d}-{k}", "李强" * first)
            roster.post(user, office.pk, Role.HANDLER, district.pk)


def _street_staff(roster: Roster, street: Region, orgs: dict, number: int, home: Region) -> None:
    office = orgs[street.pk, Org.Kind.GOVERNMENT][0].pk
    is_home = street.pk == home.parent_id
    for k in (1, 2):
        named = is_home and k == 1
        user = roster.add("officer" if named else f"officer-{number:02d}-{k}", "刘洋" * named)
        roster.post(user, office, Role.OFFICER, street.pk)
    for n, place in enumerate(places_below(street), start=1):
        _community_staff(roster, place, orgs, "" if place == home else f"-{number:02d}-{n:02d}")


def _community_staff(roster: Roster, place: Region, orgs: dict, tail: str) -> None:
    """A dispatcher, a verifier of the party committee, and two grid workers for the grids."""
    committee = orgs[place.pk, Org.Kind.PARTY][0].pk
    office = orgs[place.pk, Org.Kind.COMMUNITY][0].pk
    names = {} if tail else {"dispatcher": "张敏", "verifier": "陈建国", "grid_worker": "梅雪"}
    for role, org in ((Role.DISPATCHER, office), (Role.VERIFIER, committee)):
        roster.post(roster.add(f"{role}{tail}", names.get(role, "")), org, role, place.pk)
    ids = [grid.pk for grid in places_below(place)] or [place.pk]
    for n in (0, 1):
        name = names.get("grid_worker", "") if n == 0 else ""
        walker = roster.add(f"grid_worker{tail}{'-2' * n}", name)
        for grid in ids[n::2]:
            roster.post(walker, office, Role.GRID_WORKER, grid)


def _volunteers(roster: Roster, district: Region, orgs: dict, count: int, home: Region) -> None:
    """Volunteers of every street, a third of them around the home community."""
    dice, skills = roster.dice, all_skills()
    streets = sorted(places_below(district), key=lambda one: one.pk != home.parent_id)
    near, *others = [places_below(street) for street in streets]
    everywhere = sum(others, near)
    for n in range(count):
        place = home if n == 0 else dice.choice(everywhere if n % 3 else near)
        user = (
            roster.add("volunteer", "王芳")
            if n == 0
            else roster.add(f"volunteer-{n:03d}", is_staff=False)
        )
        roster.post(user, orgs[place.pk, Org.Kind.TEAM][0].pk, Role.VOLUNTEER, place.pk)
        known = dice.sample(skills, dice.choice((1, 2, 2, 3)))
        roster.skilled.append((user, place.pk, known if n else ["水电", "驾驶", "陪护"]))


def make_residents(names: Iterable[tuple[str, str]], *, at: datetime) -> dict[str, User]:
    """Make the residents who write: {key: user} for (key, name) pairs; the first is `resident`."""
    pairs = dict(names)
    users = {
        key: User(username=f"resident-{n:04d}", name=name, password="!", joined_at=at)  # noqa: S106
        for n, (key, name) in enumerate(pairs.items(), start=1)
    }
    User.objects.bulk_create(users.values(), 500)
    return users
