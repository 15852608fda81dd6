"""Dispatches: who goes, where, who must stay away, what counts, what is called off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.accounts.models import Notice
from tongxin.fieldwork.models import Visit
from tongxin.inspections import actions
from tongxin.inspections.models import Dispatch, SiteVisit
from tongxin.inspections.queries import figures_of, sequence_of
from tongxin.orgs.models import Org, Person

from .conftest import DAY, NOON, at, begin, plan, run, send, shut, visit_all


def figure(operation, code):
    return next(one for one in figures_of(operation) if one.code == code)


class TestPlanning:
    def test_a_team_goes_out_with_people_and_stops(self, land, running):
        made = send(land, running, "fresh", "reed")
        assert (made.number, made.members.count(), made.visits.count()) == (1, 2, 2)
        visit = Visit.objects.get(site_visit__site=land.sites["fresh"])
        assert (visit.kind, visit.due_on, visit.org) == ("inspection", DAY, land.commission)
        assert set(visit.workers.all()) == {land.ji, land.kang}
        assert Notice.objects.filter(user=land.kang, title__startswith="安排了出动").count() == 1

    def test_a_retry_sends_once(self, land, running):
        one = send(land, running, "fresh", key="k")
        assert send(land, running, "fresh", key="k") == one
        assert SiteVisit.objects.count() == 1

    def test_two_go_at_least_and_only_people_of_the_teams(self, land, running):
        with pytest.raises(actions.BadCrew, match="2 到"):
            send(land, running, "fresh", members=[land.ji])
        with pytest.raises(actions.BadCrew, match="饶平"):
            send(land, running, "fresh", members=[land.ji, land.rao])
        assert not Dispatch.objects.exists()

    def test_days_and_sites_belong_to_the_operation(self, land, running):
        with pytest.raises(actions.BadDay):
            send(land, running, "fresh", on=DAY + timedelta(days=60))
        with pytest.raises(actions.BadStop):
            send(land, running)
        with pytest.raises(actions.BadStop):
            send(land, running, "fresh", "fresh")
        shut("green", land)
        land.sites["green"].refresh_from_db()
        with pytest.raises(actions.BadStop, match="注销"):
            send(land, running, "green")

    def test_only_the_team_or_who_runs_it_sends(self, land, running):
        with pytest.raises(actions.NotOfTheTeam):
            actions.plan_dispatch(
                team=running.teams.get(), on=DAY, members=[land.ji, land.kang],
                stops=[{"site": land.sites["fresh"]}], by=land.gao, at=NOON,
            )  # fmt: skip

    def test_it_runs_first(self, land):
        made = plan(land)
        team = actions.make_team(
            operation=made, name="", leader=land.ji, members=[land.kang], by=land.ji, at=NOON
        )
        with pytest.raises(actions.WrongState):
            send(land, made, "fresh", team=team)

    def test_a_site_met_on_the_way_is_added(self, land, running):
        made = send(land, running, "fresh")
        stops = [{"site": land.sites["fresh"]}, {"site": land.sites["green"]}]
        assert actions.add_stops(dispatch=made, stops=stops, by=land.kang, at=NOON) == 1
        assert list(made.visits.order_by("order").values_list("order", flat=True)) == [1, 2]
        told = Notice.objects.filter(user=land.ji, title__startswith="出动增加点位")
        assert [one.text for one in told] == ["松园菜市场"]

    def test_a_dispatch_of_several_sites_is_told_once(self, land, running):
        before = Notice.objects.filter(user=land.kang).count()
        send(land, running, "fresh", "green")
        told = Notice.objects.filter(user=land.kang).order_by("-pk")
        assert told.count() == before + 1
        assert told[0].title.startswith("安排了出动")


class TestStayingAway:
    def test_who_serves_in_the_street_stays_away(self, land):
        made = run(land, plan(land), members=[land.kang, land.rao])
        with pytest.raises(actions.NotImpartial, match="饶平应当回避松鲜超市"):
            send(land, made, "fresh", members=[land.ji, land.rao])
        assert send(land, made, "sea", members=[land.ji, land.rao]).pk

    def test_who_lives_there_stays_away(self, land, running):
        Person.objects.create(name="康宁", user=land.kang, home=land.pine)
        with pytest.raises(actions.NotImpartial, match="居住"):
            send(land, running, "fresh")
        assert send(land, running, "reed").pk

    def test_nobody_inspects_their_own_unit(self, land, running):
        firm = Org.objects.create(name="松鲜商贸", kind="unit", region=land.tong)
        actions.change_site(site=land.sites["fresh"], by=land.ji, at=NOON, org=firm)
        land.person("bao", "包红", firm, "handler")
        land.sites["fresh"].refresh_from_db()
        team = running.teams.get()
        who = [land.ji, type(land.ji).objects.get(username="bao")]
        actions.change_team(team=team, name="组", leader=land.ji, members=who, by=land.ji, at=NOON)
        with pytest.raises(actions.NotImpartial, match="责任单位"):
            send(land, running, "fresh", members=who)


@pytest.mark.mission("S0.69", "S0.70")
class TestCounting:
    def test_a_group_counts_once_it_has_gone_and_people_by_head(self, land, running):
        first = send(land, running, "fresh", "green")
        send(land, running, "reed")
        begin(land, first.visits.get(order=1))
        assert figure(running, "dispatches").value == 1
        assert figure(running, "person_times").value == 2
        assert figure(running, "visits").value == 0  # begun, not finished
        visit_all(land, first)
        assert figure(running, "visits").value == 2

    def test_who_stayed_away_is_no_person_time(self, land, running):
        made = send(land, running, "fresh")
        visit_all(land, made)
        assert (
            actions.say_who_was_there(dispatch=made, there=[land.ji], by=land.ji, at=at(DAY, 18))
            == 1
        )
        assert figure(running, "person_times").value == 1
        with pytest.raises(actions.BadCrew):
            actions.say_who_was_there(dispatch=made, there=[land.rao], by=land.ji, at=at(DAY, 18))
        with pytest.raises(actions.NotOfTheTeam):
            actions.say_who_was_there(dispatch=made, there=[land.ji], by=land.gao, at=at(DAY, 18))

    def test_nobody_was_there_before_the_day(self, land, running):
        made = send(land, running, "fresh", on=DAY + timedelta(days=1))
        with pytest.raises(actions.BadDay):
            actions.say_who_was_there(dispatch=made, there=[land.ji], by=land.ji, at=NOON)

    def test_one_called_off_does_not_count(self, land, running):
        made = send(land, running, "fresh")
        actions.cancel_dispatch(dispatch=made, reason="台风", by=land.ji, at=NOON)
        assert Visit.objects.get().state == "cancelled"
        assert figure(running, "dispatches").value == 0
        assert Notice.objects.filter(user=land.kang, title__startswith="出动取消").exists()
        with pytest.raises(actions.HasGone):
            actions.cancel_dispatch(dispatch=made, reason="再取消", by=land.ji, at=NOON)
        with pytest.raises(actions.HasGone):
            actions.add_stops(
                dispatch=made, stops=[{"site": land.sites["reed"]}], by=land.ji, at=NOON
            )

    def test_one_that_has_gone_is_not_called_off(self, land, running):
        made = send(land, running, "fresh")
        begin(land, made.visits.get())
        with pytest.raises(actions.HasGone):
            actions.cancel_dispatch(dispatch=made, reason="下雨", by=land.ji, at=NOON)


@pytest.mark.mission("S0.86")
class TestOverTime:
    def test_the_first_is_on_the_spot_later_ones_follow_up(self, land, running):
        visit_all(land, send(land, running, "fresh"))
        visit_all(land, send(land, running, "green", on=DAY + timedelta(days=3)))
        last = send(land, running, "reed", on=DAY + timedelta(days=5))
        SiteVisit.objects.filter(dispatch=last).update(mode="whole")
        visit_all(land, last)
        subject = running.subjects.get(region=land.north)
        rows = sequence_of(subject, SiteVisit.objects.visible_to(land.ji))
        assert [one.mode for one in rows] == ["on_site", "follow_up", "whole"]

    def test_a_mode_said_by_somebody_stands(self, land, running):
        made = actions.plan_dispatch(
            team=running.teams.get(), on=DAY, members=[land.ji, land.kang], by=land.ji, at=NOON,
            stops=[{"site": land.sites["fresh"], "mode": "whole"}],
        )  # fmt: skip
        assert made.visits.get().mode == "whole"

    def test_the_sequence_goes_across_operations(self, land, running):
        visit_all(land, send(land, running, "fresh"))
        later = run(land, plan(land, name="回头看", start=DAY + timedelta(days=40)))
        visit_all(land, send(land, later, "fresh", on=DAY + timedelta(days=41)))
        subject = later.subjects.get(region=land.north)
        rows = sequence_of(subject, SiteVisit.objects.visible_to(land.ji))
        assert [one.mode for one in rows] == ["on_site", "follow_up"]
