"""What branches owe their members, as their to-do says it: counted, and nobody named."""

from datetime import date, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tongxin.orgs import actions, queries
from tongxin.orgs.models import Org
from tongxin.testing import NOON

TODAY = date(2026, 3, 2)


def owed(unit, on=TODAY):
    rows = queries.people_check(Org.objects.units(), on)
    return {row["kind"]: row for row in rows if row["unit"] == unit}


def test_a_transfer_waits_for_the_other_side(world):
    found = actions.start_transfer(
        membership=world.wang_member,
        to_unit=world.salt_branch,
        reason="迁居",
        at=NOON,
        by=world.qin,
    )
    assert owed(world.branch) == {}
    row = owed(world.salt_branch)["transfer"]
    assert (row["sentence"], row["due"]) == ("1 件组织关系转接等本支部确认", found.valid_until)
    assert "王芳" not in row["sentence"]
    assert owed(world.salt_branch, found.valid_until + timedelta(days=1)) == {}
    actions.confirm_transfer(transfer=found, at=NOON, by=world.yue)
    assert owed(world.salt_branch) == {}


def test_members_lost_and_away(world):
    actions.mark_lost(membership=world.zhao_member, since=date(2025, 9, 2), at=NOON, by=world.qin)
    actions.mark_mobile(
        membership=world.wang_member, since=date(2025, 9, 2), place="东莞", why="work", at=NOON,
        by=world.qin,
    )  # fmt: skip
    assert set(owed(world.branch, date(2026, 3, 1))) == {"silent"}
    found = owed(world.branch)
    assert set(found) == {"lost", "away", "silent"}
    assert found["lost"]["sentence"].startswith("1 名党员失去联系满 6 个月")
    assert found["lost"]["url"] == f"/orgs/people/?flag=lost&unit={world.branch.pk}"
    actions.mark_found(membership=world.zhao_member, at=NOON, by=world.qin)
    assert "lost" not in owed(world.branch)


def test_pairings_long_unvisited(world):
    actions.set_flags(membership=world.zhao_member, is_veteran=True, at=NOON, by=world.qin)
    pairing = actions.pair_members(
        helper=world.wang_member.person, helped=world.zhao_member.person, aim="看望",
        since=date(2025, 12, 1), at=NOON, by=world.qin,
    )  # fmt: skip
    assert "pairing" not in owed(world.branch, date(2026, 3, 1))
    assert owed(world.branch)["pairing"]["sentence"] == "1 对结对帮扶超过 90 天没有走访"
    actions.write_visit(pairing=pairing, on=TODAY, text="安好", at=NOON, by=world.wang)
    assert owed(world.branch) == {}


def test_it_asks_the_same_few_times(world):
    with CaptureQueriesContext(connection) as asked:
        queries.people_check(Org.objects.units(), TODAY)
    assert len(asked) <= 6


def test_it_stands_in_the_list_people_work_from(world):
    from tongxin.portal.queries.due import found_due

    actions.start_transfer(
        membership=world.wang_member,
        to_unit=world.salt_branch,
        reason="迁居",
        at=NOON,
        by=world.qin,
    )
    found = {(one.unit_id, one.kind) for one in found_due(Org.objects.units(), TODAY)}
    assert (world.salt_branch.pk, "transfer") in found
