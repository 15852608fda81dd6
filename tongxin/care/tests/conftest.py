"""What the tests of care share: Mei walks P1, Chen is Pine's care officer, an assessment holds."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from tongxin.accounts.queries import sealer
from tongxin.care import actions
from tongxin.care.models import CareFile, Impact
from tongxin.care.queries.rules import forget
from tongxin.testing import NOON

DAY = timedelta(days=1)
TODAY = date(2026, 3, 2)
NAME, DOOR = "蔺桂花", "3 单元 402"
BODY = {
    "phone": "13912345678",
    "door": DOOR,
    "needs": "腿脚不便，需要帮忙取药",
    "situation": "独自居住，儿子在外地",
    "contact": "蔺小军",
    "contact_phone": "13812340000",
}


@pytest.fixture(autouse=True)
def _forget_rules():
    forget()
    yield
    forget()


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def care(world):
    """The world with a care officer in Pine and an accepted assessment for the district."""
    world.duty = actions.name_officer(user=world.chen, region=world.pine, by=world.liu, at=NOON)
    world.impact = an_impact(world)
    for user in (world.chen, world.liu, world.gao):
        user.__dict__.pop("_care_paths", None)
    return world


def an_impact(world, region=None, **given) -> Impact:
    made = actions.write_impact(
        region=region or world.tong,
        purpose=given.pop("purpose", "独居老人定期走访"),
        legality="社区对独居老人开展关爱服务，目的明确",
        data="姓名、门牌、电话、需要什么；不收集身份证号和病历",
        risks="泄露后可能被推销、诈骗",
        measures="加密保存，按需查看并留痕，到期清除",
        valid_until=TODAY + 365 * DAY,
        by=world.gao,
        at=NOON,
    )
    other = world.person(f"gu{made.pk}", "顾平", world.district_office, "officer")
    return actions.settle_impact(impact=made, accept=True, note="", by=other, at=NOON)


def a_file(care, **given) -> CareFile:
    told = {
        "grid": care.p1, "kind": "elder", "name": NAME, "impact": care.impact,
        "basis": "consent", "consented_on": TODAY, "consented_by": "self",
        "consented_how": "witnessed", "building": "3号楼", "body": BODY, "by": care.mei,
        "at": NOON,
    }  # fmt: skip
    return actions.open_file(**told | given)


def phone_of(user, phone: str) -> None:
    """Give a user a telephone, as signing in with it does."""
    user.phone_sealed, user.phone_index = sealer().seal(phone), sealer().index(phone)
    user.save(update_fields=["phone_sealed", "phone_index"])


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def a_picture(colour=(90, 120, 140)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return out.getvalue()
