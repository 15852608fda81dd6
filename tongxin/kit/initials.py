"""The first letters of a Chinese name ("zm" for 张敏), by which people are found while typing."""

from __future__ import annotations

from functools import lru_cache

LONGEST = 20

# Surnames that are read otherwise than the same character elsewhere. Of those read in two ways
# (覃, 翟, 谌, 隗, 乐) the commoner one is taken.
SURNAMES = {
    "万俟": "mq", "尉迟": "yc", "长孙": "zs", "澹台": "tt", "单于": "cy", "宿勤": "sq",
    "单": "s", "曾": "z", "仇": "q", "解": "x", "查": "z", "区": "o", "盖": "g", "召": "s",
    "覃": "q", "朴": "p", "缪": "m", "翟": "z", "乐": "y", "种": "c", "员": "y", "繁": "p",
    "折": "s", "秘": "b", "冼": "x", "洗": "x", "祭": "z", "隗": "w", "谌": "c", "钭": "t",
    "郇": "x", "盛": "s", "尉": "w", "句": "g", "藏": "z", "莘": "s", "应": "y", "占": "z",
    "能": "n", "重": "c", "长": "c", "沈": "s", "贾": "j", "车": "c", "石": "s", "薄": "b",
    "柏": "b", "宁": "n", "过": "g", "那": "n", "都": "d", "葛": "g", "任": "r", "纪": "j",
    "卜": "b", "干": "g", "相": "x", "晟": "c", "逄": "p", "眭": "s", "褚": "c", "阚": "k",
    "贲": "b", "訾": "z", "牟": "m", "哈": "h", "撒": "s", "幺": "y", "黑": "h", "宓": "m",
}  # fmt: skip


def initials_of(name: str) -> str:
    """Return the first letters, small, of a name's syllables; letters and digits stay as they are."""
    name = name.strip()
    read = next((SURNAMES[name[:size]] for size in (2, 1) if name[:size] in SURNAMES), "")
    rest = name[len(read) :]
    return (read + "".join(_letter(mark) for mark in rest))[:LONGEST]


@lru_cache(maxsize=8192)
def _letter(mark: str) -> str:
    if mark.isascii():
        return mark.lower() if mark.isalnum() else ""
    # Its tables take a tenth of a second to read: only who writes a name needs them.
    from pypinyin import Style, lazy_pinyin

    read = lazy_pinyin(mark, style=Style.NORMAL, errors="ignore")
    return read[0][0] if read and read[0] else ""
