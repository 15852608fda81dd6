"""Villages: everybody named who is there, the missing too; the team, the double post, the diary."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from tongxin.kit.errors import Refused
from tongxin.orgs.models import LogEntry, Post
from tongxin.secretaries import actions, queries
from tongxin.secretaries.models import DiaryEntry, Proof, TeamMember, VillageTeam
from tongxin.testing import NOON

DAY = localdate(NOON)


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def coverage(*units):
    return queries.village_coverage(on=localdate(), units=units)


@pytest.mark.mission("S4.54")
class TestCoverage:
    def test_it_counts_standing_posts_and_names_the_missing(self, world, village, first):
        cover = coverage(village)
        assert (cover.covered, cover.total) == (1, 1)
        actions.recall_first_secretary(post=first, reason="任期届满轮换", by=world.he, at=now())
        cover = coverage(village)
        assert (cover.covered, cover.total) == (0, 1)
        assert "柳村" in cover.sentence

    def test_thirteen_of_thirteen_with_thirteen_doubled(self, world, village):
        from tongxin.orgs.models import Org

        units = [village]
        for n in range(12):
            land = world._region(
                f"1201160023{n:02}", f"{n}村", "community", "village", world.south, (118, 38, 0.1)
            )
            units.append(
                Org.objects.create(
                    name=f"{n}村党支部", kind="party", region=land, parent=world.tong_party
                )
            )
        for n, unit in enumerate(units):
            user = world.person(f"first{n}", f"第一书记{n}", unit, "first_secretary")
            actions.station_team(
                village=unit, leader=user, sender="农业局", members=[], by=world.he, at=now()
            )
        cover = coverage(*units)
        assert (cover.covered, cover.doubled, cover.total) == (13, 13, 13)
        assert cover.missing == cover.not_doubled == []
        Post.objects.filter(org=units[5], role="first_secretary").delete()
        assert [one.unit for one in coverage(*units).missing] == [units[5]]

    def test_a_village_without_a_party_unit_is_a_gap_too(self, world, village):
        world._region("120116002202", "槐村", "community", "village", world.south, (118, 38, 0.1))
        answer = as_user(world.gao).get("/secretaries/villages/")
        assert "没有村党组织" in answer.content.decode()
        assert "槐村" in answer.content.decode()

    def test_the_page_is_for_who_keeps_or_watches(self, world, village, first):
        page = as_user(world.he).get("/secretaries/villages/")
        assert "柳村" in page.content.decode() and "凌云" in page.content.decode()
        assert "柳村" not in as_user(world.tang).get("/secretaries/villages/").content.decode()
        assert as_user(world.sun).get("/secretaries/villages/").status_code == 404
        assert as_user(world.ann).get("/secretaries/villages/").status_code == 404

    def test_the_page_costs_eight_queries(
        self, world, village, first, django_assert_max_num_queries
    ):
        client = as_user(world.he)
        client.get("/secretaries/villages/")
        with django_assert_max_num_queries(8):
            client.get("/secretaries/villages/")


@pytest.mark.mission("S4.54")
class TestTeam:
    def station(self, world, village, leader, members=()):
        return actions.station_team(
            village=village,
            leader=leader,
            sender="农业农村局",
            members=list(members),
            by=world.he,
            at=now(),
        )

    def test_the_first_secretary_leads_the_team(self, world, village, first):
        team = self.station(world, village, world.ling, [(world.hua, "宣传")])
        assert (
            Post.objects.held_on(localdate()).filter(role="team_leader", user=world.ling).exists()
        )
        assert [member.user for member in team.members.all()] == [world.hua]
        assert LogEntry.objects.filter(unit=village, text__contains="驻村工作队进驻").exists()

    def test_it_rejects_another_leader_and_says_who_it_should_be(self, world, village, first):
        with pytest.raises(actions.DoublePost, match="凌云"):
            self.station(world, village, world.hua)
        assert not VillageTeam.objects.exists()

    def test_it_rejects_a_team_before_the_first_secretary(self, world, village):
        with pytest.raises(actions.DoublePost, match="还没有第一书记"):
            self.station(world, village, world.hua)

    def test_where_no_rule_asks_for_it_anybody_leads(self, world, village, first):
        from tongxin.secretaries.models import RuleVersion

        RuleVersion.objects.create(
            kind="village",
            version="own",
            effective_from=date(2026, 1, 1),
            source="区委文件",
            rows=[{"code": "double_post", "title": "兼任", "value": "0", "note": ""}],
        )
        assert self.station(world, village, world.hua).leader == world.hua
        assert coverage(village).villages[0].double == ""

    def test_it_rejects_a_second_team_a_doubled_member_and_who_is_not_above(
        self, world, village, first
    ):
        with pytest.raises(actions.BadMember):
            self.station(world, village, world.ling, [(world.ling, "")])
        with pytest.raises(actions.NotKeeper):
            actions.station_team(
                village=village, leader=world.ling, sender="x", members=[], by=world.bai, at=now()
            )
        self.station(world, village, world.ling)
        with pytest.raises(actions.TeamThere):
            self.station(world, village, world.ling)

    def test_withdrawing_ends_the_post_and_the_membership(self, world, village, first):
        team = self.station(world, village, world.ling, [(world.hua, "")])
        actions.withdraw_team(team=team, reason="任务完成", by=world.he, at=now())
        held = Post.objects.held_on(localdate() + timedelta(days=1)).filter(role="team_leader")
        assert not held.exists()
        assert not team.members.filter(to_date=None).exists()

    def test_members_come_and_go_and_the_book_says_so(self, world, village, first):
        self.station(world, village, world.ling)
        client = as_user(world.he)
        url = f"/secretaries/village/{village.pk}/"
        assert client.post(f"{url}join/", {"user": "hua", "duty": "宣传"}).status_code == 302
        again = client.post(f"{url}join/", {"user": "hua"})
        assert again.status_code == 422 and "队员不能重复" in again.content.decode()
        assert client.post(f"{url}join/", {"user": "nobody-here"}).status_code == 422
        assert as_user(world.bai).post(f"{url}join/", {"user": "mei"}).status_code == 403
        member = TeamMember.objects.get()
        assert "华英（宣传）" in client.get(url).content.decode()
        leave = f"{url}leave/{member.pk}/"
        assert client.post(leave, {"reason": "走"}).status_code == 422
        assert client.post(leave, {"reason": "单位召回"}).status_code == 302
        assert client.post(leave, {"reason": "单位召回"}).status_code == 409
        assert "华英（宣传）" not in client.get(url).content.decode()
        texts = set(LogEntry.objects.filter(unit=village).values_list("text", flat=True))
        assert {"华英加入驻村工作队", "华英离开驻村工作队：单位召回"} <= texts

    def test_a_gap_of_the_double_post_is_a_sentence(self, world, village, first):
        VillageTeam.objects.create(
            village=village, leader=world.hua, sender="农业局", from_date=DAY
        )
        (one,) = coverage(village).not_doubled
        assert one.double == "柳村：第一书记是凌云，队长是华英，按规定应由一人兼任。"


@pytest.mark.mission("S4.49")
class TestDiary:
    def write(self, world, village, **given):
        given = {"day": localdate(), "text": "走访三组四户", "place": "三组"} | given
        return actions.write_diary(author=world.ling, village=village, at=now(), **given)

    def test_a_page_of_the_phone_writes_it_with_a_private_photo(
        self, world, village, first, picture, settings, tmp_path
    ):
        from django.core.files.uploadedfile import SimpleUploadedFile

        settings.MEDIA_ROOT = tmp_path
        photo = SimpleUploadedFile("a.jpg", picture, "image/jpeg")
        form = {"day": str(localdate()), "place": "大棚", "text": "和王家看苗", "photo": photo}
        client = as_user(world.ling)
        answer = client.post(f"/secretaries/village/{village.pk}/diary/", form)
        assert answer.status_code == 302
        entry = DiaryEntry.objects.get()
        assert entry.photo.is_private
        page = client.get(f"/secretaries/village/{village.pk}/").content.decode()
        assert "和王家看苗" in page and str(entry.photo_id) in page
        for user in (world.ling, world.he):
            answer = as_user(user).get(f"/secretaries/proof/{entry.photo_id}/")
            assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")
        assert as_user(world.gao).get(f"/secretaries/proof/{entry.photo_id}/").status_code == 404
        assert Proof.objects.visible_to(world.tang).count() == 0

    def test_it_is_added_to_and_never_changed(self, world, village, first):
        entry = self.write(world, village)
        actions.write_diary(
            author=world.ling, village=village, day=entry.day, text="又去一户", at=now(),
            adds_to=entry,
        )  # fmt: skip
        page = as_user(world.ling).get(f"/secretaries/village/{village.pk}/").content.decode()
        assert "走访三组四户" in page and "又去一户" in page
        world.person("other", "另一位", village, "first_secretary")
        with pytest.raises(actions.NotOwnEntry):
            actions.write_diary(
                author=world.hua, village=village, day=entry.day, text="改一下", at=now(),
                adds_to=entry,
            )  # fmt: skip

    def test_it_rejects_who_was_not_sent_tomorrow_and_long_ago(self, world, village, first):
        with pytest.raises(actions.NotSent):
            actions.write_diary(
                author=world.hua, village=village, day=localdate(), text="路过", at=now()
            )
        for days in (1, -31):
            with pytest.raises(actions.BadDay):
                self.write(world, village, day=localdate() + timedelta(days=days))
        assert not DiaryEntry.objects.exists()

    def test_it_rejects_identity_and_telephone_numbers(self, world, village, first):
        for text in ("身份证 120101199001011234", "电话 13800138000"):
            with pytest.raises(actions.PersonalData):
                self.write(world, village, text=text)

    def test_the_same_key_writes_once(self, world, village, first):
        one = self.write(world, village, key="k")
        assert self.write(world, village, key="k").pk == one.pk
        assert DiaryEntry.objects.count() == 1

    def test_others_do_not_read_it(self, world, village, first):
        self.write(world, village)
        assert DiaryEntry.objects.visible_to(world.bai).count() == 1
        for user in (world.tang, world.yue, world.sun, world.ann):
            assert DiaryEntry.objects.visible_to(user).count() == 0

    def test_a_gap_is_a_hint_on_the_page_and_among_what_is_due(self, world, village, first):
        first.from_date = localdate() - timedelta(days=40)
        first.save()
        self.write(world, village, day=localdate() - timedelta(days=9))
        hint = "已 9 天没有驻村日志（要求最多隔 7 天）"
        assert (
            hint in as_user(world.ling).get(f"/secretaries/village/{village.pk}/").content.decode()
        )
        found = queries.secretaries_check([village], localdate())
        (diary,) = [one for one in found if one["kind"] == "diary"]
        assert hint in diary["sentence"] and diary["due"] == localdate() - timedelta(days=2)
        self.write(world, village)
        assert not [
            one
            for one in queries.secretaries_check([village], localdate())
            if one["kind"] == "diary"
        ]

    def test_missing_stretches_are_named(self):
        days = [date(2026, 3, 5), date(2026, 3, 20)]
        found = queries.missing_days(days, since=date(2026, 3, 1), until=date(2026, 3, 31), gap=7)
        assert found == ["2026-03-06 至 2026-03-19", "2026-03-21 至 2026-03-31"]


class TestSending:
    def test_from_above_and_with_a_reason(self, world, village):
        post = actions.send_first_secretary(
            village=village, user=world.ling, reason="接任前任", by=world.he, at=now()
        )
        assert (post.role, post.org) == ("first_secretary", village)

    @pytest.mark.parametrize(
        "who,reason,refusal",
        [
            ("bai", "自己安排", actions.NotKeeper),
            ("tang", "别的街道", actions.NotKeeper),
            ("he", "好", actions.ThinReason),
        ],
    )
    def test_it_rejects(self, world, village, who, reason, refusal):
        with pytest.raises(refusal):
            actions.send_first_secretary(
                village=village, user=world.ling, reason=reason, by=getattr(world, who), at=now()
            )
        assert not Post.objects.filter(role="first_secretary").exists()

    def test_it_rejects_a_second_and_what_is_no_village(self, world, village, first):
        with pytest.raises(actions.VillageTaken, match="凌云"):
            actions.send_first_secretary(
                village=village, user=world.hua, reason="再派一名", by=world.he, at=now()
            )
        with pytest.raises(actions.BadVillage):
            actions.send_first_secretary(
                village=world.branch, user=world.hua, reason="社区不派", by=world.he, at=now()
            )
        assert issubclass(actions.BadVillage, Refused)


class TestHome:
    def test_it_names_the_villages_where_something_is_missing(self, world, village):
        page = as_user(world.he).get("/secretaries/").content.decode()
        assert "柳村" in page and "没有第一书记" in page
        assert "没有缺口" in as_user(world.tang).get("/secretaries/").content.decode()
        assert as_user(world.sun).get("/secretaries/").status_code == 404

    def test_it_costs_few_queries(self, world, village, first, django_assert_max_num_queries):
        client = as_user(world.he)
        client.get("/secretaries/")
        with django_assert_max_num_queries(8):
            client.get("/secretaries/")

    def test_whoever_is_sent_to_one_village_is_led_there(self, world, village, first):
        client = as_user(world.ling)
        assert client.get("/secretaries/village/")["Location"].endswith(f"/{village.pk}/")

    def test_the_gaps_of_a_diary_stand_on_the_page(self, world, village, first):
        for days in (40, 20):
            actions.write_diary(
                author=world.ling, village=village, day=localdate() - timedelta(days=days - 10),
                text="走访", at=now(),
            )  # fmt: skip
        page = as_user(world.ling).get(f"/secretaries/village/{village.pk}/").content.decode()
        first_gap = localdate() - timedelta(days=29)
        assert "近 60 天没有日志的时段" in page and f"{first_gap} 至" in page
