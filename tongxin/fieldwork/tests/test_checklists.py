"""Checklists: written without code, versions with dates, samples that load once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tongxin.fieldwork import actions, queries
from tongxin.fieldwork.actions.checklists import check_item
from tongxin.fieldwork.models import Checklist, FieldNorm, Item, Visit
from tongxin.fieldwork.queries.asking import BadRule
from tongxin.kit.errors import Invalid
from tongxin.testing import NOON

from .conftest import DAY, begin, finish, plan, publish

SOON = DAY + timedelta(days=7)


@pytest.fixture
def draft(world) -> Checklist:
    return actions.make_checklist(
        code="shops",
        name="沿街商户检查",
        kind="inspection",
        region=world.north,
        by=world.liu,
        at=NOON,
    )


def item(world, draft, code, **fields) -> Item:
    return actions.save_item(
        checklist=draft, code=code, by=world.liu, at=NOON, **{"text": f"看{code}"} | fields
    )


def publish_draft(world, draft, on=DAY) -> Checklist:
    return actions.publish_checklist(checklist=draft, effective_from=on, by=world.liu, at=NOON)


def test_an_officer_writes_and_publishes_a_checklist(world, draft):
    item(world, draft, "open")
    item(world, draft, "clean", type="score", max_score=10, bad_when="<6")
    item(world, draft, "first", number=1)
    assert list(draft.items.values_list("code", "number")) == [
        ("first", 1), ("open", 2), ("clean", 3),
    ]  # fmt: skip
    actions.remove_item(checklist=draft, code="open", by=world.liu, at=NOON)
    assert list(draft.items.values_list("code", "number")) == [("first", 1), ("clean", 2)]
    made = publish_draft(world, draft)
    assert Checklist.objects.on(DAY).get() == made
    assert not Checklist.objects.on(DAY - timedelta(days=1)).exists()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"text": " "}, Invalid),
        ({"type": "song"}, actions.BadItem),
        ({"type": "choice", "options": [{"value": "好"}]}, actions.BadItem),
        ({"type": "score"}, actions.BadItem),
        ({"bad_when": "<5"}, BadRule),
        ({"type": "number", "bad_when": "no"}, BadRule),
        (
            {"type": "choice", "options": [{"value": "好"}, {"value": "差"}], "bad_when": "坏"},
            BadRule,
        ),
        ({"type": "photo", "bad_when": "any"}, BadRule),
        ({"finding_kind": "moon"}, actions.BadItem),
    ],
)
def test_an_item_that_cannot_be_asked_is_refused(world, draft, fields, error):
    with pytest.raises(error):
        item(world, draft, "one", **fields)
    with pytest.raises(actions.BadItem):
        item(world, draft, "拼音")
    with pytest.raises(actions.NotYourLand):
        actions.save_item(checklist=draft, code="a", text="看", by=world.wu, at=NOON)
    assert not draft.items.exists()


def test_a_condition_names_an_earlier_item_and_can_come_true(world, draft):
    item(world, draft, "door")
    item(world, draft, "why", type="text", asked_if_item="door", asked_if_value="maybe")
    with pytest.raises(actions.BadItem):
        publish_draft(world, draft)
    item(world, draft, "why", type="text", asked_if_item="door", asked_if_value="no", number=1)
    with pytest.raises(actions.BadItem):
        publish_draft(world, draft)
    item(world, draft, "why", number=2)
    with pytest.raises(actions.BadItem):  # the item its condition names stays
        actions.remove_item(checklist=draft, code="door", by=world.liu, at=NOON)
    assert publish_draft(world, draft).published_at == NOON


def test_a_version_in_use_never_changes_a_copy_does(world, draft):
    with pytest.raises(actions.NotReady):
        publish_draft(world, draft)
    item(world, draft, "open")
    first = publish_draft(world, draft)
    with pytest.raises(actions.InUse):
        item(world, first, "late")
    with pytest.raises(actions.InUse):
        actions.discard_draft(checklist=first, by=world.liu, at=NOON)
    near, far = (plan(world, checklist=first, due_from=day, due_on=day) for day in (DAY, SOON))
    second = actions.copy_checklist(checklist=first, by=world.liu, at=NOON)
    assert actions.copy_checklist(checklist=first, by=world.liu, at=NOON) == second
    assert (second.version, second.items.count()) == (2, 1)
    item(world, second, "late")
    with pytest.raises(actions.BadDate):
        publish_draft(world, second)
    publish_draft(world, second, SOON)
    first.refresh_from_db()
    assert (first.effective_to, first.items.count()) == (SOON, 1)
    assert Visit.objects.get(pk=near.pk).checklist == first
    assert Visit.objects.get(pk=far.pk).checklist == second  # it has not begun, and falls due later
    assert actions.version_on(first, DAY) == first
    assert actions.version_on(first, SOON) == second


def test_a_draft_is_thrown_away_and_a_code_is_used_once(world, draft):
    given = {"name": "又一份", "kind": "patrol", "region": world.north, "by": world.liu, "at": NOON}
    with pytest.raises(actions.CodeTaken):
        actions.make_checklist(code="shops", **given)
    with pytest.raises(Invalid):
        actions.make_checklist(code="商户", **given)
    with pytest.raises(actions.NotYourLand):
        actions.make_checklist(code="other", **given | {"by": world.yue})
    actions.discard_draft(checklist=draft, by=world.liu, at=NOON)
    assert not Checklist.objects.exists()


def test_who_sees_which_checklist(world, draft):
    sample = publish(code="sample")
    item(world, draft, "open")
    salt = publish(code="salt", region=world.salt)
    seen = lambda who: set(Checklist.objects.visible_to(who))  # noqa: E731
    assert seen(world.liu) == {sample, draft}
    assert seen(world.wu) == {sample, salt}
    assert seen(world.gao) == {sample, draft, salt}
    assert seen(world.sun) == seen(world.ann) == set()
    publish_draft(world, draft)
    assert seen(world.mei) == {sample, draft}  # who works by it sees what holds above them


@pytest.mark.mission("S2.52")
def test_a_check_of_style_scores_five_dimensions(world):
    """通报 S2.52: 政治意识、执行能力、减负成效、机关形象、宗旨意识, each scored."""
    actions.load_samples(at=NOON)
    style = Checklist.objects.get(code="style-check")
    assert list(dict.fromkeys(style.items.values_list("dimension", flat=True))) == [
        "政治意识", "执行能力", "减负成效", "机关形象", "宗旨意识",
    ]  # fmt: skip
    one = plan(world, kind="style", checklist=style, workers=[world.liu])
    begin(world, one, by=world.liu)
    scores = {item.code: {"value": 9} for item in style.items.all()} | {"burden-1": {"value": 7.5}}
    done = finish(world, one, scores, by=world.liu)
    assert (done.score, done.max_score) == (Decimal("88.5"), 100)
    by_dimension = {one["dimension"]: one for one in queries.dimensions_of(done)}
    assert by_dimension["减负成效"] == {
        "dimension": "减负成效", "score": Decimal("16.5"), "most": 20, "bad": 0,
    }  # fmt: skip


def test_samples_load_once_and_can_all_be_asked(world):
    new = actions.load_samples(at=NOON)
    assert new == Checklist.objects.filter(is_sample=True).count() + FieldNorm.objects.count()
    assert actions.load_samples(at=NOON) == 0
    for row in Item.objects.order_by("pk"):
        row.finding_kind = ""  # the register of findings names its own
        check_item(row)


def test_a_sample_is_copied_to_ones_own_land(world):
    actions.load_samples(at=NOON)
    sample = Checklist.objects.get(code="daily-patrol")
    with pytest.raises(actions.NotYourLand):
        actions.copy_checklist(checklist=sample, by=world.liu, at=NOON)
    mine = actions.copy_checklist(
        checklist=sample, region=world.north, code="north-patrol", by=world.liu, at=NOON
    )
    assert (mine.is_draft, mine.is_sample, mine.items.count()) == (
        True,
        False,
        sample.items.count(),
    )
    assert mine.effective_from == date(2026, 3, 2)
