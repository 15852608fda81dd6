"""A visit from being arranged to its end: who may, what is refused, what is kept and marked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.fieldwork import actions
from tongxin.fieldwork.models import FieldNorm, RivalAnswers, Visit
from tongxin.fieldwork.queries import sentences
from tongxin.kit.errors import Invalid, Refused
from tongxin.testing import NOON

from .conftest import DAY, GOOD, INSIDE, OUTSIDE, begin, finish, photo, plan, publish

LATER = NOON + timedelta(hours=2)


def codes(visit: Visit) -> list[str]:
    return [mark["code"] for mark in visit.marks]


@pytest.mark.mission("S4.33")
def test_a_round_leaves_a_log_of_what_was_seen(world, visit):
    begun = begin(world, visit)
    assert (begun.state, begun.check_how, begun.marks) == ("begun", "gps", [])
    answers = GOOD | {"talk": {"value": "想多一排路灯"}}
    done = finish(world, visit, answers, note="走了一圈", mood="calm")
    assert (done.state, done.finished_by, done.bad_count) == ("done", world.mei, 0)
    assert dict(done.answers.values_list("item__code", "value")) == {
        "road": "yes", "quarrel": "无", "talk": "想多一排路灯",
    }  # fmt: skip
    told = list(done.changes.order_by("pk").values_list("kind", "at"))
    assert told == [("planned", NOON), ("begun", NOON + timedelta(hours=1)), ("done", LATER)]
    assert Notice.objects.get(user=world.mei).text == "第一网格巡查，2026-03-02 前完成"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": " "}, Invalid),
        ({"kind": "party"}, Invalid),
        ({"due_on": DAY - timedelta(days=1)}, actions.BadDays),
    ],
)
def test_a_visit_that_is_not_right_is_not_arranged(world, checklist, changes, error):
    with pytest.raises(error):
        plan(world, **changes)
    for stranger in (world.wu, world.wang, world.sun):
        with pytest.raises(actions.NotYourLand):
            plan(world, by=stranger, workers=[stranger])
    assert not Visit.objects.exists()


def test_a_retry_arranges_begins_and_finishes_once(world, checklist):
    one = plan(world, checklist=checklist, key="k")
    assert plan(world, checklist=checklist, key="k") == one
    begin(world, one, key="b")
    begin(world, one, key="b", at=NOON + timedelta(hours=3))
    done = finish(world, one, key="f")
    assert finish(world, one, key="f").finished_at == done.finished_at
    assert not RivalAnswers.objects.exists()
    assert done.begun_at == NOON + timedelta(hours=1)


def test_only_its_team_makes_a_visit(world, visit):
    with pytest.raises(actions.NotOnTeam):
        begin(world, visit, by=world.zhang)
    begin(world, visit)
    with pytest.raises(actions.NotOnTeam):
        finish(world, visit, by=world.zhang)
    visit.refresh_from_db()
    assert visit.state == "begun"


def test_a_visit_before_its_plan_is_refused(world, checklist):
    one = plan(world, due_from=DAY + timedelta(days=3), due_on=DAY + timedelta(days=5))
    with pytest.raises(actions.TooEarly) as refusal:
        begin(world, one)
    assert "2026-03-05" in str(refusal.value)
    assert begin(world, one, at=NOON + timedelta(days=3)).state == "begun"


def test_what_has_not_begun_is_not_finished_and_nothing_ends_before_it_begins(world, visit):
    with pytest.raises(actions.NotBegun):
        finish(world, visit)
    begin(world, visit)
    with pytest.raises(actions.BeforeItBegan):
        finish(world, visit, at=NOON)
    with pytest.raises(actions.FromTheFuture):
        finish(world, visit, at=LATER + timedelta(hours=1), recorded_at=LATER)
    assert finish(world, visit).state == "done"


def test_a_place_outside_the_grid_is_kept_and_marked(world, visit):
    begun = begin(world, visit, place=OUTSIDE)
    (mark,) = begun.marks
    assert mark["code"] == "outside"
    assert 800 < mark["metres"] < 900  # 0.01° of longitude at 39° N, less the accuracy
    assert (begun.check_lng, begun.state) == (117.49, "begun")


def test_a_place_is_measured_against_the_one_planned(world, checklist):
    near = plan(world, lng=117.551, lat=39.25)
    assert codes(begin(world, near)) == []
    far = plan(world, lng=117.56, lat=39.25)
    assert codes(begin(world, far)) == ["far"]
    assert codes(begin(world, plan(world), place=None)) == ["no_place"]
    with pytest.raises(Invalid):
        begin(world, plan(world), place={"lng": 500, "lat": 3})


def test_late_and_hasty_visits_are_marked(world, checklist):
    one = plan(world)
    late = NOON + timedelta(days=2)
    begin(world, one, at=late)
    done = finish(
        world, one, {}, at=late + timedelta(seconds=20), recorded_at=late + timedelta(days=2)
    )
    assert codes(done) == ["after_due", "short", "late_sent"]


def test_where_somebody_was_angry_one_is_asked_to_go_again(world, checklist):
    FieldNorm.objects.create(code="revisit_days", value=7, effective_from=DAY - timedelta(days=9))
    calm, angry = plan(world), plan(world)
    for one, mood in ((calm, "calm"), (angry, "angry")):
        begin(world, one)
        finish(world, one, {}, mood=mood)
        one.refresh_from_db()
    assert (codes(calm), angry.marks) == ([], [{"code": "revisit", "by": "2026-03-09"}])
    assert sentences(angry.marks) == ["居民情绪激动，建议 2026-03-09 前回访"]


@pytest.mark.parametrize(
    ("answers", "error", "field"),
    [
        ({"moon": {"value": "yes"}}, actions.UnknownItem, "moon"),
        ({}, actions.MissingAnswer, "road"),
        ({"road": {"value": "maybe"}}, Invalid, "road"),
        ({"road": {"value": "no"}, "hole": {"value": "many"}}, Invalid, "hole"),
        ({"road": {"value": "no"}, "hole": {"value": 2}}, actions.MissingPhoto, "road"),
        ({"road": {"value": "yes"}, "quarrel": {"value": "吵"}}, Invalid, "quarrel"),
        ({"road": {"value": "yes", "photos": ["nonsense"]}}, actions.UnknownPhoto, "photos"),
    ],
)
def test_a_report_that_is_not_right_is_refused_whole(world, visit, answers, error, field):
    begin(world, visit)
    with pytest.raises(error) as refusal:
        finish(world, visit, answers)
    assert refusal.value.field == field
    visit.refresh_from_db()
    assert (visit.state, visit.answers.count()) == ("begun", 0)
    assert finish(world, visit).state == "done"


def test_an_item_that_a_trouble_opens_has_to_be_answered(world, visit):
    begin(world, visit)
    shown = {"value": "no", "photos": [str(photo(world.mei).pk)]}
    with pytest.raises(actions.MissingAnswer) as refusal:
        finish(world, visit, {"road": shown})
    assert refusal.value.field == "hole"


def test_a_photo_of_somebody_else_is_refused(world, visit):
    begin(world, visit)
    theirs = photo(world.zhang)
    with pytest.raises(actions.UnknownPhoto):
        finish(world, visit, photos=[str(theirs.pk)])
    mine = photo(world.mei)
    done = finish(world, visit, photos=[str(mine.pk)])
    assert [one.photo for one in done.photos.all()] == [mine]


def test_an_item_is_asked_only_when_its_condition_holds(world, visit):
    """What was filled in before the condition fell away is not kept as an answer."""
    begin(world, visit)
    done = finish(world, visit, GOOD | {"hole": {"value": 9}})
    assert not done.answers.filter(item__code="hole").exists()
    assert done.bad_count == 0


def test_two_phones_finish_one_visit_and_a_person_decides(world, checklist):
    one = plan(world, checklist=checklist, workers=[world.mei, world.zhang])
    begin(world, one)
    finish(world, one, key="mei", note="先到")
    second = GOOD | {"quarrel": {"value": "有"}}
    kept = finish(world, one, second, by=world.zhang, key="zhang", note="后到")
    again = finish(world, one, second, by=world.zhang, key="zhang", note="后到")
    assert (kept.note, again.pk, codes(again)) == ("先到", one.pk, ["rival"])
    rival = one.rivals.get()
    assert rival.payload["answers"]["quarrel"]["value"] == "有"

    given = {"rival": rival, "reason": "后一份更完整", "at": LATER}
    with pytest.raises(actions.NotYourLand):
        actions.decide_rival(decision="second", by=world.wu, **given)
    with pytest.raises(Invalid):
        actions.decide_rival(decision="both", by=world.liu, **given)
    actions.decide_rival(decision="second", by=world.liu, **given)
    one.refresh_from_db()
    rival.refresh_from_db()
    assert (one.note, one.finished_by, one.bad_count, one.marks) == ("后到", world.zhang, 1, [])
    assert (rival.payload["note"], rival.by) == ("先到", world.mei)  # what stood is kept
    with pytest.raises(actions.AlreadyDecided):
        actions.decide_rival(decision="first", by=world.liu, **given)


def test_a_checklist_changed_while_a_phone_was_away(world, checklist, visit):
    newer = publish(version=2, items=[{"code": "light", "text": "路灯都亮", "bad_when": "no"}])
    Visit.objects.filter(pk=visit.pk).update(checklist=newer)
    begin(world, visit)
    with pytest.raises(actions.UnknownVersion):
        finish(world, visit, checklist_version=7)
    done = finish(world, visit, checklist_version=1)
    assert done.checklist == checklist  # judged by what the worker saw
    assert done.marks == [{"code": "old_checklist", "version": 1, "now": 2}]


def test_what_is_called_off_is_not_made(world, visit):
    given = {"visit": visit, "by": world.zhang, "at": NOON}
    with pytest.raises(Invalid):
        actions.cancel_visit(reason="", **given)
    with pytest.raises(actions.NotYourLand):
        actions.cancel_visit(reason="下雨", **given | {"by": world.wu})
    actions.cancel_visit(reason="下雨", **given)
    with pytest.raises(actions.VisitOver):
        begin(world, visit)
    assert Notice.objects.filter(user=world.mei, title="走访已取消").exists()
    begun = plan(world)
    begin(world, begun)
    with pytest.raises(actions.NotCheckedBy):
        actions.cancel_visit(reason="下雨", **given | {"visit": begun})


def test_a_finished_visit_is_opened_again_for_a_reason(world, visit):
    given = {"visit": visit, "reason": "照片看不清", "at": LATER}
    with pytest.raises(actions.NotCheckedBy):
        actions.reopen_visit(by=world.liu, **given)
    begin(world, visit)
    finish(world, visit, key="f")
    for stranger in (world.mei, world.wu):
        with pytest.raises(Refused):
            actions.reopen_visit(by=stranger, **given)
    opened = actions.reopen_visit(by=world.liu, **given)
    assert (opened.state, codes(opened)) == ("begun", ["reopened"])
    assert AuditEntry.objects.get(action="visit.reopen").reason == "照片看不清"
    again = finish(world, visit, note="重填", key="f2", at=LATER + timedelta(hours=1))
    assert (again.state, again.note) == ("done", "重填")
    assert not again.rivals.exists()


def test_a_team_changes_until_the_visit_is_over(world, visit):
    given = {"visit": visit, "by": world.zhang, "at": NOON}
    with pytest.raises(actions.NobodyGoes):
        actions.change_team(workers=[], **given)
    actions.change_team(workers=[world.chen, world.mei], **given)
    assert list(visit.team.order_by("-is_lead").values_list("user", flat=True)) == [
        world.chen.pk, world.mei.pk,
    ]  # fmt: skip
    assert Notice.objects.filter(user=world.chen, title="新的走访安排").count() == 1
    assert Notice.objects.filter(user=world.mei, title="新的走访安排").count() == 1
    begin(world, visit, place=INSIDE)
    finish(world, visit)
    with pytest.raises(actions.VisitOver):
        actions.change_team(workers=[world.mei], **given)
