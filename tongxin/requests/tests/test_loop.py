"""The loop, played by the people of the named world."""

from datetime import timedelta

import pytest

from tongxin.cases.actions import keep_evidence, make_move, ring_clocks
from tongxin.cases.models import Case
from tongxin.cases.queries import NoSuchMove, moves_open_to
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import Volunteer
from tongxin.requests.actions import file_request
from tongxin.testing import NOON

MINUTE = timedelta(minutes=1)


def a_photo() -> bytes:
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def tap(world) -> Case:
    return file_request(
        text="厨房水管漏水，水流到楼下了",
        topic=world.tap,
        lng=117.55,
        lat=39.25,
        at=NOON,
        actor=world.sun,
    )


@pytest.mark.mission("S0.48", "S0.49", "S0.50", "S0.51", "S0.52", "S0.53", "S0.54", "S4.36")
def test_a_request_goes_all_the_way_round(world, tap):
    assert tap.number == "120116-20260302-0001"
    assert tap.region == world.p1
    make_move(tap, "dispatch", at=NOON + MINUTE, actor=world.zhang, holder=world.wang)
    make_move(tap, "accept", at=NOON + 2 * MINUTE, actor=world.wang)
    tap.refresh_from_db()
    assert tap.holder == world.wang
    photo = keep_evidence(case=tap, data=a_photo(), kind="after", actor=world.wang, at=NOON)
    make_move(
        tap,
        "finish",
        at=NOON + 3 * MINUTE,
        actor=world.wang,
        note="换了垫圈",
        evidence=[photo],
        minutes=40,
    )
    make_move(tap, "verify", at=NOON + 4 * MINUTE, actor=world.chen)
    make_move(tap, "rate", at=NOON + 5 * MINUTE, actor=world.sun, stars=5, tags=["及时"])
    tap.refresh_from_db()
    assert (tap.step, tap.is_late, tap.length) == ("closed", False, 6)
    assert tap.request.stars == 5
    ledger = Volunteer.objects.get(user=world.wang)
    assert (ledger.points, ledger.minutes) == (3, 40)


def test_only_the_dispatcher_may_dispatch(world, tap):
    with pytest.raises(NotPermitted):
        make_move(tap, "dispatch", at=NOON, actor=world.sun, holder=world.wang)
    assert [m.name for m in moves_open_to(world.sun, tap)] == ["urge", "cancel"]


def test_a_step_cannot_be_skipped(world, tap):
    with pytest.raises(NoSuchMove):
        make_move(tap, "verify", at=NOON, actor=world.chen)


def test_clocks_ring_each_once(world, tap):
    assert ring_clocks(at=NOON + 90 * MINUTE) == 0
    assert ring_clocks(at=NOON + 97 * MINUTE) == 1
    assert ring_clocks(at=NOON + 97 * MINUTE) == 0
    tap.refresh_from_db()
    assert (tap.card, tap.is_late) == ("yellow", False)
    assert ring_clocks(at=NOON + timedelta(days=3)) == 1
