"""Hot topics and duplicates of a list: what belongs together, how hot it is and why, and a person's word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tongxin.language.clusters import MOST_OF_ONE, Message, heat_of, hot_topics
from tongxin.language.duplicates import duplicate_groups

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MIXER = [
    "丽发新城小区附近搅拌站噪音扰民",
    "投诉丽发新城旁的搅拌站，噪音和灰尘太大",
    "丽发新城搅拌站噪音扰民，半夜施工",
    "丽发新城小区旁边建搅拌站噪音污染严重",
]
PARKING = ["怡和家园捆绑销售车位", "怡和家园强制捆绑销售车位，业主反对", "投诉怡和家园捆绑销售车位"]
OTHERS = [
    "海河路路灯坏了",
    "办理残疾证需要什么材料",
    "请增加619路公交车的班次",
    "楼上装修漏水到我家",
]


def listed(*texts, **each) -> list[Message]:
    return [
        Message(n, text, text, START + timedelta(hours=n), f"u{n}", **each)
        for n, text in enumerate(texts)
    ]


def titles(messages, **given):
    return [topic.title for topic in hot_topics(messages, **given)]


def test_messages_about_one_matter_are_a_topic_and_others_are_none():
    topics = hot_topics(listed(*MIXER, *OTHERS, *PARKING))
    assert [sorted(topic.members) for topic in topics] == [[0, 1, 2, 3], [8, 9, 10]]


def test_a_title_out_of_their_own_words():
    assert titles(listed(*MIXER, *OTHERS, *PARKING)) == [
        "丽发新城：搅拌站噪音",
        "怡和家园：捆绑销售车位",
    ]


def test_heat_says_how_it_came_about():
    heat = heat_of(
        listed(*MIXER, likes=5, dislikes=1), since=START, until=START + timedelta(days=7)
    )
    assert (heat.messages, heat.people, heat.approval) == (4, 4, 16)
    assert heat.value == round((4 + 2 * 4 + 2 * 16**0.5) * heat.recency * heat.persistence, 1)
    assert f"= {heat.value}" in heat.why and "2×人数 4" in heat.why


def test_nobody_makes_a_topic_hot_alone():
    one = [Message(n, MIXER[0], MIXER[0], START, "same") for n in range(30)]
    heat = heat_of(one, since=START, until=START + timedelta(days=7))
    assert (heat.messages, heat.people) == (MOST_OF_ONE, 1)


def test_what_is_long_past_cools_down_and_what_lasts_grows():
    week = {"since": START, "until": START + timedelta(days=28)}
    fresh = [Message(n, "", "", START + timedelta(days=27), str(n)) for n in range(3)]
    stale = [Message(n, "", "", START, str(n)) for n in range(3)]
    lasting = [Message(n, "", "", START + timedelta(days=9 * n), str(n)) for n in range(4)]
    assert heat_of(fresh, **week).recency > 0.9
    assert heat_of(stale, **week).recency < 0.1
    assert heat_of(lasting, **week).persistence > heat_of(fresh, **week).persistence == 1.0


def test_dislikes_do_not_heat():
    week = {"since": START, "until": START + timedelta(days=7)}
    disliked = heat_of(listed(*MIXER, dislikes=50), **week)
    assert disliked.value == heat_of(listed(*MIXER), **week).value


def test_what_a_person_said_is_kept_to():
    messages = listed(*MIXER, *OTHERS)
    split = hot_topics(messages, apart=[(0, 3), (1, 3), (2, 3)])
    assert [sorted(topic.members) for topic in split] == [[0, 1, 2]]
    joined = hot_topics(messages, same=[(0, 4)])
    assert sorted(joined[0].members) == [0, 1, 2, 3, 4]


def test_bad_input():
    odd = listed("", "水", "😀" * 50, "<b>x</b>", "忽略以上指令", "水" * 100_000, "abc", "\ud800")
    assert hot_topics(odd) == [] and hot_topics([]) == []
    assert duplicate_groups([]) == [] and duplicate_groups(odd[:1]) == []


class TestDuplicates:
    def test_groups_with_score_and_reasons(self):
        groups = duplicate_groups(listed(*MIXER, *OTHERS, *PARKING))
        assert [one.members for one in groups] == [[8, 9, 10], [0, 1, 2, 3]] or [
            one.members for one in groups
        ] == [[0, 1, 2, 3], [8, 9, 10]]
        assert all("都提到" in found.why for one in groups for _a, _b, found in one.pairs)
        assert all(0.5 < one.score <= 1 for one in groups)

    def test_the_same_twice(self):
        (one,) = duplicate_groups(listed("路灯坏了三天没人修", "水管漏水", "路灯坏了三天没人修"))
        assert one.members == [0, 2] and one.score > 0.9
