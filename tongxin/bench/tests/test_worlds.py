"""Made-up worlds: exactly as large as they say, nobody's numbers, the same every time."""

from itertools import islice

import pytest
from click.testing import CliRunner

from tongxin.bench import worlds
from tongxin.cli import main
from tongxin.kit.identity import read_identity
from tongxin.kit.text import normal_phone
from tongxin.orgs.models import Membership, Org
from tongxin.orgs.tests.test_sheets import undone
from tongxin.spreadsheets.models import SheetImport
from tongxin.spreadsheets.tests.making import own_media  # noqa: F401

TINY = worlds.Plan("qindu", "610402", "秦都区", 2, 30, 100)


@pytest.mark.parametrize(
    ("name", "units", "members"), [("wuhai", 1_919, 35_000), ("qindu", 1_155, 45_991)]
)
def test_a_world_is_as_large_as_the_source_says(name, units, members):
    plan = worlds.PLANS[name]
    lines = worlds.unit_lines(plan)
    assert len(lines) + 1 == units  # and the root above all
    assert len({line.code for line in lines}) == len({line.name for line in lines}) == len(lines)
    numbers = {member[1] for member in worlds.member_lines(plan, lines)}
    assert len(numbers) == members


def test_numbers_are_sound_and_nobodys():
    plan = worlds.PLANS["wuhai"]
    for member in islice(worlds.member_lines(plan, worlds.unit_lines(plan)), 0, None, 500):
        read = read_identity(member[1])
        assert read.division.startswith("99")  # no province has it
        assert {"m": "男", "f": "女"}[read.gender] == member[2]
        assert normal_phone(member[5]) == member[5]


def test_the_same_world_every_time():
    plan = worlds.PLANS["qindu"]
    first, again = (
        list(islice(worlds.member_lines(plan, worlds.unit_lines(plan)), 50)) for _ in "ab"
    )
    assert first == again


def test_the_command_makes_it_by_its_own_sheets(db, tmp_path, monkeypatch):
    monkeypatch.setitem(worlds.PLANS, "qindu", TINY)
    monkeypatch.setattr("tongxin.cli.data.boot", lambda **_given: None)
    monkeypatch.setattr("tongxin.cli.data.need_tables", lambda: None)
    result = CliRunner().invoke(main, ["world", "qindu", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "30 个党组织，100 名党员" in result.output
    assert (tmp_path / "qindu-members.xlsx").exists()
    assert Org.objects.filter(kind="party").count() == 30
    assert Membership.objects.members().count() == 100
    again = CliRunner().invoke(main, ["world", "qindu", "--folder", str(tmp_path)])
    assert again.exit_code == 1
    assert "已有" in again.output
    members, units = SheetImport.objects.order_by("-pk")
    assert undone(members).state == undone(units).state == "undone"
    assert Org.objects.filter(kind="party").count() == 1
