"""The result of a trial: figures of both sides, for who overlooks the land."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now

from tongxin.care.actions import ask_stay
from tongxin.orgs.actions import PilotOff, start_pilot
from tongxin.requests.actions import file_request


@pytest.fixture
def pilot(world):
    return start_pilot(
        feature="night_patrol",
        regions=[world.pine],
        on=localdate() - timedelta(days=1),
        at=now(),
        by=world.he,
    )


@pytest.mark.mission("S0.27")
def test_both_sides_are_counted_for_who_overlooks_them(world, client, pilot):
    for lng in (117.55, 117.55, 117.75):  # two in Pine, one in Reed
        file_request(text="路灯不亮", at=now(), actor=world.sun, lng=lng, lat=39.25)
    client.force_login(world.gao)
    page = client.get(f"/pilots/{pilot.pk}/").content.decode()
    rows = [line for line in page.split("<tr>") if "提交的单子" in line]
    assert rows and [cell.split("<")[0] for cell in rows[0].split('class="figure">')[1:]] == [
        "2",
        "1",
    ]
    client.force_login(world.he)
    assert f"/pilots/{pilot.pk}/" in client.get("/orgs/pilots/").content.decode()


def test_a_street_sees_its_own_side_and_a_stranger_none(world, client, pilot):
    client.force_login(world.liu)
    assert client.get(f"/pilots/{pilot.pk}/").status_code == 200
    for user in (world.sun, world.wang, world.ann):
        client.force_login(user)
        assert client.get(f"/pilots/{pilot.pk}/").status_code == 404


@pytest.mark.mission("S0.27")
def test_registering_oneself_is_off_outside_a_trial(world):
    start_pilot(
        feature="mobile_residents",
        regions=[world.reed],
        on=localdate() - timedelta(days=1),
        at=now(),
        by=world.he,
    )
    with pytest.raises(PilotOff, match="流动人口自助登记"):
        ask_stay(
            grid=world.p1, name="周某", phone="13900001111", building="1 号楼", door="101", why="work",
            since=localdate(), until=localdate() + timedelta(days=90), impact=None, agreed=True,
            by=world.sun, at=now(),
        )  # fmt: skip
