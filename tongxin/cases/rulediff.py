"""A rule in words, and what a version of the rules changes of the one before it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .routing import Offices, RoutingRule, Rule, Table, Target


def handler_words(rule: Rule, known: Offices) -> str:
    if rule.target != Target.ORG:
        return str(Target(rule.target).label)
    office = known.by_id.get(rule.handler or 0)
    return office.name if office else ""


def backstop_words(rule: Rule, known: Offices) -> str:
    """Return who stands behind a rule, in words; "" where it is the desk."""
    if rule.backstop == "org":
        office = known.by_id.get(rule.backstop_org or 0)
        return office.name if office else ""
    return str(RoutingRule.Backstop(rule.backstop).label) if rule.backstop else ""


@dataclass(frozen=True)
class Difference:
    """A rule that is new, gone, or changed: (what, before, after) in words."""

    code: str
    kind: str  # new | gone | changed
    when: str
    changes: tuple[tuple[str, str, str], ...] = ()


def differences(before: Table, after: Table, known: Offices) -> list[Difference]:
    """Return what the second version changes of the first, in the order of its rules."""
    found = []
    for rule in after.rules:
        old = before.by_code.get(rule.code)
        if old is None:
            found.append(Difference(rule.code, "new", rule.when()))
        elif changes := _changes(_words(old, known), _words(rule, known)):
            found.append(Difference(rule.code, "changed", rule.when(), changes))
    gone = [rule for rule in before.rules if rule.code not in after.by_code]
    return found + [Difference(rule.code, "gone", rule.when()) for rule in gone]


def _words(rule: Rule, known: Offices) -> dict[str, str]:
    return {
        _("什么单子"): rule.when(),
        _("由谁受理"): handler_words(rule, known),
        _("直接派达"): _("是") if rule.is_direct else _("否"),
        _("建议方式"): str(RoutingRule.Mode(rule.mode).label),
        _("兜底"): backstop_words(rule, known) or str(RoutingRule.Backstop.NONE.label),
        _("备注"): rule.note or "—",
    }


def _changes(old: dict[str, str], new: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple((what, old[what], new[what]) for what in new if old[what] != new[what])
