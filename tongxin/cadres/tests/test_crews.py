"""Crews of four kinds, guides with their readers, points kept by turns."""

from collections import Counter
from datetime import date, timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.cadres import actions
from tongxin.cadres.models import CrewMember, Guide, RotationTurn, Secondment
from tongxin.cadres.queries.crews import mix_of, overview
from tongxin.cadres.queries.rules import rule_on
from tongxin.regions.queries import get_land

from .cast import FIRST, LAST, NOON, TODAY, later, send


def join(world, user, kind, **changes):
    given = {"grid": world.p1, "at": NOON, "by": world.zhang}
    return actions.join_crew(user=user, kind=kind, **given | changes)


@pytest.mark.mission("S0.42")
class TestCrew:
    def test_four_kinds_make_it_right(self, cadres, operation):
        send(cadres, operation, "bo", cadres.pine)
        cadres.wang_member.in_service = True
        cadres.wang_member.save()
        rule = rule_on("mix", TODAY)
        join(cadres, cadres.bo, "seconded")
        join(cadres, cadres.mei, "grassroots")
        join(cadres, cadres.wang, "in_service")
        lacking = mix_of(CrewMember.objects.all(), rule).lacking
        assert lacking == ["还缺 1 名志愿者（至少 1 名）"]
        join(cadres, cadres.zhao, "volunteer")
        assert mix_of(CrewMember.objects.all(), rule).is_right
        lines, _places = overview(get_land(cadres.pine.code), rule)
        assert [line.mix.is_right for line in lines] == [True, False]
        _lines, places = overview(get_land(cadres.north.code), rule)
        assert [(one.grids, one.right, one.people) for one in places] == [(2, 1, 4), (0, 0, 0)]

    @pytest.mark.parametrize(
        ("who", "kind"),
        [("bo", "seconded"), ("sun", "grassroots"), ("wang", "in_service"), ("mei", "volunteer"), ("mei", "guest")],
    )  # fmt: skip
    def test_each_kind_is_proved(self, cadres, operation, who, kind):
        with pytest.raises(actions.NotOfThatKind):
            join(cadres, getattr(cadres, who), kind)

    def test_refusals(self, cadres, operation):
        join(cadres, cadres.mei, "grassroots")
        with pytest.raises(actions.InCrew):
            join(cadres, cadres.mei, "grassroots")
        with pytest.raises(actions.NotAGrid):
            join(cadres, cadres.mei, "grassroots", grid=cadres.pine)
        with pytest.raises(actions.NotYours):
            join(cadres, cadres.zhao, "volunteer", by=cadres.wu)

    @pytest.mark.mission("S3.14", "S0.45")
    def test_a_duty_has_a_field_an_actor_and_somebody(self, cadres, operation):
        member = join(cadres, cadres.zhao, "volunteer")
        given = {
            "grid": cadres.p1,
            "field": "safety",
            "actor": "resident",
            "at": NOON,
            "by": cadres.zhang,
        }
        duty = actions.add_duty(name="夜间巡查", member=member, **given)
        with pytest.raises(actions.DutyThere):
            actions.add_duty(name="夜间巡查", member=None, **given)
        actions.leave_crew(member=member, at=NOON, by=cadres.zhang)
        duty.refresh_from_db()
        assert duty.member is None
        with pytest.raises(actions.NotOfThatKind):
            member.refresh_from_db()
            actions.add_duty(name="巡河", member=member, **given)
        actions.end_duty(duty=duty, at=NOON, by=cadres.zhang)
        assert actions.add_duty(name="夜间巡查", member=None, **given)


@pytest.mark.mission("S0.23")
class TestGuides:
    def publish(self, world, operation, **changes):
        given = {
            "title": "区级机关下派干部工作指南",
            "text": "一、到岗",
            "at": NOON,
            "by": world.gao,
        }
        return actions.publish_guide(operation=operation, **given | changes)

    def test_a_new_version_is_read_anew(self, cadres, operation):
        send(cadres, operation, "bo", cadres.pine)
        guide = self.publish(cadres, operation)
        assert Notice.objects.filter(user=cadres.bo, title="请阅读工作指南").count() == 1
        reading = actions.confirm_reading(guide=guide, at=NOON, by=cadres.bo)
        assert actions.confirm_reading(guide=guide, at=later(1), by=cadres.bo).at == reading.at
        newer = self.publish(cadres, operation, text="一、到岗\n二、入户")
        guide.refresh_from_db()
        assert (newer.version, guide.is_current) == (2, False)
        with pytest.raises(actions.OldVersion):
            actions.confirm_reading(guide=guide, at=NOON, by=cadres.bo)
        assert actions.remind_unread(guide=newer, at=NOON, by=cadres.gao) == 1
        assert actions.remind_unread(guide=newer, at=NOON, by=cadres.gao) == 1
        assert Notice.objects.filter(title="还没有确认阅读工作指南").count() == 1

    def test_who_may_not(self, cadres, operation):
        with pytest.raises(actions.NotYours):
            self.publish(cadres, operation, by=cadres.zhang)
        guide = self.publish(cadres, operation)
        with pytest.raises(actions.NotAReader):
            actions.confirm_reading(guide=guide, at=NOON, by=cadres.bo)
        assert not Guide.objects.visible_to(cadres.sun).exists()


@pytest.mark.mission("S3.15")
class TestPoints:
    @pytest.fixture
    def people(self, cadres, operation):
        return [send(cadres, operation, who, cadres.pine) for who in ("bo", "dai", "fang")]

    def open(self, world, **changes):
        given = {"community": world.pine, "name": "东门卡口", "shifts": "08:00-16:00 16:00-24:00",
                 "hands": 1, "at": NOON, "by": world.zhang}  # fmt: skip
        return actions.open_point(**given | changes)

    def plan(self, world, **changes):
        given = {"community": world.pine, "first": FIRST, "last": FIRST + timedelta(days=29),
                 "at": NOON, "by": world.zhang}  # fmt: skip
        return actions.plan_rotation(**given | changes)

    def test_it_is_fair_and_free_of_collisions(self, cadres, people):
        self.open(cadres)
        assert len(self.plan(cadres)) == 60
        turns = list(RotationTurn.objects.order_by("starts_at"))
        counts = Counter(turn.secondment_id for turn in turns)
        assert max(counts.values()) - min(counts.values()) <= 1
        for one in people:
            mine = [turn for turn in turns if turn.secondment_id == one.pk]
            for before, after in zip(mine, mine[1:], strict=False):
                assert after.starts_at - before.ends_at >= timedelta(hours=11)
        assert len(self.plan(cadres)) == 60
        assert RotationTurn.objects.count() == 60

    def test_nobody_is_planned_for_a_day_off_duty(self, cadres, operation, people):
        Secondment.objects.filter(pk=people[0].pk).update(to_date=date(2026, 3, 5))
        self.open(cadres)
        self.open(cadres, name="西门", shifts="08:00-12:00")
        with pytest.raises(actions.TooFewHands, match="2026-03-06"):
            self.plan(cadres)
        assert not RotationTurn.objects.exists()

    @pytest.mark.parametrize(
        "shifts", ["", "8-12", "12:00-08:00", "08:00-12:00 11:00-13:00", "08:00-25:00"]
    )
    def test_shifts_that_are_none(self, cadres, operation, shifts):
        with pytest.raises(actions.BadPoint):
            self.open(cadres, shifts=shifts)

    def test_refusals(self, cadres, people):
        with pytest.raises(actions.BadPoint):
            self.plan(cadres)
        point = self.open(cadres)
        with pytest.raises(actions.PointThere):
            self.open(cadres)
        with pytest.raises(actions.NotYours):
            self.open(cadres, name="x", by=cadres.wu)
        for first, last in ((TODAY, LAST), (FIRST, date(2026, 3, 1)), (FIRST, date(2026, 12, 1))):
            with pytest.raises(actions.BadPoint):
                self.plan(cadres, first=first, last=last)
        self.plan(cadres)
        actions.close_point(point=point, at=later(2), by=cadres.zhang)
        assert RotationTurn.objects.count() == 4
