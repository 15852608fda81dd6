"""The language of the search box: words, "a phrase", -without, and the number of a case.

    路灯 北塘        both, in any order
    "路灯 不亮"      exactly this
    路灯 -已修       without
    120116-20261122-0042   that case

Nothing of it reaches the database as anything but a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.ids import NotACaseNumber, parse_case_number

from .grams import tidy, words_to_find

MOST_CHARACTERS = 100
MOST_PARTS = 12
_PART = re.compile(r'(-?)(?:["“”]([^"“”]*)(?:["“”]|$)|([^\s"“”]+))')


class BadQuestion(Invalid):
    """What was asked cannot be looked for."""


@dataclass(frozen=True)
class Question:
    """What is looked for: parts a text must have and parts it must not have, as typed."""

    typed: str
    parts: tuple[str, ...]
    without: tuple[str, ...]
    number: str = ""  # if it is the number of a case


def understand(typed: str) -> Question:
    """Return what somebody asks for.

    :raises BadQuestion: for nothing to look for, too long a question, or too many parts
    """
    text = " ".join(tidy(typed[: MOST_CHARACTERS * 20]).split())
    if len(typed) > MOST_CHARACTERS * 20 or len(text) > MOST_CHARACTERS:
        told = _("最多输入 %d 个字，请挑几个关键的词。")
        raise BadQuestion(told % MOST_CHARACTERS, field="q")
    parts: list[str] = []
    without: list[str] = []
    for minus, phrase, word in _PART.findall(text):
        part = (phrase or word).strip()
        if any(True for _word in words_to_find(part)):
            (without if minus else parts).append(part)
    if not parts:
        if without:
            raise BadQuestion(_("除了要排除的词，还请写一个要找的词。"), field="q")
        raise BadQuestion(_("请输入要找的词，标点符号不能单独检索。"), field="q")
    if len(parts) + len(without) > MOST_PARTS:
        raise BadQuestion(_("最多 %d 个词，请去掉几个。") % MOST_PARTS, field="q")
    return Question(
        typed=text,
        parts=tuple(dict.fromkeys(parts)),
        without=tuple(dict.fromkeys(without)),
        number=_number(text),
    )


def _number(text: str) -> str:
    try:
        parse_case_number(text)
    except NotACaseNumber:
        return ""
    return text.strip()
