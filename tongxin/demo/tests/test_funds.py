"""The demo's money and villages: the books add up, supervision has something to see."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from tongxin.demo.economy import make_economy
from tongxin.demo.funds import make_funds
from tongxin.economy.models import BuildSubsidy, VillageProject
from tongxin.economy.queries import count_year, firms_of
from tongxin.funds.models import Line, Payable, Period, UseCheck
from tongxin.funds.queries import wrong_ledgers
from tongxin.regions.models import Region
from tongxin.regions.queries import forget

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

pytestmark = pytest.mark.slow


@pytest.fixture
def made(world):
    world.person("inspector", "严正平", world.tong_party, "inspector")
    world.person("second", "常青", world.north_office, "officer")
    town = world.south
    for n in range(8):
        village = Region.objects.create(
            code=f"1201160021{n:02d}", name=f"第{n}村", short_name=f"第{n}村", level="community",
            kind="village", parent=town, path=f"{town.path}1{n:02d}/",
        )  # fmt: skip
        world.person(f"clerk{n}", f"村务{n}", world.salt_office, "dispatcher", village)
    world.person("townsman", "镇平", world.salt_office, "officer", town)
    forget()
    lines = make_funds(world.tong, Random(1), at=NOW)
    villages = make_economy(world.tong, Random(2), at=NOW)
    yield lines, villages
    forget()


def test_the_books_add_up_and_supervision_has_something_to_see(made, world):
    lines, villages = made
    assert lines >= 15
    assert villages == 8
    assert list(wrong_ledgers()) == []
    assert {"income", "allocate", "pay", "reverse"} == set(
        Line.objects.values_list("kind", flat=True)
    )
    assert Payable.objects.unpaid().filter(due_on__lt=date(2026, 11, 22)).exists()
    assert Period.objects.count() > 2
    assert set(UseCheck.objects.values_list("result", flat=True)) == {"proper", "flawed"}
    whole = count_year(world.gao, 2025, world.south.path)
    assert (whole.villages, whole.zero, whole.above) == (8, 0, 6)
    assert firms_of(world.gao)[1] == {
        "firms": 18,
        "pledged": 1_730_000_000,
        "received": 1_730_000_000,
    }
    assert VillageProject.objects.count() == 5
    assert {"applied", "built", "accepted", "granted"} == set(
        BuildSubsidy.objects.values_list("state", flat=True)
    )
