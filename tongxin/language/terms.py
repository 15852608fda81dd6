"""Terms: the words that say what a text is about, with digits and names kept, unlike `words`.

Cut by rjieba's dictionary, loaded when the first text is cut.

Everything is bounded: whoever hands in a hundred thousand characters gets the words of the first
few thousand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

LONGEST = 4_000  # characters of a text that are read
# Words that nearly every request holds, whatever it is about. Composed by us.
STOP = frozenset(
    "的 了 和 是 就 都 而 及 与 着 或 在 我 有 这 那 也 很 到 说 要 去 你 会 好 没有 我们 你们 他们 自己 "
    "这个 那个 这样 一个 一些 一直 已经 现在 目前 今天 昨天 之前 以后 以来 时候 时间 问题 情况 反映 反应 "
    "投诉 举报 咨询 求助 请问 请求 希望 建议 尽快 相关 部门 有关 领导 书记 市长 您好 你好 谢谢 感谢 麻烦 "
    "居民 业主 群众 市民 百姓 老百姓 大家 本人 不是 可以 能够 应该 需要 进行 处理 解决 落实 关于 因为 所以 "
    "如果 但是 而且 并且 然后 还是 什么 怎么 如何 为何 为什么 是否 多次 严重 非常 导致 造成 影响 位于 附近 "
    "地方 左右 包括 根据 按照 通过 对于 由于 此外 另外 以及 其中 同时 每天 出现 存在 发现 给予 回复 "
    "政府 尊敬 领导好 打电话 电话 无法 一下 一次 起来 里面 上面 下面 这里 那里 觉得 知道 认为 至今".split()
)
_HALF = re.compile("[\ud800-\udfff]")  # half a character, which no cutter takes
_WORD = re.compile(r"[0-9A-Za-z\u3400-\u9fff]+")


@cache
def _cutter() -> Any:
    import rjieba

    return rjieba.Jieba()


def plain(text: str, *, limit: int = LONGEST) -> str:
    """Return the beginning of a text as it is compared: width folded, lower case, no blanks at ends."""
    folded = unicodedata.normalize("NFKC", text[:limit]).lower().strip()
    return _HALF.sub("", folded)


def segment(text: str, *, limit: int = LONGEST) -> list[str]:
    """Return the words of a text in order, without punctuation and blanks."""
    return [word for word in _cutter().cut(plain(text, limit=limit)) if _WORD.fullmatch(word)]


def tagged(text: str, *, limit: int = LONGEST) -> list[tuple[str, str]]:
    """Return the words of a text, each with its part of speech as the dictionary has it."""
    return list(_cutter().tag(plain(text, limit=limit)))


def is_known(word: str) -> bool:
    """Say whether the dictionary has the word; what it has not is often a name."""
    return bool(_cutter().has_word(word))


def content_words(text: str, *, limit: int = LONGEST) -> Iterator[str]:
    """Yield the words that say what a text is about: two characters or more, no common ones."""
    for word in segment(text, limit=limit):
        if len(word) > 1 and word not in STOP and not word.isdecimal():
            yield word
