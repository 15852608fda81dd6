"""`tongxin verify`: an untouched database agrees; whatever is altered behind the actions is told."""

from datetime import timedelta

import pytest

from tongxin.cases.actions import count_cases, make_move
from tongxin.cases.models import Case, Event, Tally
from tongxin.orgs.models import Volunteer
from tongxin.portal.checking import NoSuchCase, check_everything
from tongxin.requests.actions import file_request
from tongxin.requests.models import PointEntry
from tongxin.testing import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
def errand(world) -> Case:
    """An errand done and rated: proof and verification are not asked for, points are given."""
    case = file_request(
        text="代买降压药", topic=world.errand, region=world.p1, at=NOON, actor=world.sun
    )
    make_move(case, "dispatch", at=NOON + MINUTE, actor=world.zhang, holder=world.wang)
    make_move(case, "accept", at=NOON + 2 * MINUTE, actor=world.wang)
    make_move(case, "finish", at=NOON + 3 * MINUTE, actor=world.wang, note="送到了", minutes=30)
    make_move(case, "rate", at=NOON + 4 * MINUTE, actor=world.sun, stars=5)
    count_cases()
    case.refresh_from_db()
    return case


def test_all_agrees(errand):
    assert check_everything() == []
    assert check_everything(number=errand.number) == []


def test_cases_not_yet_counted_are_no_fault(errand, world):
    file_request(text="再买一次", topic=world.errand, region=world.p1, at=NOON, actor=world.sun)
    assert check_everything() == []


@pytest.mark.parametrize(
    "change",
    [
        {"note": "没送"},
        {"at": NOON},
        {"actor_id": None},
        {"data": {"minutes": 3000}},
        {"target": "closed"},
        {"recorded_at": NOON},
    ],
)
def test_an_altered_event_is_told(errand, change):
    Event.objects.filter(case=errand, name="finish").update(**change)
    (fault,) = check_everything()
    assert f"{errand.number} 第 4 条记录（finish" in fault


def test_a_forged_hash_breaks_the_next_event(errand):
    Event.objects.filter(case=errand, name="accept").update(hash="0" * 64)
    assert "第 3 条记录" in check_everything()[0]


def test_a_removed_event_is_told(errand):
    Event.objects.filter(case=errand, name="rate").delete()
    assert "应有 5 条记录，实有 4 条" in check_everything()[0]


def test_points_beside_the_ledger_are_told(errand, world):
    Volunteer.objects.filter(user=world.wang).update(points=100)
    (fault,) = check_everything()
    assert "王芳" in fault
    assert "(100, 30)" in fault


def test_a_lost_line_of_the_ledger_is_told(errand):
    PointEntry.objects.all().delete()
    assert len(check_everything()) == 1


def test_a_wrong_tally_is_told(errand):
    Tally.objects.filter(path=errand.area[:8], dim="s", span="m").update(n=7)
    assert any("记为 7，重新计数是 1" in fault for fault in check_everything())


def test_a_case_moved_behind_the_actions_is_told(errand):
    Case.objects.filter(pk=errand.pk).update(step="filed")
    assert check_everything() == [f"{errand.number} 的统计位置不对"]


def test_wrong_children_are_told(errand):
    Case.objects.filter(pk=errand.pk).update(open_children=2)
    assert check_everything() == [f"{errand.number} 记有 2 个未结子单，实有 0 个"]


def test_an_unknown_number_is_refused(errand):
    with pytest.raises(NoSuchCase):
        check_everything(number="120116-20200101-0001")
