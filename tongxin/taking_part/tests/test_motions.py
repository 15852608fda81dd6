"""A motion from its first supporter to the report to residents, and what is refused on the way."""

from __future__ import annotations

import pytest

from tongxin.accounts.models import Notice
from tongxin.cases.actions import settle_events
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import Missing
from tongxin.meetings.actions import load_rules as load_meeting_rules
from tongxin.taking_part import actions
from tongxin.taking_part.actions.motions import (
    BadMotion,
    NoRule,
    NotOpenForThat,
    SupportedAlready,
)
from tongxin.taking_part.hooks import TooEarly
from tongxin.taking_part.models import Motion, MotionRule
from tongxin.testing import NOON

from .conftest import DAY, HOUR, move


def raising(world, **changes):
    given = {
        "community": world.pine, "raiser": "residents", "title": "加装充电桩", "text": "加装两处。",
        "by": world.sun, "at": NOON,
    } | changes  # fmt: skip
    return actions.raise_motion(**given)


@pytest.mark.mission("S3.34", "S4.69")
def test_a_motion_is_supported_admitted_talked_over_agreed_and_reported(rules, raised):
    world = rules
    assert (raised.supports, raised.needed, raised.case.step) == (1, 5, "raised")
    for user in (world.ma, world.wang, world.zhao, world.mei):
        raised = actions.support_motion(raised, by=user, at=NOON + HOUR)
    assert raised.case.step == "supported"
    raised = move(raised, "admit", world.zhang, NOON + DAY, "受理，请大家讨论。")
    said = actions.speak(
        raised, text="希望装在东侧。", stance="for", hides_name=True, by=world.ma, at=NOON + DAY
    )
    assert said.shown_as == "马*生" and raised.discuss_until is not None
    with pytest.raises(TooEarly):
        move(raised, "agree", world.zhang, NOON + 2 * DAY, "一致同意")
    raised = move(raised, "agree", world.zhang, NOON + 12 * DAY, "一致同意装在东侧")
    raised = move(raised, "carry", world.zhang, NOON + 20 * DAY, "两处充电桩已装好")
    raised = move(raised, "report", world.zhang, NOON + 21 * DAY, "已装好，欢迎使用。")
    assert raised.case.step == "closed" and raised.done_text == "已装好，欢迎使用。"
    told = Notice.objects.filter(key=f"motion-end:{raised.pk}").values_list("user__username", flat=True)  # fmt: skip
    assert {"sun", "ma", "wang", "zhao", "mei"} == set(told)
    while settle_events(at=NOON + 22 * DAY):
        pass
    own = Notice.objects.filter(user=world.sun, url=f"/taking-part/motions/{raised.pk}/")
    assert own.exists()  # the resident is led to the public page, not to the desk's


def test_nobody_supports_twice_and_not_when_it_is_over(rules, raised):
    with pytest.raises(SupportedAlready):
        actions.support_motion(raised, by=rules.sun, at=NOON + HOUR)
    with pytest.raises(NotOpenForThat):
        actions.support_motion(raised, by=rules.ma, at=NOON + 60 * DAY)
    assert Motion.objects.get().supports == 1


def test_without_supporters_it_lapses_once(rules, raised):
    assert actions.lapse_due(at=NOON + 20 * DAY) == 0
    assert actions.lapse_due(at=NOON + 31 * DAY) == 1
    assert actions.lapse_due(at=NOON + 31 * DAY) == 0
    raised.case.refresh_from_db()
    assert raised.case.step == "lapsed"


def test_a_motion_needs_text_a_community_a_raiser_and_a_rule(rules):
    world = rules
    with pytest.raises(Missing):
        raising(world, text=" ")
    with pytest.raises(Missing):
        raising(world, title="")
    with pytest.raises(Invalid):
        raising(world, community=world.north)
    with pytest.raises(BadMotion):
        raising(world, raiser="nobody")
    with pytest.raises(BadMotion):
        raising(world, raiser="members")
    with pytest.raises(BadMotion):
        raising(world, raiser="org", org=world.roads)
    MotionRule.objects.all().delete()
    with pytest.raises(NoRule) as refused:
        raising(world)
    assert "规则" in str(refused.value) and refused.value.remedy
    assert Motion.objects.count() == 0


def test_members_and_units_raise_in_their_own_name(rules):
    world = rules
    assert raising(world, raiser="members", by=world.wang).needed == 3
    by_unit = raising(world, raiser="org", org=world.roads, by=world.li)
    assert by_unit.shown_as == "城市管理委" and by_unit.case.step == "supported"


def test_a_refusal_has_reasons_that_the_raiser_reads(rules, raised):
    with pytest.raises(Refused):
        actions.move_motion(raised, "refuse", by=rules.zhang, at=NOON + HOUR)
    refused = move(raised, "refuse", rules.zhang, NOON + HOUR, "属于个人事务，请另行点单。")
    assert refused.reply == "属于个人事务，请另行点单。" and refused.case.step == "refused"
    assert refused not in Motion.objects.public()
    assert refused in Motion.objects.readable_by(rules.sun)
    assert refused not in Motion.objects.readable_by(rules.ma)


def test_what_is_said_holds_no_numbers_and_is_hidden_only_with_reasons(rules, raised):
    world = rules
    with pytest.raises(NotOpenForThat):
        actions.speak(raised, text="支持", by=world.ma, at=NOON)
    raised = move(raised, "admit", world.zhang, NOON + HOUR, "受理")
    with pytest.raises(Invalid):
        actions.speak(raised, text="打我电话 139 0000 0002", by=world.ma, at=NOON + HOUR)
    said = actions.speak(raised, text="物业都是骗子", by=world.ma, at=NOON + HOUR, key="k")
    again = actions.speak(raised, text="物业都是骗子", by=world.ma, at=NOON + HOUR, key="k")
    assert said.pk == again.pk
    with pytest.raises(NotPermitted):
        actions.hide_statement(said, reason="骂人", by=world.wu, at=NOON + DAY)
    with pytest.raises(Missing):
        actions.hide_statement(said, reason="", by=world.zhang, at=NOON + DAY)
    actions.hide_statement(said, reason="请就事论事", by=world.zhang, at=NOON + DAY)
    assert not raised.statements.public().exists()
    assert Notice.objects.filter(user=world.ma, text="请就事论事").count() == 1


def test_a_meeting_may_settle_it_before_the_last_day(rules, raised):
    world = rules
    load_meeting_rules(at=NOON, by=world.ann)
    raised = move(raised, "admit", world.zhang, NOON + HOUR, "受理")
    meeting = actions.call_consultation(
        raised, unit=world.north_office, starts_at=NOON + DAY, ends_at=NOON + DAY + HOUR,
        venue="议事厅", chair="刘洋", by=world.liu, at=NOON + HOUR,
    )  # fmt: skip
    assert meeting.is_gathering and "加装充电桩" in meeting.title
    with pytest.raises(TooEarly):
        move(raised, "draft", world.zhang, NOON + 3 * HOUR, "装在东侧")
    raised = move(raised, "draft", world.zhang, NOON + 2 * DAY, "装在东侧")
    assert raised.final_text == "装在东侧"
