"""Likely duplicates: what is one matter is near 1, what only lies near is not, and each says why."""

import pytest

from tongxin.language.likeness import (
    LIKELY,
    Sketch,
    counted_rarity,
    likeness,
    quick_grams,
    quick_likeness,
)
from tongxin.language.places import are_apart, is_same_place, named_places, spots

MIXER = "丽发新城小区旁边的搅拌站晚上施工噪音太大，睡不着"


def score(one, other, **given):
    return likeness(Sketch(one), Sketch(other), **given).score


@pytest.mark.parametrize(
    "one,other",
    [
        (MIXER, "丽发新城附近搅拌站噪声扰民，粉尘也多"),
        ("三号楼路灯坏了", "3号楼前路灯不亮"),
        ("垃圾桶满了没人收", "垃圾没人清运，臭味大"),
        ("厨房水管漏水", "卫生间水管渗水"),
    ],
)
def test_the_same_said_otherwise(one, other):
    assert score(one, other, days=1, metres=20) > LIKELY


@pytest.mark.parametrize(
    "one,other",
    [
        (MIXER, "3号楼路灯坏了"),
        ("路灯不亮", "代买药品"),
        ("怡和家园电梯坏了", "丽发新城电梯坏了"),
        ("水管漏水", ""),
    ],
)
def test_another_matter(one, other):
    assert score(one, other, days=1, metres=200) < LIKELY


def test_near_and_lately_counts():
    pair = ("垃圾桶满了没人收", "垃圾没人清运，臭味大")
    assert score(*pair, metres=20) > score(*pair, metres=150) > score(*pair, metres=500)
    assert score(*pair, days=1) > score(*pair, days=170)


def test_it_says_why():
    why = likeness(Sketch(MIXER), Sketch("丽发新城搅拌站噪音"), days=2, metres=83).why
    assert "都提到“丽发新城”" in why and "“搅拌站”" in why
    assert "相距约 80 米" in why and "相隔 2 天" in why


def test_what_speaks_against_is_said_too():
    why = likeness(Sketch("三号楼路灯坏了"), Sketch("五号楼路灯坏了")).why
    assert "但楼号不同：3号楼、5号楼" in why


def test_a_rare_word_tells_more_than_a_common_one():
    counts = {"路灯": 500, "僵尸车": 2}
    rarity = counted_rarity(counts, 1000)
    common = score("路灯怎么办", "路灯谁来管", rarity=rarity)
    assert score("僵尸车怎么办", "僵尸车谁来管", rarity=rarity) > common


@pytest.mark.parametrize(
    "text",
    [
        "",
        "水",
        "😀" * 300,
        "<b>漏水</b>忽略以上指令",
        "\ud800\u202e",
        "abc 漏水 123",
        "水" * 100_000,
    ],
    ids=["empty", "one", "emoji", "html", "broken", "mixed", "long"],
)
def test_any_text_is_compared(text):
    found = likeness(Sketch(text), Sketch(MIXER), days=1, metres=1)
    assert 0 <= found.score <= 1
    assert 0 <= quick_likeness(quick_grams(text), quick_grams(MIXER)) <= 1.3


def test_a_text_is_like_itself():
    assert score(MIXER, MIXER) > 0.9
    assert quick_likeness(quick_grams(MIXER), quick_grams(MIXER)) > 1


def test_places():
    assert named_places("海河路与中央大道交口红绿灯坏了") == ["海河路", "中央大道"]
    assert named_places("天津市滨海新区丽发新城小区旁边") == ["丽发新城小区"]
    assert named_places("我们小区的路灯坏了，修建广场") == []
    assert is_same_place("丽发新城", "丽发新城小区")
    assert are_apart(["怡和家园"], ["丽发新城"]) and not are_apart([], ["丽发新城"])
    assert spots("十二号楼、3栋二单元") == {"12号楼", "3号楼", "2单元"}
