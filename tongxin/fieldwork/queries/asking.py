"""What an item asks, what an answer to it may be, when it is bad and what it scores. No database.

The grammar of `Item.bad_when`: yes_no: "no" or "yes"; choice: the bad options, "破损|缺失"; number and
score: "<5", "<=5", ">5", ">=5", "=5"; text: "any" (whatever is written is a trouble). Empty: never bad.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text

from ..models import Item

Type = Item.Type
_COMPARED = re.compile(r"(<=|>=|<|>|=)\s*(-?\d{1,9}(?:\.\d{1,3})?)", re.ASCII)
MOST = Decimal(10**9)
FIGURED = (Type.NUMBER, Type.SCORE)
YES_NO = {"yes": "yes", "no": "no", "是": "yes", "否": "no", True: "yes", False: "no"}


class BadAnswer(Invalid):
    """The answer is not one that the item takes."""


class BadRule(Invalid):
    """The rule that says when an answer is bad does not fit the item."""


def options_of(item: Item) -> list[str]:
    return [one["value"] for one in item.options]


def read_answer(item: Item, value: Any) -> Any:
    """Return an answer as it is kept; None for none. `item` is asked.

    :raises BadAnswer: for what the item does not take
    """
    if value is None or value in ("", []):
        return None
    words = {"item": item.text}
    if item.type == Type.YES_NO:
        if not isinstance(value, str | bool) or value not in YES_NO:
            raise BadAnswer(_("“%(item)s”请答是或否。") % words, field=item.code)
        return YES_NO[value]
    if item.type == Type.CHOICE:
        if value not in options_of(item):
            raise BadAnswer(_("“%(item)s”请从选项里选一个。") % words, field=item.code)
        return value
    if item.type in FIGURED:
        return _figure(item, value)
    if item.type == Type.TEXT:
        return clean_text(
            str(value), limit=500, field_label=item.text[:30], multiline=True
        ) or None  # fmt: skip
    raise BadAnswer(_("“%(item)s”只要照片，不填文字。") % words, field=item.code)


def _figure(item: Item, value: Any) -> int | float:
    words = {"item": item.text, "most": f"{float(item.max_score):g}"}
    try:
        figure = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise BadAnswer(_("“%(item)s”请填数字。") % words, field=item.code) from error
    if not figure.is_finite() or abs(figure) > MOST:
        raise BadAnswer(_("“%(item)s”请填数字。") % words, field=item.code)
    if item.type == Type.SCORE and not 0 <= figure <= item.max_score:
        raise BadAnswer(_("“%(item)s”请打 0 到 %(most)s 分。") % words, field=item.code)
    return int(figure) if figure == int(figure) else float(figure)


def is_asked(item: Item, values: Mapping[str, Any]) -> bool:
    """Say whether an item is asked, given the answers so far by code."""
    if not item.asked_if_item:
        return True
    said = values.get(item.asked_if_item)
    return said is not None and str(said) == item.asked_if_value


def asked_items(items: Iterable[Item], values: Mapping[str, Any]) -> list[Item]:
    """Return the items that are asked: a condition counts only if its own item is asked."""
    asked: dict[str, Item] = {}
    for item in items:
        known = {code: values.get(code) for code in asked}
        if is_asked(item, known):
            asked[item.code] = item
    return list(asked.values())


def is_bad(item: Item, value: Any) -> bool:
    """Say whether an answer is a trouble."""
    if value is None or not item.bad_when:
        return False
    if item.type == Type.YES_NO:
        return value == item.bad_when
    if item.type == Type.CHOICE:
        return value in item.bad_when.split("|")
    if item.type in FIGURED:
        return _compares(item.bad_when, Decimal(str(value)))
    return item.bad_when == "any"


def _compares(rule: str, value: Decimal) -> bool:
    match = _COMPARED.fullmatch(rule)
    if match is None:
        return False
    limit = Decimal(match[2])
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
    }[match[1]]


def score_of(item: Item, value: Any) -> Decimal | None:
    """Return what an answer scores, None for an item that gives no score or has no answer."""
    if value is None or not item.max_score:
        return None
    if item.type == Type.SCORE:
        return Decimal(str(value))
    if item.type == Type.CHOICE:
        given = {one["value"]: one.get("score") for one in item.options}.get(value)
        if given is not None:
            return Decimal(str(given))
    return Decimal(0) if is_bad(item, value) else item.max_score


def check_rule(item: Item) -> None:
    """:raises BadRule: if `bad_when` is no rule for this type of item"""
    rule = item.bad_when
    if not rule:
        return
    good = {
        Type.YES_NO: rule in ("yes", "no"),
        Type.CHOICE: set(rule.split("|")) <= set(options_of(item)),
        Type.NUMBER: bool(_COMPARED.fullmatch(rule)),
        Type.SCORE: bool(_COMPARED.fullmatch(rule)),
        Type.TEXT: rule == "any",
        Type.PHOTO: False,
    }[Type(item.type)]
    if not good:
        words = {"item": item.text, "rule": rule}
        raise BadRule(
            _("“%(item)s”的“何时算有问题”写的是“%(rule)s”，和答法不符。") % words,
            field="bad_when",
            remedy=_(
                "是／否写 yes 或 no；单选写选项，用 | 隔开；数字和打分写 <5 这样；文字写 any。"
            ),
        )


def rule_in_words(item: Item) -> str:
    """Return when an answer is bad, for people: "答“否”时"."""
    rule = item.bad_when
    if not rule:
        return ""
    if item.type == Type.YES_NO:
        return _("答“%s”时") % (_("是") if rule == "yes" else _("否"))
    if item.type == Type.CHOICE:
        return _("选“%s”时") % "、".join(rule.split("|"))
    if item.type in FIGURED:
        sign = {
            "<": _("小于"),
            "<=": _("不大于"),
            ">": _("大于"),
            ">=": _("不小于"),
            "=": _("等于"),
        }
        match = _COMPARED.fullmatch(rule)
        return _("%(sign)s %(n)s 时") % {"sign": sign[match[1]], "n": match[2]} if match else ""
    return _("填写了内容时")


def value_in_words(item: Item, value: Any) -> str:
    """Return an answer as people read it."""
    if value is None:
        return ""
    if item.type == Type.YES_NO:
        return _("是") if value == "yes" else _("否")
    if item.type == Type.SCORE:
        return _("%(got)s／%(most)s 分") % {"got": value, "most": f"{float(item.max_score):g}"}
    return str(value)
