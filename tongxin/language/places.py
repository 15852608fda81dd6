"""Places named in a text: 丽发新城小区, 庆和里路, 泉星公园; and what tells one spot from another."""

from __future__ import annotations

import re

from .terms import STOP, is_known, tagged

# What the name of a place ends in. One character ones only end a name of two more.
KINDS = tuple(
    "小区 花园 家园 家苑 新村 新城 新苑 公寓 公馆 广场 大厦 大楼 社区 学校 小学 中学 大学 学院 幼儿园 医院 市场 "
    "公园 车站 地铁站 大道 立交桥 工业园 开发区 国际城 山庄 名城 花苑 雅苑 馨苑 苑 园 府 城 湾 路 街 巷 桥 村 镇 "
    "乡 郡 墅 轩 庭 里 胡同".split()
)
# A text about "the district" or "this housing estate" names no spot.
NOT_A_NAME = frozenset(
    "城小区 小区 社区 本小区 我们小区 该小区 学校 医院 市场 公园 广场 车站 地铁站 农村 本村 全村 我村 新村 乡村 城镇 "
    "道路 公路 马路 高速公路 铁路 街道 大道 花园 大楼 公寓 幼儿园 小学 中学 大学 县城 新城 全城 周边小区 老旧小区 "
    "住宅小区 高档小区 商城 城乡 家里 屋里 夜里 心里 手里 哪里 公里 一公里 线路 网路 电路 水路 道路两旁 校园 "
    "工业园 开发区 家园 号楼 桥 路 街 村 镇 乡 城 园 大厦 立交桥 学院 步行街 人行桥 十字路 一路 半路 走路 修路".split()
)
_NO_END = (
    "政府",
    "线路",
    "公路",
    "铁路",
    "马路",
    "道路",
    "水路",
    "出路",
    "农村",
    "家庭",
    "公里",
    "夜里",
    "家里",
)
_NAMING = {
    "n",
    "ns",
    "nz",
    "nr",
    "nt",
    "nrt",
    "nrfg",
    "j",
    "f",
    "b",
    "eng",
    "m",
    "a",
    "vn",
    "ng",
    "s",
}
_SPOT = re.compile(r"[a-z]{0,2}\d+(?:号楼|栋|幢|号线|号|弄|单元|组|期)")
# The city, district and street before a name say less than the name itself.
_ABOVE = re.compile(
    r"^(?:[a-z]?\d*[省市区县])+(?=...)|^.{2,8}?(?:街道|[市县])(?=...)|^.{1,3}(?<![小社校园])区(?=...)"
)
LONGEST_NAME, MOST_WORDS = 10, 4


def named_places(text: str, *, limit: int = 600) -> list[str]:
    """Return the names of places in a text, in order, each once."""
    found: dict[str, None] = {}
    pairs = tagged(text, limit=limit)
    for n, (word, _tag) in enumerate(pairs):
        if word.endswith(KINDS):
            name = _grown(pairs, n)
            if len(name) > 2 and name not in NOT_A_NAME and not name.endswith(_NO_END):
                found[name] = None
    names = list(found)
    return [one for one in names if not any(one in other for other in names if other != one)]


def _grown(pairs: list[tuple[str, str]], end: int) -> str:
    """Return the name that ends with this word: it takes in naming words to its left."""
    name, start = pairs[end][0], end
    while start and end - start < MOST_WORDS - 1:
        word, tag = pairs[start - 1]
        is_name = tag in _NAMING or (len(word) > 1 and not is_known(word))
        if not is_name or word in STOP or len(word) + len(name) > LONGEST_NAME:
            break
        if tag in {"m", "a", "b", "f", "s", "vn"} and len(name) > 3:
            break  # a number or quality before a full name is no part of it
        if word.endswith(KINDS) and len(word) > 2:
            break  # another place: the road before the estate
        name, start = word + name, start - 1
    while (below := _ABOVE.sub("", name)) != name:
        name = below
    return name


_DIGITS = str.maketrans("〇零一二两三四五六七八九", "001223456789")
_COUNTED = re.compile(r"[〇零一二两三四五六七八九十]+(?=号楼|栋|幢|号|单元|组|期)")
_TEN = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")


def spots(text: str, *, limit: int = 600) -> set[str]:
    """Return what tells one spot from another: 3号楼, 5栋, 2单元, 4号线; 三号楼 is 3号楼."""
    read = in_digits(text[:limit].lower())
    return {found.replace("栋", "号楼").replace("幢", "号楼") for found in _SPOT.findall(read)}


def in_digits(text: str) -> str:
    """Return the text with the numbers of houses in digits: 十二号楼 is 12号楼."""
    return _COUNTED.sub(lambda found: _TEN.sub(_ten, found[0]).translate(_DIGITS), text)


def _ten(found: re.Match[str]) -> str:
    return f"{found[1] or '一'}{found[2] or '零'}"


def is_same_place(one: str, other: str) -> bool:
    """Say whether two names mean one place: the same, or one within the other (丽发新城, 丽发新城小区)."""
    short, long = sorted((one, other), key=len)
    return len(short) > 2 and (short in long or _core(short) in _core(long))


def are_apart(ones: list[str], others: list[str]) -> bool:
    """Say whether two texts name places that have nothing in common, as far as names tell."""
    if not ones or not others:
        return False
    return all(len(set(_core(a)) & set(_core(b))) < 2 for a in ones for b in others)


def _core(name: str) -> str:
    for kind in ("小区", "社区", "学校", "广场"):
        if name.endswith(kind) and len(name) > len(kind) + 2:
            return name.removesuffix(kind)
    return name
