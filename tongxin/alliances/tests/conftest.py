from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from tongxin.alliances import actions
from tongxin.alliances.models import ApprovalChain, ProblemType
from tongxin.cases.actions import keep_evidence
from tongxin.orgs.models import Org
from tongxin.testing import NOON

DAY = date(2026, 3, 2)  # a Monday: NOON


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def firm(world):
    """A firm whose user Sun brings its project in."""
    org = Org.objects.create(name="北化院", kind="unit", region=world.tong)
    world.person("guo", "郭工", org, "handler")
    world.firm = org
    return org


@pytest.fixture
def chains(db):
    actions.load_chains()
    return {chain.code: chain for chain in ApprovalChain.objects.all()}


@pytest.fixture
def alliance(world):
    """The district's: roads and water decide; two desks, the first led by Gao."""
    made = actions.found_alliance(
        name="政务服务党建联盟", convenor=world.district_office, region=world.tong,
        purpose="凝聚审批力量，服务重大项目", founded_on=DAY - timedelta(days=400), by=world.gao, at=NOON,
        members=((world.roads, "approval"), (world.water, "approval")), desks=2,
    )  # fmt: skip
    actions.set_desk(made, number=1, head=world.gao, by=world.gao, at=NOON)
    return made


@pytest.fixture
def project(world, alliance, firm, chains):
    """Taken on by the first desk sixty days ago, on the chain of industrial projects."""
    from tongxin.accounts.models import User

    return actions.take_on(
        desk=alliance.desks.get(number=1), name="天津科学试验基地", owner=firm, region=world.north,
        contact=User.objects.get(username="guo"), starts_on=DAY - timedelta(days=60),
        investment_fen=28_000_000_000_00, industry="research", is_major=True,
        chain=chains["industrial"], by=world.gao, at=NOON, lng=117.6, lat=39.3,
    )  # fmt: skip


@pytest.fixture
def guo(firm):
    from tongxin.accounts.models import User

    return User.objects.get(username="guo")


@pytest.fixture
def item(project):
    """Return an approval of the project by its code."""
    return lambda code: project.dossier.items.get(code=code)


@pytest.fixture
def types(db):
    actions.load_types()
    return {one.code: one for one in ProblemType.objects.all()}


@pytest.fixture
def park(world):
    return actions.found_park(
        kind="space", name="红色创客空间", region=world.north, operator=world.north_office,
        branch=world.branch, manager=world.liu, opened_on=DAY - timedelta(days=300), by=world.liu, at=NOON,
    )  # fmt: skip


@pytest.fixture
def enterprise(world, park):
    return actions.admit_enterprise(
        park, name="海创科技", moved_in_on=DAY - timedelta(days=200), contact=world.sun, staff=12,
        members=3, by=world.liu, at=NOON,
    )  # fmt: skip


def picture(colour: str = "grey") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def photo():
    """Keep a photo as evidence for a case's next move."""

    def keep(case, user, colour="grey"):
        return keep_evidence(case=case, data=picture(colour), kind="photo", actor=user, at=NOON)

    return keep


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
