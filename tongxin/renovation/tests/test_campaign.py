"""A campaign: its base, its top leader, its numbers, its figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tongxin.kit.errors import NotPermitted
from tongxin.renovation import actions
from tongxin.renovation.models import CommandArea, RenovationCampaign, Site
from tongxin.renovation.queries import board_of
from tongxin.testing import NOON

from .conftest import FINAL, TODAY, fresh


class TestStart:
    @pytest.mark.mission("S1.1", "S1.37", "S1.36")
    def test_every_place_is_listed_with_what_it_needs(self, campaign, world):
        sites = campaign.sites.order_by("path")
        assert [site.name for site in sites] == ["松社区", "苇社区", "盐社区"]
        assert {site.needed_m2 for site in sites} == {300} and not any(s.area_ok_on for s in sites)
        groups = [row.group for row in actions.criteria_on(campaign, TODAY)]
        assert groups.count("ten") == 10 and {"exterior", "process", "interior"} < set(groups)
        assert campaign.criteria.filter(is_sample=False).count() == 0

    @pytest.mark.mission("S1.11")
    def test_only_the_top_leader_answers_for_it(self, start, world):
        for user in (world.gao, world.he, world.tang):
            with pytest.raises(actions.NotTopLeader, match="主官"):
                start(head=user)
        assert not RenovationCampaign.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"final_on": TODAY - timedelta(days=40)}, "final_on"),
            ({"final_on": TODAY}, "final_on"),
            ({"name": " "}, None),
        ],
    )
    def test_what_cannot_be_is_refused(self, start, changes, field):
        with pytest.raises(Exception, match="完成期限|名称") as refusal:
            start(**changes)
        assert refusal.value.field == field or field is None
        assert not RenovationCampaign.objects.exists()

    @pytest.mark.mission("S1.40")
    def test_two_departments_schedule_it_and_they_are_two(self, start, world, campaign):
        assert campaign.partner == world.roads
        with pytest.raises(actions.BadCampaign, match="另一个单位"):
            start(partner=world.district_office)

    def test_a_retry_starts_one(self, start):
        assert start(key="k") == start(key="k")

    def test_somebody_without_the_post_starts_none(self, start, world):
        with pytest.raises(NotPermitted):
            start(by=world.liu)


class TestExempt:
    @pytest.mark.mission("S1.7", "S1.9")
    def test_a_place_to_be_pulled_down_leaves_the_base_with_reason_and_approval(
        self, campaign, pine, world
    ):
        actions.exempt_site(
            pine, reason="整体拆迁", document="津滨拆〔2026〕3号", by=world.gao, at=NOON
        )
        campaign.refresh_from_db()
        figures = board_of(campaign, TODAY).figures(world.tong.path)
        assert (figures.total, figures.exempt, figures.base) == (3, 1, 2)
        site = fresh(pine)
        assert site.exempt_by == world.gao and site.exempt_document
        actions.take_back(site, reason="拆迁取消", by=world.gao, at=NOON)
        campaign.refresh_from_db()
        assert board_of(campaign, TODAY).figures(world.tong.path).base == 3

    def test_it_needs_a_reason_and_who_decides_for_the_whole(self, pine, world):
        with pytest.raises(NotPermitted):
            actions.exempt_site(pine, reason="整体拆迁", by=world.liu, at=NOON)
        with pytest.raises(Exception, match="免建原因"):
            actions.exempt_site(pine, reason=" ", by=world.gao, at=NOON)
        with pytest.raises(IntegrityError), transaction.atomic():
            Site.objects.filter(pk=pine.pk).update(state="exempt")

    @pytest.mark.mission("S1.54")
    def test_a_command_area_has_its_top_leader_and_the_powers_handed_down(
        self, campaign, pine, world
    ):
        with pytest.raises(actions.NotTopLeader):
            actions.set_command(
                campaign,
                region=world.north,
                head=world.liu,
                powers=["exempt"],
                by=world.gao,
                at=NOON,
            )
        with pytest.raises(NotPermitted):
            actions.exempt_site(pine, reason="整体拆迁", by=world.tang, at=NOON)
        actions.set_command(
            campaign, region=world.north, head=world.tang, powers=["exempt"], by=world.gao, at=NOON
        )
        actions.exempt_site(pine, reason="整体拆迁", by=world.tang, at=NOON)
        assert fresh(pine).exempt_by == world.tang
        salt = campaign.sites.get(region=world.salt)
        with pytest.raises(NotPermitted):  # not hers
            actions.exempt_site(salt, reason="整体拆迁", by=world.tang, at=NOON)
        assert CommandArea.objects.count() == 1


class TestGroup:
    @pytest.mark.mission("S1.12")
    def test_a_leading_group_has_members_with_duties_and_one_head(self, campaign, world, bai):

        def seat(**words):
            return actions.seat_member(campaign, by=world.gao, at=NOON, **words)

        seat(user=bai, name="", part="head", duty="统筹调度")
        member = seat(user=world.tang, name="", part="member", duty="北塘片区")
        with pytest.raises(actions.NotTopLeader):
            seat(user=world.gao, name="", part="head", duty="代管")
        with pytest.raises(actions.SeatTaken):
            seat(user=world.tang, name="", part="deputy", duty="再来一次")
        with pytest.raises(Exception, match="分工"):
            seat(user=world.he, name="", part="member", duty="")
        actions.unseat_member(member, by=world.gao, at=NOON)
        seat(user=world.tang, name="", part="deputy", duty="协助统筹")
        assert campaign.group.filter(to_on=None).count() == 2 and campaign.group.count() == 3


class TestNorms:
    @pytest.mark.mission("S1.33")
    def test_an_area_norm_has_its_day_and_open_places_follow_it(self, campaign, pine, world, pan):
        actions.set_area(pine, area_m2=310, reason="实测", by=pan, at=NOON)
        assert fresh(pine).area_ok_on == TODAY and fresh(pine).short_m2 == 0
        actions.set_area_norm(
            campaign,
            kind="community",
            area_m2=400,
            effective_from=TODAY,
            source="区委文件",
            by=world.gao,
            at=NOON,
        )
        site = fresh(pine)
        assert (site.needed_m2, site.short_m2, site.area_ok_on) == (400, 90, None)
        with pytest.raises(actions.BadCampaign):
            actions.set_area_norm(
                campaign,
                kind="community",
                area_m2=0,
                effective_from=TODAY,
                source="x",
                by=world.gao,
                at=NOON,
            )

    def test_the_ten_items_are_a_list_that_can_be_changed_from_a_day(self, campaign, world):
        actions.set_criteria(
            campaign,
            group="ten",
            names=["有亭子", "有长椅"],
            source="本区样例",
            by=world.gao,
            at=NOON,
        )
        names = [row.name for row in actions.criteria_on(campaign, TODAY) if row.group == "ten"]
        before = actions.criteria_on(campaign, TODAY - timedelta(days=1))
        assert names == ["有亭子", "有长椅"] and sum(row.group == "ten" for row in before) == 10
        with pytest.raises(actions.BadCampaign, match="重复"):
            actions.set_criteria(
                campaign, group="ten", names=["甲", "甲"], source="x", by=world.gao, at=NOON
            )

    def test_the_last_day_is_moved_by_nobody(self, campaign):
        from inspect import signature

        verbs = [getattr(actions, name) for name in actions.__all__ if name.islower()]
        takers = [verb.__name__ for verb in verbs if "final_on" in signature(verb).parameters]
        assert takers == ["start_campaign"] and campaign.final_on == FINAL


class TestBase:
    """Out of rows: 3,538 villages less 95, 1,728 communities less 26."""

    @pytest.mark.mission("S1.7", "S1.8", "S1.9", "S1.10", "S1.39", "S1.6")
    def test_the_figures_of_the_city_come_out_of_its_rows(self, campaign, world):
        from tongxin.regions.models import Region

        for kind, total, exempt in (("village", 3538, 95), ("community", 1728, 26)):
            make_places(campaign, Region, world, kind, total, exempt)
        campaign.sites.filter(region__in=[world.pine, world.reed, world.salt]).delete()
        campaign.refresh_from_db()
        board = board_of(campaign, TODAY)
        villages, communities = (
            board.figures(world.city.path, kind) for kind in ("village", "community")
        )
        assert (villages.total, villages.exempt, villages.base) == (3538, 95, 3443)
        assert (communities.total, communities.exempt, communities.base) == (1728, 26, 1702)
        assert (villages.area_ok, villages.share("area_ok")) == (3443, 100)
        assert (communities.in_use, communities.share("in_use")) == (1702, 100)
        whole = board.figures(world.city.path)
        parts = board.by_child(world.tong.path)
        assert whole.base == 5145 == sum(part.base for part in parts.values())


def make_places(campaign, Region, world, kind, total, exempt):
    street = world.north if kind == "village" else world.south
    rows = Region.objects.bulk_create(
        Region(code=f"{street.code}{n:04d}", name=f"{kind}{n}", short_name=f"{kind}{n}", level="community",
               kind=kind, parent=street, path=f"{street.path}{kind[0]}{n:04d}/")
        for n in range(total)
    )  # fmt: skip
    Site.objects.bulk_create(
        Site(campaign=campaign, region=row, kind=kind, name=row.name, path=row.path, needed_m2=200, area_m2=200,
             **({"state": "exempt", "exempt_reason": "拆迁", "exempt_by": world.gao, "exempt_at": NOON} if n < exempt else
                {"state": "in_use", "area_ok_on": TODAY, "work_ok_on": TODAY, "in_use_on": TODAY}
                if kind == "community" else {"area_ok_on": TODAY}))
        for n, row in enumerate(rows)
    )  # fmt: skip
