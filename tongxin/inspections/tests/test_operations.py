"""Operations from the draft to running, their subjects and teams; each refusal beside its success."""

from __future__ import annotations

import pytest

from tongxin.accounts.models import Notice
from tongxin.inspections import actions
from tongxin.inspections.models import Operation, Subject

from .conftest import DAY, NOON, at, plan, run, send, visit_all


@pytest.mark.mission("S0.61", "S0.82")
class TestPlanning:
    def test_a_plan_says_what_when_by_whom_and_for_which_policy(self, land):
        made = plan(land, number="样例〔2026〕1号", requirements="不发通知，直奔现场")
        assert (made.state, made.tags, made.scope) == (
            "drafted",
            ["六稳", "六保"],
            "防控责任落实、物资保障、复工复产",
        )
        assert made.number == "样例〔2026〕1号"

    def test_a_retry_drafts_once_and_a_name_is_used_once(self, land):
        assert plan(land, key="k1") == plan(land, key="k1")
        with pytest.raises(actions.NameTaken):
            plan(land)
        assert Operation.objects.count() == 1

    def test_only_who_inspects_for_the_unit_drafts(self, land):
        for who in (land.gao, land.rao, land.qin):
            with pytest.raises(actions.NotYours):
                actions.draft_operation(
                    org=land.commission, region=land.tong, name="另一项", scope="内容",
                    starts_on=DAY, ends_on=DAY, by=who, at=NOON,
                )  # fmt: skip

    def test_an_operation_stays_on_the_land_of_its_unit(self, land):
        with pytest.raises(actions.OutsideYourLand):
            actions.draft_operation(
                org=land.commission, region=land.city, name="全市", scope="内容", starts_on=DAY,
                ends_on=DAY, by=land.ji, at=NOON,
            )  # fmt: skip

    def test_days_run_forward(self, land):
        with pytest.raises(actions.BadDay):
            plan(land, days=-1)
        with pytest.raises(actions.BadDay):
            plan(land, days=400)

    def test_a_draft_is_changed_an_approved_plan_only_prolonged(self, land):
        made = plan(land)
        actions.change_operation(operation=made, by=land.kang, at=NOON, scope="物资保障")
        made = actions.approve_operation(operation=made, by=land.qiao, at=NOON)
        assert made.scope == "物资保障"
        with pytest.raises(actions.WrongState):
            actions.change_operation(operation=made, by=land.ji, at=NOON, scope="别的")
        longer = at(DAY.replace(month=5)).date()
        assert (
            actions.change_operation(operation=made, by=land.ji, at=NOON, ends_on=longer).ends_on
            == longer
        )
        with pytest.raises(actions.NotYours):
            actions.change_operation(operation=made, by=land.gao, at=NOON, ends_on=longer)


class TestApproving:
    def test_a_leader_approves_and_the_drafter_is_told(self, land):
        made = plan(land)
        assert actions.ask_for_approval(operation=made, by=land.ji, at=NOON) == 1
        assert Notice.objects.filter(user=land.qiao, title="监督方案待批准").exists()
        made = actions.approve_operation(operation=made, by=land.qiao, at=NOON)
        assert (made.state, made.approved_by) == ("approved", land.qiao)
        assert Notice.objects.filter(user=land.ji, title="监督方案已批准").exists()
        with pytest.raises(actions.WrongState):
            actions.approve_operation(operation=made, by=land.qiao, at=NOON)

    def test_who_drafted_does_not_approve(self, land):
        made = plan(land)
        for who in (land.ji, land.kang, land.gao):
            with pytest.raises(actions.NotAnApprover):
                actions.approve_operation(operation=made, by=who, at=NOON)

    def test_it_begins_with_teams_and_subjects(self, land):
        made = plan(land)
        with pytest.raises(actions.WrongState):
            actions.begin_operation(operation=made, by=land.ji, at=NOON)
        made = actions.approve_operation(operation=made, by=land.qiao, at=NOON)
        with pytest.raises(actions.NothingPlanned, match="监督组"):
            actions.begin_operation(operation=made, by=land.ji, at=NOON)
        actions.make_team(operation=made, name="", leader=land.ji, by=land.ji, at=NOON)
        with pytest.raises(actions.NothingPlanned, match="监督对象"):
            actions.begin_operation(operation=made, by=land.ji, at=NOON)
        actions.add_land(operation=made, regions=[land.north], by=land.ji)
        made = actions.begin_operation(operation=made, by=land.ji, at=NOON)
        assert made.state == "running"
        assert Notice.objects.filter(user=land.ji, title="专项监督已启动").count() == 1


@pytest.mark.mission("S0.65")
class TestSubjects:
    def test_land_says_itself_what_it_is(self, land):
        made = plan(land)
        land.reed.kind = "village"
        land.reed.save()
        n = actions.add_land(operation=made, regions=[land.north, land.pine, land.reed], by=land.ji)
        kinds = dict(Subject.objects.values_list("name", "kind"))
        assert n == 3
        assert kinds == {"北塘街道": "street", "松社区": "community", "苇社区": "village"}
        assert actions.add_land(operation=made, regions=[land.north], by=land.ji) == 0

    def test_departments_are_named_by_their_field(self, land):
        made = plan(land)
        for kind in ("health", "transport", "civil", "market", "drug", "reform", "publicity"):
            actions.add_department(operation=made, kind=kind, name=f"{kind}局", by=land.ji)
        actions.add_department(operation=made, kind="health", name="health局", by=land.ji)
        assert made.subjects.count() == 7
        with pytest.raises(actions.OutsideYourLand):
            actions.add_department(operation=made, kind="street", name="北塘街道", by=land.ji)

    def test_land_outside_and_grids_are_refused(self, land):
        made = plan(land)
        with pytest.raises(actions.OutsideYourLand):
            actions.add_land(operation=made, regions=[land.city], by=land.ji)
        with pytest.raises(actions.OutsideYourLand):
            actions.add_land(operation=made, regions=[land.p1], by=land.ji)
        with pytest.raises(actions.NotYours):
            actions.add_land(operation=made, regions=[land.north], by=land.liu)

    def test_one_that_was_planned_to_be_visited_stays(self, land, running):
        send(land, running, "fresh")
        with pytest.raises(actions.WrongState):
            actions.drop_subject(
                subject=running.subjects.get(region=land.north), by=land.ji, at=NOON
            )
        actions.drop_subject(subject=running.subjects.get(region=land.south), by=land.ji, at=NOON)
        assert running.subjects.count() == 1


@pytest.mark.mission("S0.64", "S0.83")
class TestTeams:
    def test_a_team_has_a_number_a_leader_members_and_streets(self, land):
        made = plan(land)
        first = actions.make_team(
            operation=made, name="", leader=land.qiao, members=[land.ji, land.qiao],
            areas=[land.north], leader_title="区纪委副书记", is_class_led=True, by=land.ji, at=NOON,
        )  # fmt: skip
        second = actions.make_team(
            operation=made, name="机动组", leader=land.kang, by=land.ji, at=NOON
        )
        assert [(first.number, first.name), (second.number, second.name)] == [
            (1, "第1监督组"),
            (2, "机动组"),
        ]
        assert first.members.count() == 2
        assert list(first.areas.all()) == [land.north]

    def test_only_one_of_the_leading_body_leads_as_such(self, land):
        made = plan(land)
        with pytest.raises(actions.NotOfTheClass):
            actions.make_team(
                operation=made, name="", leader=land.kang, is_class_led=True, by=land.ji, at=NOON
            )
        assert not made.teams.exists()

    def test_a_street_outside_is_not_given(self, land):
        made = actions.draft_operation(
            org=land.commission, region=land.north, name="北塘专项", scope="内容", starts_on=DAY,
            ends_on=DAY, by=land.ji, at=NOON,
        )  # fmt: skip
        with pytest.raises(actions.OutsideTheOperation):
            actions.make_team(
                operation=made, name="", leader=land.ji, areas=[land.south], by=land.ji, at=NOON
            )

    def test_who_leaves_stays_to_be_read(self, land, running):
        team = running.teams.get()
        actions.change_team(
            team=team, name="第一监督组", leader=land.ji, members=[land.rao], by=land.ji, at=NOON
        )
        assert set(team.members.filter(left_at=None).values_list("user", flat=True)) == {
            land.ji.pk,
            land.rao.pk,
        }
        assert team.members.get(user=land.kang).left_at == NOON
        with pytest.raises(actions.TooMany):
            actions.change_team(
                team=team, name="组", leader=land.ji, by=land.ji, at=NOON,
                members=[type(land.ji)(pk=10_000 + n) for n in range(61)],
            )  # fmt: skip


class TestWhoSees:
    def test_inside_above_and_nobody_else_before_it_runs(self, land):
        made = plan(land)
        seen = Operation.objects.visible_to
        for who in (land.ji, land.kang, land.qiao, land.he):
            assert made in seen(who)
        for who in (land.gao, land.liu, land.rao, land.mei, land.sun, land.ann, land.tang):
            assert made not in seen(who)

    def test_who_overlooks_all_its_land_sees_it_once_it_runs(self, land, running):
        assert running in Operation.objects.visible_to(land.gao)
        for who in (land.liu, land.rao, land.mei, land.sun, land.ann):
            assert running not in Operation.objects.visible_to(who)

    def test_members_of_its_teams_see_it_until_they_leave(self, land):
        made = run(land, plan(land), members=[land.zhou])
        assert made in Operation.objects.visible_to(land.zhou)
        actions.change_team(
            team=made.teams.get(), name="组", leader=land.ji, members=[], by=land.ji, at=NOON
        )
        assert made not in Operation.objects.visible_to(land.zhou)


def test_a_dispatch_that_ends_a_plan_is_told_in_the_life_of_the_operation(land, running):
    visit_all(land, send(land, running, "fresh"))
    assert running.teams.get().dispatches.gone().count() == 1
