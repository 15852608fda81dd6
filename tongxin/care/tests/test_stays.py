"""People here for a time: they register themselves, are confirmed, asked again, and forgotten."""

from __future__ import annotations

import pytest

from tongxin.accounts.models import Notice
from tongxin.care import actions
from tongxin.care.models import Stay
from tongxin.care.queries import hidden, lists
from tongxin.care.queries.figures import grid_figures, guarded, stay_figures
from tongxin.kit.errors import Invalid
from tongxin.kit.text import BadNumber
from tongxin.testing import NOON

from .conftest import DAY, TODAY, a_file, an_impact, fresh

PHONE = "13711112222"


@pytest.fixture
def here(care):
    care.stay_impact = an_impact(care, purpose="流动人口服务管理")
    return care


def asked(here, **given) -> Stay:
    told = {
        "grid": here.p1, "name": "车大志", "phone": PHONE, "building": "7号楼", "door": "101",
        "why": "work", "since": TODAY - 30 * DAY, "until": TODAY + 100 * DAY,
        "impact": here.stay_impact, "agreed": True, "by": here.sun, "at": NOON,
    }  # fmt: skip
    return actions.ask_stay(**told | given)


@pytest.mark.mission("S0.33")
def test_somebody_registers_and_the_grids_worker_confirms(here):
    stay = asked(here)
    row = str(Stay.objects.values().get())
    assert "车大志" not in row and PHONE not in row and stay.state == "asked"
    assert Notice.objects.filter(user=here.mei).count() == 1
    with pytest.raises(actions.NoSuchStay):
        actions.judge_stay(stay=stay, accept=True, note="", by=here.zhang, at=NOON)
    done = actions.judge_stay(stay=stay, accept=True, note="", by=here.mei, at=NOON)
    assert (done.state, done.judged_by) == ("confirmed", here.mei)
    with pytest.raises(actions.NotNow):
        actions.judge_stay(stay=stay, accept=False, note="x", by=here.mei, at=NOON)


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"agreed": False}, actions.NoBasis),
        ({"phone": "123"}, BadNumber),
        ({"until": TODAY + 366 * DAY}, actions.BadDay),
        ({"until": TODAY - DAY}, actions.BadDay),
        ({"since": TODAY + DAY}, actions.BadDay),
        ({"why": "fun"}, Invalid),
        ({"name": ""}, Invalid),
    ],
)
def test_what_is_not_registered(here, given, refusal):
    with pytest.raises(refusal):
        asked(here, **given)
    assert not Stay.objects.exists()


def test_a_telephone_stands_once_and_a_retry_is_one(here):
    first = asked(here, key="a")
    assert asked(here, key="a").pk == first.pk
    with pytest.raises(actions.StayThere):
        asked(here, by=here.ma)


@pytest.mark.mission("S0.33")
def test_only_the_grid_and_the_community_see_who_it_is(here):
    asked(here)
    seen = {
        who
        for who in ("mei", "chen", "zhang", "liu", "gao", "wu", "wang", "ann", "sun")
        if Stay.objects.visible_to(getattr(here, who)).exists()
    }
    assert seen == {"mei", "chen"}
    assert len(lists.own_stays(here.sun)) == 1 and not lists.own_stays(here.ma)


def test_a_refusal_says_why_and_the_data_goes(here):
    stay = asked(here)
    with pytest.raises(Invalid):
        actions.judge_stay(stay=stay, accept=False, note="", by=here.mei, at=NOON)
    stay = actions.judge_stay(stay=stay, accept=False, note="不住这里", by=here.mei, at=NOON)
    assert (stay.state, stay.forget_on) == ("refused", TODAY + 30 * DAY)


@pytest.mark.mission("S0.33")
def test_what_runs_out_is_asked_again_then_ended_then_erased(here):
    stay = actions.judge_stay(stay=asked(here), accept=True, note="", by=here.mei, at=NOON)
    assert actions.ask_again(at=NOON + 85 * DAY) == 0
    assert actions.ask_again(at=NOON + 86 * DAY) == 1
    assert actions.ask_again(at=NOON + 87 * DAY) == 0
    assert Notice.objects.filter(user=here.sun, title="您还住在这里吗？").count() == 1
    assert actions.end_run_out(at=NOON + 100 * DAY) == 0
    assert actions.end_run_out(at=NOON + 101 * DAY) == 1
    assert actions.forget_files(at=NOON + 130 * DAY) == 0
    assert actions.forget_files(at=NOON + 131 * DAY) == 1
    stay = fresh(stay)
    assert (stay.name_sealed, stay.phone_index, stay.door_sealed, stay.user) == ("", "", "", None)
    assert (stay.area, stay.why) == (here.p1.path, "work")  # that there was one remains


def test_who_says_so_stays_longer(here):
    stay = actions.judge_stay(stay=asked(here), accept=True, note="", by=here.mei, at=NOON)
    actions.ask_again(at=NOON + 90 * DAY)
    with pytest.raises(actions.BadDay):
        actions.extend_stay(stay=stay, until=TODAY + 90 * DAY, by=here.sun, at=NOON + 90 * DAY)
    with pytest.raises(actions.NoSuchStay):
        actions.extend_stay(stay=stay, until=TODAY + 300 * DAY, by=here.ma, at=NOON)
    stay = actions.extend_stay(stay=stay, until=TODAY + 300 * DAY, by=here.sun, at=NOON + 90 * DAY)
    assert stay.asked_again_at is None and actions.end_run_out(at=NOON + 101 * DAY) == 0


def test_ending_ones_own_is_erased_sooner(here):
    stay = actions.end_stay(stay=asked(here), by=here.sun, at=NOON)
    assert stay.forget_on == TODAY + 15 * DAY
    with pytest.raises(actions.NotNow):
        actions.end_stay(stay=stay, by=here.sun, at=NOON)


@pytest.mark.mission("S0.33")
def test_a_service_is_asked_for_and_given(here):
    stay = actions.judge_stay(stay=asked(here), accept=True, note="", by=here.mei, at=NOON)
    service = actions.ask_service(stay=stay, kind="permit", by=here.sun, at=NOON)
    with pytest.raises(actions.NotNow):
        actions.ask_service(stay=stay, kind="permit", by=here.sun, at=NOON)
    with pytest.raises(Invalid):
        actions.ask_service(stay=stay, kind="gold", by=here.sun, at=NOON)
    with pytest.raises(actions.NoSuchStay):
        actions.finish_service(service=service, note="办了", by=here.sun, at=NOON)
    actions.finish_service(service=service, note="已领证", by=here.mei, at=NOON)
    with pytest.raises(actions.NotNow):
        actions.finish_service(service=service, note="又办", by=here.mei, at=NOON)


def test_the_worker_registers_somebody_met_at_the_door(here):
    told = {
        "grid": here.p1, "name": "车大志", "phone": PHONE, "building": "", "door": "",
        "why": "study", "since": TODAY, "until": TODAY + DAY, "impact": here.stay_impact,
        "at": NOON,
    }  # fmt: skip
    with pytest.raises(actions.NotYourCare):
        actions.register_stay(**told, basis="consent", by=here.zhang)
    with pytest.raises(actions.NoBasis):
        actions.register_stay(**told, basis="", by=here.mei)
    assert actions.register_stay(**told, basis="consent", by=here.mei).state == "confirmed"


# Figures without names.


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([0, 7, 9], [0, 7, 9]),
        ([3, 7, 9], [None, None, 9]),  # one alone would be told by the sum
        ([3, 4, 9], [None, None, 9]),
        ([3, 0, 0], [None, 0, 0]),
        ([], []),
    ],
)
def test_small_figures_are_hidden_and_cannot_be_subtracted(counts, shown):
    assert hidden(counts, 5) == shown


@pytest.mark.parametrize(
    "table",
    [
        [[6, 0, 6], [1, 0, 1], [7, 0, 7]],
        [[6, 9, 15], [2, 30, 32], [8, 39, 47]],
        [[2, 2, 4], [20, 30, 50], [22, 32, 54]],
        [[3, 3]],
    ],
)
def test_no_line_of_a_table_hides_one_number_alone(table):
    shown = guarded(table, 5)
    across = zip(zip(*shown, strict=True), zip(*table, strict=True), strict=True)
    for line in [*zip(shown, table, strict=True), *across]:
        told = [n for n, _real in zip(*line, strict=True) if n is not None]
        hides = [real for n, real in zip(*line, strict=True) if n is None]
        assert all(n == 0 or n >= 5 for n in told)
        # Alone only where all the others are zero: then the sum itself is the number, and hidden.
        assert len(hides) != 1 or not any(told)


@pytest.mark.mission("S0.36")
def test_the_street_sees_figures_with_few_hidden(care):
    for n in range(6):
        a_file(care, name=f"示例{n}")
    a_file(care, name="另一位", grid=care.p2, by=care.chen)
    rows, total = grid_figures(care.pine.path, ["elder", "child"], TODAY)
    assert [(row.land.short_name, row.cells, row.total) for row in rows] == [
        ("第一网格", [None, 0], None),
        ("第二网格", [None, 0], None),
    ]
    assert (total.cells, total.total) == ([7, 0], 7)


def test_stays_are_counted_by_grid_without_names(here):
    actions.judge_stay(stay=asked(here), accept=True, note="", by=here.mei, at=NOON)
    assert [n for _land, n in stay_figures(here.pine.path, TODAY)] == [None, 0]
