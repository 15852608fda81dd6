"""Files of people who need care: opened with a basis, read by need, closed and forgotten."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tongxin.accounts.models import AuditEntry, Notice
from tongxin.accounts.queries import sealer
from tongxin.care import actions
from tongxin.care.models import CareDuty, CareFile, CareVisit, Impact, Look
from tongxin.care.queries import contents_of, own_files, sheet_of
from tongxin.care.queries.photos import may_see_photo
from tongxin.kit.errors import Invalid, Stale
from tongxin.photos.models import Photo
from tongxin.testing import NOON

from .conftest import BODY, DAY, DOOR, NAME, TODAY, a_file, a_picture, an_impact, fresh, phone_of


def seen_by(user) -> int:
    return CareFile.objects.visible_to(user).count()


@pytest.mark.mission("S0.36")
def test_a_file_is_sealed_and_numbered(care):
    first = a_file(care)
    second = a_file(care, name="乔木", kind="needy")
    assert (first.number, second.number) == ("2026-0001", "2026-0002")
    row = CareFile.objects.values().get(pk=first.pk)
    assert NAME not in str(row) and DOOR not in str(row) and BODY["phone"] not in str(row)
    assert contents_of(first) == {"name": NAME, **BODY}
    assert first.expires_on == TODAY + 730 * DAY  # two years, by the sample for elders


def test_only_the_grid_and_the_care_officer_open_one(care):
    assert a_file(care, by=care.chen, name="甲").pk
    for who in ("zhang", "liu", "gao", "wang", "wu", "ann", "sun"):
        with pytest.raises(actions.NotYourCare):
            a_file(care, by=getattr(care, who))
    assert CareFile.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "refusal", "field"),
    [
        ({"consented_on": None}, actions.NoBasis, "consented_on"),
        ({"consented_on": TODAY + DAY}, actions.NoBasis, "consented_on"),
        ({"consented_by": ""}, actions.NoBasis, "consented_by"),
        ({"consented_how": "paper"}, actions.NoBasis, "paper"),
        ({"basis": "statute", "consented_on": None}, actions.NoBasis, "statute"),
        ({"basis": "guess"}, actions.NoBasis, "basis"),
        ({"kind": "child"}, actions.NeedsGuardian, "consented_by"),
        ({"kind": "rich"}, Invalid, "kind"),
        ({"expires_on": TODAY + 731 * DAY}, actions.BadDay, "expires_on"),
        ({"expires_on": TODAY}, actions.BadDay, "expires_on"),
    ],
)
def test_what_no_file_may_lack(care, given, refusal, field):
    with pytest.raises(refusal) as caught:
        a_file(care, **given)
    assert caught.value.field == field
    assert not CareFile.objects.exists()


def test_a_child_with_a_guardian_and_a_duty_of_the_law_are_taken(care):
    a_file(care, kind="child", consented_by="guardian")
    law = "《社会救助暂行办法》第十三条"
    made = a_file(care, name="乙", basis="statute", statute=law, consented_on=None)
    assert (made.basis, made.statute, made.consented_on) == ("statute", law, None)


def test_no_file_without_an_accepted_assessment(care):
    waiting = Impact.objects.create(
        region=care.tong, purpose="x", made_by=care.gao, made_at=NOON, valid_until=TODAY + DAY
    )
    elsewhere = an_impact(care, region=care.south)
    for impact in (waiting, elsewhere):
        with pytest.raises(actions.NotAssessed):
            a_file(care, impact=impact)
    with pytest.raises(actions.NotAssessed):  # it has run out
        a_file(care, at=NOON + 366 * DAY, consented_on=TODAY)


def test_an_assessment_is_accepted_by_another_officer(care):
    made = actions.write_impact(
        region=care.pine, purpose="困难家庭帮扶", legality="有据", data="最少", risks="低",
        measures="加密", valid_until=TODAY + 30 * DAY, by=care.liu, at=NOON,
    )  # fmt: skip
    with pytest.raises(actions.NotByOneself):
        actions.settle_impact(impact=made, accept=True, note="", by=care.liu, at=NOON)
    with pytest.raises(actions.NotYourCare):
        actions.settle_impact(impact=made, accept=True, note="", by=care.chen, at=NOON)
    done = actions.settle_impact(impact=made, accept=False, note="收集过多", by=care.gao, at=NOON)
    assert done.is_accepted is False
    with pytest.raises(actions.NotNow):
        actions.settle_impact(impact=made, accept=True, note="", by=care.gao, at=NOON)


def test_the_same_person_once_and_a_retry_once(care):
    made = a_file(care, key="a")
    assert a_file(care, key="a").pk == made.pk
    with pytest.raises(actions.FileThere):
        a_file(care, key="b")
    actions.close_file(file=made, end="moved", by=care.mei, at=NOON)
    assert a_file(care, key="c").pk != made.pk


@pytest.mark.mission("S0.36")
def test_read_by_need_and_by_nobody_else(care):
    file = a_file(care)
    actions.add_carer(file=file, user=care.wang, by=care.chen, at=NOON)
    readers = {
        name
        for name in (
            *("zhang", "chen", "mei", "liu", "gao", "li", "zhou", "wu", "wang", "zhao", "qin"),
            *("tang", "he", "yue", "sun", "ma", "ann"),
        )
        if seen_by(getattr(care, name))
    }
    assert readers == {"mei", "chen", "wang"}  # the grid's worker, the care officer, the carer


def test_a_leader_an_inspector_and_a_worker_of_another_grid_read_nothing(care):
    a_file(care)
    leader = care.person("lead", "领导", care.north_office, "leader")
    inspector = care.person("insp", "监督", care.north_office, "inspector")
    other = care.person("other", "第二网格员", care.pine_office, "grid_worker", care.p2)
    wide = care.person("wide", "总网格员", care.pine_office, "grid_worker", care.pine)
    for user in (leader, inspector, other, wide):
        assert seen_by(user) == 0


def test_who_has_left_the_community_reads_no_more(care):
    a_file(care)
    care.chen.posts.update(to_date=TODAY)
    chen = fresh(care.chen)
    assert CareDuty.objects.filter(to_date=None).count() == 1 and seen_by(chen) == 0


def test_a_care_officer_holds_a_post_there_and_the_street_names_them(care):
    with pytest.raises(Invalid):
        actions.name_officer(user=care.sun, region=care.pine, by=care.liu, at=NOON)
    with pytest.raises(actions.NotYourCare):
        actions.name_officer(user=care.zhang, region=care.pine, by=care.zhang, at=NOON)
    with pytest.raises(actions.NotNow):
        actions.name_officer(user=care.chen, region=care.pine, by=care.liu, at=NOON)
    a_file(care)
    actions.end_officer(duty=care.duty, by=care.liu, at=NOON)
    assert seen_by(fresh(care.chen)) == 0


def test_opening_needs_a_reason_once_a_day(care):
    file = a_file(care)
    with pytest.raises(Invalid):
        actions.look(file=file, reason="看看", by=care.mei, at=NOON)
    with pytest.raises(actions.NoSuchFile):
        actions.look(file=file, reason="领导要看一下", by=care.liu, at=NOON)
    first = actions.look(file=file, reason="上门走访前核对门牌", by=care.mei, at=NOON)
    again = actions.look(file=file, reason="", by=care.mei, at=NOON + timedelta(hours=2))
    assert again.pk == first.pk
    assert AuditEntry.objects.filter(action="care.file.look").count() == 1
    actions.look(file=file, reason="第二天再去一次", by=care.mei, at=NOON + DAY)
    assert Look.objects.filter(file=file).count() == 2
    assert NAME not in str(list(AuditEntry.objects.values()))


def test_a_change_tells_the_audit_which_fields_and_not_what(care):
    file = a_file(care)
    done = actions.change_file(
        file=file, expect=1, body={"door": "5 单元 101"}, building="5号楼", by=care.mei, at=NOON
    )
    words = contents_of(done)
    assert words["door"] == "5 单元 101" and words["needs"] == BODY["needs"]
    entry = AuditEntry.objects.get(action="care.file.change")
    assert entry.detail == {"fields": ["building", "door"]}
    with pytest.raises(Stale):
        actions.change_file(file=file, expect=1, name="丙", by=care.mei, at=NOON)


def test_a_hand_over_ends_what_one_reads_and_begins_for_the_other(care):
    file = a_file(care)
    carer = actions.add_carer(file=file, user=care.wang, by=care.chen, at=NOON)
    with pytest.raises(actions.NotYourCare):
        actions.add_carer(file=file, user=care.zhao, by=care.mei, at=NOON)
    with pytest.raises(Invalid):
        actions.hand_over(carer=carer, to=care.zhao, note="", by=care.wang, at=NOON)
    actions.hand_over(carer=carer, to=care.zhao, note="每周三送药", by=care.wang, at=NOON)
    assert (seen_by(care.wang), seen_by(care.zhao)) == (0, 1)
    assert fresh(carer).handed_on == "每周三送药"


# The end of a file.


def test_withdrawing_closes_at_once_and_erases_after_the_term(care):
    phone_of(care.sun, BODY["phone"])
    file = a_file(care)
    actions.record_visit(
        file=file, how="home", on=TODAY, condition="精神不错", promised="换灯泡",
        promise_due_on=TODAY + DAY, by=care.mei, at=NOON,
    )  # fmt: skip
    actions.ask_right(file=file, kind="withdraw", by=care.sun, at=NOON)
    file = fresh(file)
    assert (file.end, file.forget_on, file.next_due_on) == ("withdrawn", TODAY + 15 * DAY, None)
    with pytest.raises(actions.FileClosed):
        actions.record_visit(
            file=file, how="home", on=TODAY, condition="又去了", by=care.mei, at=NOON
        )
    assert actions.forget_files(at=NOON + 14 * DAY) == 0
    assert actions.forget_files(at=NOON + 15 * DAY) == 1
    file = fresh(file)
    assert contents_of(file) == {"name": ""} | dict.fromkeys(BODY, "")
    assert file.user is None and file.building == ""
    assert CareVisit.objects.get().body_sealed == ""
    assert CareFile.objects.filter(area=care.p1.path, kind="elder").count() == 1  # it did exist
    assert actions.forget_files(at=NOON + 16 * DAY) == 0


def test_a_file_that_rests_on_the_law_is_not_withdrawn_but_may_be_asked_away(care):
    phone_of(care.sun, BODY["phone"])
    file = a_file(care, basis="statute", statute="《社会救助暂行办法》", consented_on=None)
    with pytest.raises(actions.KeptByLaw):
        actions.ask_right(file=file, kind="withdraw", by=care.sun, at=NOON)
    asked = actions.ask_right(file=file, kind="delete", by=care.sun, at=NOON)
    with pytest.raises(actions.NotYourCare):
        actions.answer_right(asked=asked, grant=True, words="同意", by=care.mei, at=NOON)
    done = actions.answer_right(asked=asked, grant=True, words="已停用", by=care.chen, at=NOON)
    assert done.answer == "done" and fresh(file).end == "deleted"
    assert Notice.objects.filter(user=care.sun).count() == 1
    with pytest.raises(actions.NotNow):
        actions.answer_right(asked=asked, grant=False, words="不行", by=care.chen, at=NOON)


def test_what_is_not_renewed_is_closed_and_the_pictures_go(
    care, django_capture_on_commit_callbacks
):
    photo = actions_photo(care)
    file = a_file(care, consented_how="paper", paper=photo)
    path = photo.file.path
    last = file.expires_on
    assert actions.close_expired(at=NOON + (last - TODAY)) == 0
    late = NOON + (last - TODAY) + DAY
    assert actions.close_expired(at=late) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert actions.forget_files(at=late + 180 * DAY) == 1
    assert not Photo.objects.exists()
    assert not Path(path).exists()


def actions_photo(care):
    from tongxin.photos.actions import keep_photo

    return keep_photo(data=a_picture(), by=care.mei, at=NOON)


def test_renewing_needs_a_consent_given_anew(care):
    file = a_file(care)
    later = NOON + 300 * DAY
    with pytest.raises(actions.NoBasis):
        actions.renew_file(file=file, by=care.mei, at=later, consented_on=TODAY)
    done = actions.renew_file(file=file, by=care.mei, at=later, consented_on=TODAY + 299 * DAY)
    assert done.expires_on == TODAY + 1030 * DAY


def test_a_file_that_ends_soon_is_told_of_once(care):
    file = a_file(care)
    soon = NOON + 710 * DAY
    for _again in range(2):
        assert actions.remind_expiring(at=soon) == 1
    told = Notice.objects.filter(title__contains=file.number)
    assert sorted(told.values_list("user__username", flat=True)) == ["chen", "mei"]


# The person's own right.


def test_a_person_reads_all_that_is_held_and_who_looked(care):
    phone_of(care.sun, BODY["phone"])
    file = a_file(care)
    actions.look(file=file, reason="上门走访前核对门牌", by=care.mei, at=NOON)
    assert [one.pk for one in own_files(care.sun)] == [file.pk] and own_files(care.ma) == []
    rows = sheet_of(file, TODAY)
    said = {value for _part, _field, value in rows}
    assert {NAME, *BODY.values(), "上门走访前核对门牌", "独居老人定期走访"} <= said


def test_a_right_is_ones_own_and_is_answered_in_time(care):
    phone_of(care.sun, BODY["phone"])
    file = a_file(care)
    with pytest.raises(actions.NoSuchFile):
        actions.ask_right(file=file, kind="copy", by=care.ma, at=NOON)
    with pytest.raises(Invalid):
        actions.ask_right(file=file, kind="correct", by=care.sun, at=NOON)  # says not what
    asked = actions.ask_right(file=file, kind="correct", text="门牌是 502", by=care.sun, at=NOON)
    assert asked.due_on == TODAY + 15 * DAY
    assert "502" not in asked.text_sealed and sealer().open(asked.text_sealed) == "门牌是 502"
    with pytest.raises(actions.NotNow):
        actions.ask_right(file=file, kind="correct", text="又来", by=care.sun, at=NOON)


def test_a_picture_of_a_file_is_seen_by_who_opened_it_today(care):
    photo = actions_photo(care)
    file = a_file(care, consented_how="paper", paper=photo, by=care.mei)
    assert not may_see_photo(care.chen, photo, on=TODAY)
    actions.look(file=file, reason="核对同意书", by=care.chen, at=NOON)
    assert may_see_photo(care.chen, photo, on=TODAY)
    assert not may_see_photo(care.chen, photo, on=TODAY + DAY)
    assert not may_see_photo(care.liu, photo, on=TODAY)
