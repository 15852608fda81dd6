"""Leaders in charge and on the spot, teams that walk every place, meetings, bulletins, alarms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tongxin.cases.models import Case
from tongxin.documents.actions import load_kinds
from tongxin.fieldwork.actions import begin_visit
from tongxin.fieldwork.models import Visit
from tongxin.kit.errors import NotPermitted
from tongxin.meetings.actions import load_rules
from tongxin.meetings.models import Meeting
from tongxin.renovation import actions, queries
from tongxin.renovation.models import Charge, LeaderVisit, Site
from tongxin.renovation.models.going import RhythmMeeting
from tongxin.testing import NOON

from .conftest import FINAL, TODAY, fresh

DAY = timedelta(days=1)


class TestCharge:
    @pytest.mark.mission("S1.13")
    def test_a_leader_answers_for_a_community_until_another_takes_over(self, pine, world, bai):
        with pytest.raises(actions.NotLeader):
            actions.charge(pine, leader=world.yue, by=world.liu, at=NOON)
        actions.charge(pine, leader=world.tang, by=world.liu, at=NOON)
        actions.charge(pine, leader=bai, by=world.liu, at=NOON + DAY)
        assert Charge.objects.get(to_on=None).leader == bai and Charge.objects.count() == 2
        assert queries.charges_of(pine.campaign) == {"places": 1, "leaders": 1}


class TestVisits:
    @pytest.mark.mission("S1.17")
    def test_what_is_decided_on_the_spot_becomes_a_case(self, pine, world, bai):
        decision = {"org": world.roads, "what": "一周内让出临街两间", "due_on": TODAY + 7 * DAY}
        for _again in range(2):
            visit = actions.record_visit(
                pine,
                leader=bai,
                text="看了现场",
                on=TODAY,
                by=bai,
                at=NOON,
                decisions=[decision],
                key="k",
            )
        case = Case.objects.get(kind="site_part")
        assert case.handler == world.roads and visit.decisions.get().part.case == case
        with pytest.raises(actions.WentAlready):
            actions.record_visit(pine, leader=bai, text="又去", on=TODAY, by=bai, at=NOON)
        with pytest.raises(actions.NotLeader):
            actions.record_visit(
                pine, leader=world.yue, text="路过", on=TODAY, by=world.liu, at=NOON
            )
        with pytest.raises(NotPermitted):
            actions.record_visit(
                pine, leader=bai, text="代登", on=TODAY - DAY, by=world.wang, at=NOON
            )

    @pytest.mark.mission("S1.22")
    def test_visits_are_counted_by_leader_seventeen_and_more_than_a_hundred(self, campaign, world):
        leaders = [
            world.person(f"boss{n:02d}", f"领导{n:02d}", world.tong_party, "leader")
            for n in range(17)
        ]
        sites = list(campaign.sites.order_by("path"))
        made = LeaderVisit.objects.bulk_create(
            LeaderVisit(site=site, kind="leader", leader=leader, on=TODAY - n * DAY, text="督导", by=leader, at=NOON)
            for leader in leaders for n, site in enumerate(sites * 2)
        )  # fmt: skip
        actions.record_visit(
            sites[0],
            leader=leaders[0],
            text="再到现场",
            on=TODAY - 20 * DAY,
            by=leaders[0],
            at=NOON,
        )
        rows = queries.visits_by_leader(campaign)
        assert len(rows) == 17 and sum(row["visits"] for row in rows) == len(made) + 1 == 103
        assert rows[0]["leader"] == leaders[0].pk and rows[0]["places"] == 3

    @pytest.mark.mission("S1.19")
    def test_ten_teams_walk_every_place_and_the_matrix_says_what_is_left(self, campaign, world):
        lands = [world.pine, world.reed, world.salt]
        people = [
            world.person(f"team{n}", f"调研{n}", world.district_office, "inspector")
            for n in range(10)
        ]
        teams = [
            actions.found_team(
                campaign, number=n + 1, regions=[land], members=[people[n]], by=world.gao, at=NOON
            )
            for n, land in enumerate(lands)
        ]
        with pytest.raises(actions.BadTeam, match="已由"):
            actions.found_team(
                campaign,
                number=4,
                regions=[world.north],
                members=people[3:4],
                by=world.gao,
                at=NOON,
            )
        with pytest.raises(actions.BadTeam, match="组号"):
            actions.found_team(
                campaign, number=1, regions=[world.city], members=people[3:4], by=world.gao, at=NOON
            )
        assert [(line.given, line.visited) for line in queries.visit_matrix(campaign)] == [
            (1, 0)
        ] * 3
        for n, (team, land) in enumerate(zip(teams, lands, strict=True)):
            site = campaign.sites.get(region=land)
            actions.record_visit(
                site, leader=people[n], team=team, text="走访", on=TODAY, by=people[n], at=NOON
            )
        lines = queries.visit_matrix(campaign)
        assert [line.share for line in lines] == [100] * 3 and not any(line.left for line in lines)
        with pytest.raises(actions.BadVisit, match="不在"):
            actions.record_visit(
                site, leader=people[0], team=teams[0], text="串门", on=TODAY, by=people[0], at=NOON
            )

    @pytest.mark.mission("S1.41")
    def test_unannounced_visits_are_unseen_before_and_counted_after(
        self, campaign, pine, world, tao
    ):
        sites = list(campaign.sites.order_by("path"))
        made = actions.plan_unannounced(
            campaign,
            sites=sites,
            workers=[tao],
            due_from=TODAY,
            due_on=TODAY + 5 * DAY,
            by=world.gao,
            at=NOON,
        )
        assert not Visit.objects.visible_to(world.liu).exists()
        assert not Visit.objects.visible_to(world.zhang).exists()
        assert queries.unannounced(campaign) == {"visits": 0, "places": 0}
        begin_visit(made[0], at=NOON, by=tao, place={"lng": 117.6, "lat": 39.3, "accuracy": 5})
        assert queries.unannounced(campaign) == {"visits": 1, "places": 1}
        assert Visit.objects.visible_to(world.liu).count() == 1
        actions.exempt_site(pine, reason="拆迁", by=world.gao, at=NOON)
        with pytest.raises(actions.BadVisit):
            actions.plan_unannounced(
                campaign,
                sites=[fresh(pine)],
                workers=[tao],
                due_from=TODAY,
                due_on=FINAL,
                by=world.gao,
                at=NOON,
            )


class TestMeetings:
    @pytest.fixture
    def arrange(self, campaign, world, bai):
        load_rules(at=NOON, by=None)

        def make(**changes):
            given = {"kind": "push", "region": world.north, "org": world.district_office, "chair": bai, "venue": "二楼会议室",
                     "every_days": 14, "next_on": TODAY + 3 * DAY, "by": world.gao, "at": NOON} | changes  # fmt: skip
            return actions.set_rhythm(campaign, **given)

        return make

    @pytest.mark.mission("S1.14", "S1.18")
    def test_regular_and_push_meetings_come_again_by_themselves(self, arrange, world):
        arrange()
        arrange(kind="regular", region=world.tong)
        assert actions.rhythms_due(at=NOON) == 2 and actions.rhythms_due(at=NOON) == 0
        meeting = Meeting.objects.get(kind="push")
        assert meeting.is_gathering and meeting.attendances.filter(user=world.liu).exists()
        assert actions.rhythms_due(at=NOON + 14 * DAY) == 2
        assert RhythmMeeting.objects.count() == 4

    @pytest.mark.mission("S1.40")
    def test_the_two_departments_schedule_together(self, arrange, world):
        arrange(kind="coordination", region=world.tong)
        assert actions.rhythms_due(at=NOON) == 1
        asked = set(Meeting.objects.get().attendances.values_list("user", flat=True))
        assert {world.gao.pk, world.li.pk} <= asked

    def test_what_cannot_be_is_refused(self, arrange, world):
        for changes in (
            {"every_days": 0},
            {"next_on": TODAY - DAY},
            {"kind": "party"},
            {"org": world.water},
        ):
            with pytest.raises(actions.BadRhythm):
                arrange(**changes)
        rhythm = arrange()
        actions.end_rhythm(rhythm, by=world.gao, at=NOON)
        assert actions.rhythms_due(at=NOON) == 0


class TestBulletin:
    @pytest.mark.mission("S1.15", "S1.21")
    def test_a_bulletin_is_drafted_with_who_finished_first(self, campaign, world):
        load_kinds(at=NOON)
        finish = campaign.sites.filter(region__in=[world.pine, world.reed])
        for n, site in enumerate(finish.order_by("path"), start=1):
            Site.objects.filter(pk=site.pk).update(
                number=n,
                closed_on=TODAY - n * DAY,
                state="closed",
                area_ok_on=TODAY - 9 * DAY,
                work_ok_on=TODAY - 9 * DAY,
            )
        campaign.refresh_from_db()
        ranks = queries.board_of(campaign, TODAY).ranking(world.tong.path)
        assert [(row["name"], row["place"], row["finished_on"]) for row in ranks] == [
            ("北塘街道", 1, TODAY - DAY), ("南港街道", 2, None),
        ]  # fmt: skip
        bulletin = actions.draft_bulletin(campaign, by=world.gao, at=NOON)
        body = bulletin.document.body
        assert body.index("第1名 北塘街道") < body.index("第2名 南港街道")
        assert "应改造 3 个" in body and bulletin.document.kind.code == "bulletin"
        assert actions.draft_bulletin(campaign, by=world.gao, at=NOON).number == 2


class TestAlarms:
    @pytest.mark.mission("S1.20")
    def test_schedule_and_quality_ring_at_the_street_and_at_the_leader_in_charge_once(
        self, campaign, pine, decided, build, world, bai, tao, photo
    ):
        site = build(decided, to="built")
        answers = {row.code: {"ok": True} for row in actions.criteria_on(campaign, TODAY)}
        actions.accept_site(
            site,
            answers=answers | {"T01": {"ok": False, "note": "牌子没挂"}},
            photos=[photo],
            on=TODAY,
            by=tao,
            at=NOON,
        )
        salt = campaign.sites.get(region=world.salt)
        Site.objects.filter(pk=salt.pk).update(due_on=TODAY - 3 * DAY)
        actions.charge(pine, leader=bai, by=world.liu, at=NOON)
        campaign.refresh_from_db()
        found = queries.alarms_of(campaign, queries.board_of(campaign, TODAY), world.tong.path)
        assert [(alarm.kind, alarm.name) for alarm in found] == [
            ("schedule", "盐社区"),
            ("quality", "松社区"),
        ]
        assert "已晚 3 天" in found[0].text
        for _again in range(2):
            actions.alarms_due(at=NOON)
        assert world.liu.notices.filter(title__contains="提醒").count() == 1
        assert bai.notices.filter(title__contains="包保").count() == 1
