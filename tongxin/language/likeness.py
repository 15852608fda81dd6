"""How likely two texts are about the same matter: words, grams, places, numbers, time and distance.

The score is a probability, out of a logistic sum whose weights were fitted on pairs made from a
public file of residents' messages (see `bench.duplicates` for what is measured, and on what). It
says why in a sentence, and decides nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .places import are_apart, in_digits, is_same_place, named_places, spots
from .terms import content_words, plain

HEAD = 40
QUICK = 200
READ = 600  # characters of a text that are compared
Rarity = Callable[[str], float]  # how telling a word is: about 0 (everywhere) to about 9 (once)

_NOISE = re.compile(
    r"[\W_]+|尊敬的|领导|您好|你好|请问|谢谢|希望|尽快|投诉|反映|咨询|关于|我们|请求|建议"
)
# Words residents use for one and the same thing. Composed by us.
SAME = {
    "噪声": "噪音", "混凝土": "混泥土", "搅拌厂": "搅拌站", "渗水": "漏水", "渗漏": "漏水", "滴水": "漏水",
    "不亮": "坏", "损坏": "坏", "坏掉": "坏", "坏了": "坏", "故障": "坏", "失灵": "坏", "堵塞": "堵", "堵住": "堵",
    "垃圾箱": "垃圾桶", "没人收": "无人清运", "没人清运": "无人清运", "没有清运": "无人清运", "臭气": "臭味",
    "异味": "臭味", "恶臭": "臭味", "停电": "断电", "没电": "断电", "停水": "断水", "没水": "断水", "不热": "没暖气",
    "乱停车": "乱停", "违停": "乱停", "乱停放": "乱停",
    "拆迁款": "补偿款", "薪水": "工资", "薪资": "工资", "住户": "业主", "升降梯": "电梯", "小孩": "孩子",
}  # fmt: skip
_SAME = re.compile("|".join(sorted(SAME, key=len, reverse=True)))
_MARKS = re.compile(r"[\W_]+")
_CODE = re.compile(r"[a-z]*\d[a-z0-9-]{2,}")


@dataclass(frozen=True)
class Sketch:
    """A text made ready to be compared with many others."""

    text: str
    limit: int = READ

    @cached_property
    def plain(self) -> str:
        text = in_digits(plain(self.text, limit=self.limit))
        return _SAME.sub(lambda found: SAME[found[0]], text)

    @cached_property
    def words(self) -> Counter[str]:
        return Counter(content_words(self.plain))

    @cached_property
    def grams(self) -> Counter[str]:
        """Pairs of neighbouring characters, punctuation and phrases of courtesy left out."""
        dense = _NOISE.sub("", self.plain)
        return Counter(dense[n : n + 2] for n in range(len(dense) - 1)) or Counter([dense])

    @cached_property
    def places(self) -> list[str]:
        return named_places(self.plain, limit=self.limit)

    @cached_property
    def matter(self) -> list[str]:
        """The words that say what happened, without those that say where."""
        where = "".join(self.places)
        return [word for word in self.words if word not in where]

    @cached_property
    def head(self) -> Counter[str]:
        """The grams of the first line, without the names of places: most people say it there."""
        line = self.plain.partition("\n")[0][:HEAD]
        for place in self.places:
            line = line.replace(place, " ")
        dense = _NOISE.sub("", line)
        return Counter(dense[n : n + 2] for n in range(len(dense) - 1))

    @cached_property
    def spots(self) -> set[str]:
        return spots(self.plain)

    @cached_property
    def codes(self) -> set[str]:
        """Numbers of three digits and more, with the letters about them: they are rarely shared."""
        return set(_CODE.findall(self.plain))


# What speaks for, and against, in the words of a sentence. `matters.wording` has them translated.
REASONS = {
    "place": "都提到“%s”",
    "words": "都说到%s",
    "same": "有 %s%% 的字句相同",
    "code": "都有号码“%s”",
    "spot": "都在%s",
    "near": "相距约 %s 米",
    "days": "相隔 %s 天",
    "elsewhere": "但地点不同：%s",
    "apart": "但楼号不同：%s",
}
SHOWN_WORDS = 3


@dataclass(frozen=True)
class Likeness:
    """How likely two texts are about one matter (0 to 1), and what speaks for it, as (what, which)."""

    score: float
    reasons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def why(self) -> str:
        return "，".join(REASONS[what] % which for what, which in self.reasons)


def even_rarity(word: str) -> float:
    """Rarity where nothing has been counted yet: long words tell more than short ones."""
    return 3.0 + min(len(word), 5) / 2


def counted_rarity(counts: Mapping[str, int], total: int) -> Rarity:
    """Return the rarity of words out of how many of `total` texts hold them."""

    def rarity(word: str) -> float:
        return math.log((total + 1) / (counts.get(word, 0) + 0.5))

    return rarity


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    dot = sum(weight * other[key] for key, weight in one.items() if key in other)
    size = math.sqrt(_square(one) * _square(other))
    return dot / size if size else 0.0


def _square(weights: Mapping[str, float]) -> float:
    return sum(weight * weight for weight in weights.values())


def features(
    one: Sketch,
    other: Sketch,
    *,
    rarity: Rarity = even_rarity,
    days: float | None = None,
    metres: float | None = None,
) -> dict[str, float]:
    """Return what the score is made of; everything lies between -1 and 1."""
    shared = set(one.matter) & set(other.matter)
    least = min(len(one.grams), len(other.grams))
    same = any(is_same_place(a, b) for a in one.places for b in other.places)
    return {
        "grams": cosine(
            {k: math.sqrt(v) for k, v in one.grams.items()},
            {k: math.sqrt(v) for k, v in other.grams.items()},
        ),
        "contained": len(one.grams.keys() & other.grams.keys()) / least if least else 0.0,
        "words": cosine({w: rarity(w) for w in one.matter}, {w: rarity(w) for w in other.matter}),
        "head": cosine(one.head, other.head),
        "rare": min(sum(max(rarity(w) - 4, 0) for w in shared) / 20, 1.0),
        "place": 1.0 if same else (-1.0 if are_apart(one.places, other.places) else 0.0),
        "spot": _agreement(one.spots, other.spots),
        "code": 1.0 if one.codes & other.codes else 0.0,
        "days": 0.0 if days is None else -min(days, 180) / 180,
        # Whoever names the same place is near, wherever the phone was: it is not counted twice.
        "near": 0.0 if metres is None or same else 1 - min(metres, 600) / 300,
    }


def _agreement(one: set[str], other: set[str]) -> float:
    if not one or not other:
        return 0.0
    return 0.4 if one & other else -1.0


# Fitted by logistic regression (strongly regularised, half of the pairs), scaled to the share of
# right answers on the other half: of pairs with a score of 0.8 about four in five were one matter.
# That file has neither points nor house numbers: the last four are set by hand.
WEIGHTS = {
    "grams": 3.4, "contained": 4.2, "words": 3.3, "head": 3.3, "rare": 4.4, "place": 5.5,
    "spot": 4.0, "code": 1.5, "near": 3.0, "days": 1.0,
}  # fmt: skip
BIAS = -6.7
LEAST_COUNTED = 200  # texts read before words are weighed by how often they occur
LIKELY = 0.5  # from here on it is shown
NEARLY_SURE = 0.85


def likeness(
    one: Sketch,
    other: Sketch,
    *,
    rarity: Rarity = even_rarity,
    days: float | None = None,
    metres: float | None = None,
) -> Likeness:
    """Return how likely two texts are about one matter, and why. `days` and `metres` lie between them."""
    found = features(one, other, rarity=rarity, days=days, metres=metres)
    total = BIAS + sum(WEIGHTS[name] * value for name, value in found.items())
    reasons = _reasons(one, other, found, rarity)
    if metres is not None and metres < 600:
        reasons.append(("near", str(round(metres, -1) // 1).removesuffix(".0")))
    if days is not None and days < 60:
        reasons.append(("days", str(round(days))))
    return Likeness(1 / (1 + math.exp(-total)), reasons)


def _reasons(
    one: Sketch, other: Sketch, found: dict[str, float], rarity: Rarity
) -> list[tuple[str, str]]:
    reasons = []
    if found["place"] > 0:
        reasons.append(("place", _shared_place(one, other)))
    first = one.plain[:HEAD]  # what somebody says first is what it is about
    telling = sorted(
        set(one.matter) & set(other.matter), key=lambda w: (w not in first, -rarity(w), w)
    )
    if telling:
        reasons.append(("words", "".join(f"“{word}”" for word in telling[:SHOWN_WORDS])))
    if found["contained"] >= 0.5:
        reasons.append(("same", str(round(found["contained"] * 100))))
    if found["code"]:
        reasons.append(("code", min(one.codes & other.codes)))
    if found["spot"] > 0:
        reasons.append(("spot", "、".join(sorted(one.spots & other.spots)[:2])))
    if found["spot"] < 0:
        reasons.append(("apart", f"{min(one.spots)}、{min(other.spots)}"))
    if found["place"] < 0:
        reasons.append(("elsewhere", f"“{one.places[0]}”“{other.places[0]}”"))
    return reasons


def _shared_place(one: Sketch, other: Sketch) -> str:
    pairs = ((a, b) for a in one.places for b in other.places if is_same_place(a, b))
    return min(next(pairs), key=len)


def quick_grams(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring characters of the beginning of a text, cheaply."""
    dense = _MARKS.sub("", text[:QUICK])
    return frozenset(map("".join, zip(dense, dense[1:], strict=False)))


def quick_likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return a rough likeness of two sets of `quick_grams`, by which many candidates become a few."""
    least = min(len(one), len(other))
    if not least:
        return 0.0
    shared = len(one & other)
    return shared / math.sqrt(len(one) * len(other)) + 0.3 * shared / least
