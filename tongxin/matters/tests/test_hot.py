"""Hot topics of a district: found, shown to who overlooks land, mended by people who are remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate, now

from tongxin.accounts.models import AuditEntry
from tongxin.kit.errors import Invalid
from tongxin.matters.actions import (
    dismiss_topic,
    find_hot_topics,
    hot_topics_due,
    join_matter,
    merge_topics,
    rename_topic,
    restore_topic,
    split_topic,
)
from tongxin.matters.actions.hot import BadPeriod, NotTheirTopic
from tongxin.matters.models import HotRun, HotTopic, Verdict

from .desk import ask, browser, text_of

MIXER = [
    "丽发新城小区附近搅拌站噪音扰民",
    "投诉丽发新城旁的搅拌站，噪音和灰尘太大",
    "丽发新城搅拌站噪音扰民，半夜施工",
    "丽发新城小区旁边建搅拌站噪音污染严重",
]
PARKING = ["怡和家园捆绑销售车位", "怡和家园强制捆绑销售车位，业主反对", "投诉怡和家园捆绑销售车位"]


@pytest.fixture
def week(world):
    """Seven requests of two matters in Pine, and two of their own, within the last days."""
    people = [world.sun, world.ma, world.wang, world.zhao, world.chen]
    mixer = [
        ask(world, text, who=people[n], ago=timedelta(days=3 + n)) for n, text in enumerate(MIXER)
    ]
    parking = [
        ask(world, text, who=people[n], ago=timedelta(days=2, hours=n))
        for n, text in enumerate(PARKING)
    ]
    ask(world, "海河路路灯坏了", ago=timedelta(days=2))
    ask(world, "办残疾证要什么材料", ago=timedelta(days=1))
    return mixer, parking


def look(world, **given) -> HotRun:
    today = localdate()
    given = {"since": today - timedelta(days=27), "until": today + timedelta(days=1)} | given
    return find_hot_topics(region=world.tong, at=now(), **given)


def topics(run) -> dict[str, HotTopic]:
    return {one.title: one for one in run.topics.order_by("-heat")}


@pytest.fixture
def mixer(world, week) -> HotTopic:
    return next(iter(topics(look(world)).values()))


class TestRun:
    def test_topics_with_place_people_and_heat(self, world, week):
        join_matter(case=week[0][0], actor=world.li, at=now())
        found = topics(look(world))
        assert list(found) == ["丽发新城：搅拌站噪音", "怡和家园：捆绑销售车位"]
        one = found["丽发新城：搅拌站噪音"]
        assert (one.n, one.people, one.approval) == (4, 4, 1)
        assert (round(one.lng, 3), round(one.lat, 3)) == (117.55, 39.25)
        assert set(one.members.values_list("case", flat=True)) == {case.pk for case in week[0]}

    def test_private_requests_are_left_out(self, world, week):
        for text in MIXER:
            ask(world, f"我家里人与{text}", is_private=True)
        assert topics(look(world))["丽发新城：搅拌站噪音"].n == 4

    def test_again_for_the_same_period_takes_the_place_of_the_first(self, world, week):
        look(world)
        look(world)
        assert HotRun.objects.count() == 1 and HotTopic.objects.count() == 2

    def test_refusals(self, world, week):
        today = localdate()
        with pytest.raises(BadPeriod):
            look(world, since=today, until=today)
        with pytest.raises(NotTheirTopic):
            look(world, actor=world.liu)  # the street's officer has no say over the district
        look(world, actor=world.gao)


class TestWeekly:
    def test_once_a_week_and_told_once(self, world, week):
        later = now() + timedelta(days=7)
        assert hot_topics_due(at=later) == 1
        assert hot_topics_due(at=later) == 0
        (told,) = world.liu.notices.filter(title="滨海新区本周热点")
        assert "1. 丽发新城：搅拌站噪音（4）" in told.text and told.url == "/matters/hot/"
        assert world.gao.notices.filter(title="滨海新区本周热点").count() == 1
        assert not world.sun.notices.exists()

    def test_the_next_week_again(self, world, week):
        assert hot_topics_due(at=now() + timedelta(days=7)) == 1
        assert hot_topics_due(at=now() + timedelta(days=14)) == 1

    def test_nothing_where_nobody_asked(self, world):
        assert hot_topics_due(at=now()) == 0


class TestWhatPeopleSay:
    def test_a_name_stays_with_the_matter(self, world, mixer):
        rename_topic(topic=mixer, title="搅拌站扰民", actor=world.gao, at=now())
        assert "搅拌站扰民" in topics(look(world, since=localdate() - timedelta(days=20)))
        assert AuditEntry.objects.filter(action="topic.rename", actor=world.gao).exists()
        with pytest.raises(Invalid):
            rename_topic(topic=mixer, title=" ", actor=world.gao, at=now())

    def test_what_was_dismissed_stays_off_the_board(self, world, mixer):
        dismiss_topic(topic=mixer, actor=world.gao, at=now())
        again = look(world, since=localdate() - timedelta(days=20))
        assert [one.title for one in again.topics.filter(state="")] == ["怡和家园：捆绑销售车位"]
        back = restore_topic(topic=again.topics.get(state="dismissed"), actor=world.gao, at=now())
        assert back.state == ""

    def test_what_was_merged_is_one_matter_in_the_next_run(self, world, mixer):
        other = mixer.run.topics.exclude(pk=mixer.pk).get()
        one = merge_topics(topic=mixer, other=other, actor=world.gao, at=now())
        assert one.n == 7
        (again,) = topics(look(world, since=localdate() - timedelta(days=20))).values()
        assert again.n == 7

    def test_what_was_split_is_two_in_the_next_run(self, world, mixer, week):
        out = [week[0][3].pk]
        fresh = split_topic(topic=mixer, cases=out, title="另一个搅拌站", actor=world.gao, at=now())
        mixer.refresh_from_db()
        assert (fresh.n, mixer.n) == (1, 3)
        again = look(world, since=localdate() - timedelta(days=20))
        of_mixers = again.topics.get(members__case=week[0][0])
        assert of_mixers.n == 3 and not of_mixers.members.filter(case__in=out).exists()
        # a later word takes an earlier one back
        merge_topics(topic=mixer, other=fresh, actor=world.gao, at=now())
        assert Verdict.objects.filter(is_same=True).exists()

    def test_refusals(self, world, mixer, week):
        with pytest.raises(NotTheirTopic):
            dismiss_topic(topic=mixer, actor=world.liu, at=now())
        with pytest.raises(Invalid):
            merge_topics(topic=mixer, other=mixer, actor=world.gao, at=now())
        for cases in ([], [case.pk for case in week[0]]):
            with pytest.raises(Invalid):
                split_topic(topic=mixer, cases=cases, title="x", actor=world.gao, at=now())


class TestPages:
    def test_the_board_and_a_topic(self, world, mixer):
        gao = browser(world.gao)
        page = text_of(gao.get("/matters/hot/"))
        assert "丽发新城：搅拌站噪音" in page and "4 件 · 4 人" in page
        page = text_of(gao.get(f"/matters/hot/{mixer.pk}/"))
        assert MIXER[0] in page and "2 × 人数 4" in page and "孙阿姨" not in page

    def test_the_street_sees_it_and_may_not_mend_it(self, world, mixer):
        liu = browser(world.liu)
        page = text_of(liu.get(f"/matters/hot/{mixer.pk}/"))
        assert MIXER[0] in page and "改标题" not in page
        liu.post(f"/matters/hot/{mixer.pk}/rename/", {"title": "x"})
        mixer.refresh_from_db()
        assert not mixer.is_named

    def test_another_street_sees_nothing_of_it(self, world, mixer):
        wu = browser(world.wu)
        assert "丽发新城" not in text_of(wu.get("/matters/hot/"))
        assert wu.get(f"/matters/hot/{mixer.pk}/").status_code == 404

    def test_residents_and_volunteers_have_no_board(self, world, mixer):
        for who in (world.sun, world.wang):
            assert browser(who).get("/matters/hot/").status_code == 403

    def test_mending_by_the_pages(self, world, mixer, week):
        gao, url = browser(world.gao), f"/matters/hot/{mixer.pk}/"
        gao.post(f"{url}rename/", {"title": "搅拌站"})
        mixer.refresh_from_db()
        assert mixer.title == "搅拌站"
        response = gao.post(f"{url}split/", {"case": str(week[0][0].pk), "title": "另一件"})
        fresh = HotTopic.objects.get(title="另一件")
        assert response["Location"] == f"/matters/hot/{fresh.pk}/"
        gao.post(f"{url}merge/", {"other": str(fresh.pk)})
        fresh.refresh_from_db()
        assert fresh.state == "merged" and "已并入" in text_of(gao.get(f"/matters/hot/{fresh.pk}/"))
        gao.post(f"{url}dismiss/")
        assert "搅拌站" in text_of(gao.get("/matters/hot/?view=dismissed"))
        assert "搅拌站" not in text_of(gao.get("/matters/hot/")).replace("已从榜上", "")
        page = text_of(gao.post(f"{url}merge/", {"other": "x"}, follow=True))
        assert page

    def test_another_period(self, world, week):
        today = localdate()
        given = {"region": world.tong.code, "since": today - timedelta(days=9), "until": today}
        page = text_of(browser(world.gao).post("/matters/hot/run/", given, follow=True))
        assert "读了 9 件诉求" in page and "丽发新城：搅拌站噪音" in page
        assert browser(world.liu).post("/matters/hot/run/", given).status_code == 404

    def test_eight_queries(self, world, mixer):
        gao = browser(world.gao)
        for url in ("/matters/hot/", f"/matters/hot/{mixer.pk}/"):
            gao.get(url)
            with CaptureQueriesContext(connection) as seen:
                gao.get(url)
            assert len([q for q in seen if "session" not in q["sql"]]) <= 12, len(seen)
