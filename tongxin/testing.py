"""A small world with names, for every test in the house.

    city Tong (天津市) > district 滨海 > street North (北塘) > community Pine (松社区) > grid P1, P2
                                                         > community Reed (苇社区)
                                     > street South (南港) > community Salt (盐社区)

Each region is a square of a checkerboard near 117.7 E, 39.0 N, so that a point finds its grid.
Zhang dispatches in Pine, Chen verifies there, Mei walks grid P1, Wang and Zhao are volunteers of
Pine, Liu is the officer of North, Gao of the district, Li handles for the roads department, which
answers for the whole district. Wu dispatches in Salt and must see nothing of North. Sun and Ma are
residents. Ann is the administrator.

Party units: the district committee (滨海区委) over the street's work committee (北塘街道党工委) over
Pine's committee (松社区党委) over a branch (松社区第一党支部). Qin is the secretary of the
branch, Tang of the street's committee; He is the organiser of the district, Yue the secretary of
Salt's branch, who must see nothing of North. Wang and Zhao are full members of that branch.
"""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.db import connection, transaction
from django.test import Client

from tongxin.accounts.actions import make_token
from tongxin.accounts.models import User
from tongxin.cases.models import Topic, TopicCategory
from tongxin.orgs.models import Membership, Org, Person, Post, Skill, Volunteer
from tongxin.regions.models import Region

# A Monday, 10:00 in China: inside working hours.
NOON = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def square(lng: float, lat: float, size: float) -> dict:
    ring = [[lng, lat], [lng + size, lat], [lng + size, lat + size], [lng, lat + size], [lng, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


class World:
    """The named world; `build()` writes it to the database once per test that asks for it."""

    def build(self) -> World:
        self._land()
        self._people()
        self._members()
        self._topics()
        return self

    def _region(self, code, name, level, kind, parent, where) -> Region:
        tail = code[len(parent.code) :] if parent else code
        return Region.objects.create(
            code=code,
            name=name,
            short_name=name,
            level=level,
            kind=kind,
            parent=parent,
            path=f"{parent.path if parent else ''}{tail}/",
            polygon=square(*where),
            lng=where[0] + where[2] / 2,
            lat=where[1] + where[2] / 2,
        )

    def _land(self) -> None:
        region = self._region
        self.city = region("1201", "天津市", "city", "", None, (117.0, 38.5, 2.0))
        self.tong = region("120116", "滨海新区", "district", "", self.city, (117.5, 38.8, 0.8))
        self.north = region(
            "120116001", "北塘街道", "street", "street", self.tong, (117.5, 39.2, 0.4)
        )
        self.south = region(
            "120116002", "南港街道", "street", "street", self.tong, (117.5, 38.8, 0.4)
        )
        self.pine = region(
            "120116001001", "松社区", "community", "community", self.north, (117.5, 39.2, 0.2)
        )
        self.reed = region(
            "120116001002", "苇社区", "community", "community", self.north, (117.7, 39.2, 0.2)
        )
        self.salt = region(
            "120116002001", "盐社区", "community", "community", self.south, (117.5, 38.8, 0.2)
        )
        self.p1 = region(
            "120116001001001", "第一网格", "grid", "basic", self.pine, (117.5, 39.2, 0.1)
        )
        self.p2 = region(
            "120116001001002", "第二网格", "grid", "basic", self.pine, (117.6, 39.2, 0.1)
        )

    def _people(self) -> None:
        org = Org.objects.create
        self.district_office = org(name="滨海新区政务中心", kind="government", region=self.tong)
        self.north_office = org(name="北塘街道办事处", kind="government", region=self.north)
        self.pine_office = org(name="松社区居委会", kind="community", region=self.pine)
        unit = partial(org, kind="party")
        self.tong_party = unit(name="滨海区委", region=self.tong, unit_kind="committee")
        self.north_party = unit(
            name="北塘街道党工委",
            region=self.north,
            parent=self.tong_party,
            unit_kind="work_committee",
        )
        self.pine_party = unit(
            name="松社区党委", region=self.pine, parent=self.north_party, unit_kind="committee",
            sector="community",
        )  # fmt: skip
        self.branch = unit(
            name="松社区第一党支部", region=self.pine, parent=self.pine_party, unit_kind="branch",
            sector="community", founded_on=date(2019, 5, 1),
        )  # fmt: skip
        self.salt_branch = unit(
            name="盐社区党支部", region=self.salt, parent=self.tong_party, unit_kind="branch",
            sector="community",
        )  # fmt: skip
        self.salt_office = org(name="盐社区居委会", kind="community", region=self.salt)
        self.roads = org(name="城市管理委", kind="department", region=self.tong)
        self.water = org(name="水务局", kind="department", region=self.tong)
        self.team = org(name="松社区志愿服务队", kind="team", region=self.pine)

        self.zhang = self.person("zhang", "张敏", self.pine_office, "dispatcher")
        self.chen = self.person("chen", "陈建国", self.pine_party, "verifier")
        self.mei = self.person("mei", "梅雪", self.pine_office, "grid_worker", self.p1)
        self.liu = self.person("liu", "刘洋", self.north_office, "officer")
        self.gao = self.person("gao", "高峰", self.district_office, "officer")
        self.li = self.person("li", "李强", self.roads, "handler")
        self.zhou = self.person("zhou", "周涛", self.water, "handler")
        self.wu = self.person("wu", "吴丹", self.salt_office, "dispatcher")
        self.wang = self.person("wang", "王芳", self.team, "volunteer", self.pine)
        self.zhao = self.person("zhao", "赵磊", self.team, "volunteer", self.pine)
        self.qin = self.person("qin", "秦岚", self.branch, "secretary")
        self.tang = self.person("tang", "唐颖", self.north_party, "secretary")
        self.he = self.person("he", "何静", self.tong_party, "organiser")
        self.yue = self.person("yue", "岳峰", self.salt_branch, "secretary")
        self.sun = User.objects.create(username="sun", name="孙阿姨")
        self.ma = User.objects.create(username="ma", name="马先生")
        self.ann = User.objects.create(username="ann", name="安工", is_superuser=True)
        plumbing = Skill.objects.create(name="水电")
        for user in (self.wang, self.zhao):
            Volunteer.objects.create(user=user, home=self.pine).skills.add(plumbing)

    def person(self, username: str, name: str, org: Org, role: str, region=None) -> User:
        user = User.objects.create(username=username, name=name)
        Post.objects.create(user=user, org=org, role=role, region=region or org.region)
        return user

    def _members(self) -> None:
        self.wang_member = self.member(self.wang, self.branch, full_on=date(2001, 7, 1))
        self.zhao_member = self.member(self.zhao, self.branch, full_on=date(2018, 6, 30))
        self.yue_member = self.member(self.yue, self.salt_branch, full_on=date(1999, 12, 1))

    def member(self, user: User, unit: Org, full_on: date) -> Membership:
        person = Person.objects.create(name=user.name, user=user, home=self.pine)
        return Membership.objects.create(
            person=person,
            unit=unit,
            stage="full",
            from_date=full_on,
            admitted_on=full_on.replace(year=full_on.year - 1),
            full_on=full_on,
        )

    def _topics(self) -> None:
        self.repairs = TopicCategory.objects.create(code="01", name="便民维修")
        topic = Topic.objects.create
        self.tap = topic(
            category=self.repairs, code="0101", name="水管维修", norm="4wh", accept_norm="2wh",
            skills="水电", proof="photo", verify="all", points=3,
        )  # fmt: skip
        self.errand = topic(
            category=self.repairs, code="0102", name="代买代办", norm="24h", accept_norm="30m",
            proof="none", verify="none", points=1, is_urgent=True,
        )  # fmt: skip
        self.pothole = topic(
            category=self.repairs, code="0103", name="道路坑洼", norm="3wd", accept_norm="1wd",
            takers="department", modes="assign", proof="before_after", verify="all",
        )  # fmt: skip


class Written:
    """The world as it was written once, to be written again in one statement a table.

    The ORM needs eighty statements for it, and most tests ask for it. The keys stay what they were:
    a sequence of PostgreSQL never goes back, SQLite starts anew after each test.
    """

    def __init__(self) -> None:
        tables: dict[str, None] = {}

        def notice(execute, sql, params, many, context):
            if sql.startswith("INSERT"):
                tables[sql.split('"')[1]] = None
            return execute(sql, params, many, context)

        with connection.execute_wrapper(notice):
            self._pickle = pickle.dumps(World().build())
        self._inserts = [self._read(table) for table in tables]

    @staticmethod
    def _read(table: str) -> tuple[str, list]:
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            rows = cursor.fetchall()
            columns = ", ".join(f'"{column[0]}"' for column in cursor.description)
        places = ", ".join(["({})".format(", ".join(["%s"] * len(rows[0])))] * len(rows))
        sql = f'INSERT INTO "{table}" ({columns}) VALUES {places}'  # noqa: S608
        return sql, [value for row in rows for value in row]

    def again(self) -> World:
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, values in self._inserts:
                cursor.execute(sql, values)
        return pickle.loads(self._pickle)  # noqa: S301


@pytest.fixture(scope="session")
def _written(django_db_setup, django_db_blocker) -> Written:
    with django_db_blocker.unblock(), transaction.atomic():
        written = Written()
        transaction.set_rollback(True)
    return written


@pytest.fixture
def world(_written: Written, db) -> World:
    return _written.again()


class Api:
    """The REST API as somebody of the world calls it: `api("zhang", "GET", "/cases")`."""

    def __init__(self, world: World) -> None:
        self.world, self.client = world, Client(raise_request_exception=False)
        self.tokens: dict[str, str] = {}

    def __call__(self, who: str, method: str, path: str, body=None, *, key: str = "", **more):
        """Call as `who` ("" for nobody); `more` goes to the client, e.g. `data` of a form."""
        headers = more.pop("headers", {})
        if who:
            headers |= {"Authorization": f"Bearer {self.token_of(who)}"}
        if key:
            headers |= {"Idempotency-Key": key}
        if body is not None:
            more |= {"data": json.dumps(body), "content_type": "application/json"}
        call = getattr(self.client, method.lower())
        return call(f"/api/v1{path}", headers=headers, **more)

    def token_of(self, who: str) -> str:
        if who not in self.tokens:
            user = getattr(self.world, who)
            self.tokens[who] = make_token(user=user, name="test", at=NOON)
        return self.tokens[who]


@pytest.fixture
def api(world) -> Api:
    return Api(world)
