"""Which rule held on a day for a unit, and the figures of a rule set."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org

from ..models import MeetingRule, RuleNumber, RuleSet

LIFE = "org_life"


class NoRules(Refused):
    """No version of a rule set holds on the day."""


def rules_on(code: str, on: date) -> RuleSet:
    """Return the version of a rule set that held on a day.

    :raises NoRules: if none did
    """
    found = RuleSet.objects.in_force(code, on)
    if found is None:
        raise NoRules(
            _("%s 没有施行中的制度（%s）。") % (on.isoformat(), code),
            remedy=_("请先在“制度”页载入制度。"),
        )
    return found


def rule_for(unit: Org, kind: str, on: date) -> MeetingRule | None:
    """Return the rule for a kind of meeting in a unit on a day; that of its field goes first."""
    rule_set = RuleSet.objects.in_force(LIFE, on)
    if rule_set is None:
        return None
    return nearest(list(rule_set.rules.filter(kind=kind)), unit.unit_kind, unit.sector)


def nearest(rules: list[MeetingRule], unit_kind: str, sector: str) -> MeetingRule | None:
    """Return the one of a kind's rules that binds a unit: of its own field before the general."""
    bound = [rule for rule in rules if rule.binds(unit_kind, sector)]
    return max(bound, key=lambda rule: bool(rule.sectors), default=None)


def number(code: str, name: str, on: date) -> str:
    """Return a figure that held on a day, as text. :raises NoRules:"""
    version = RuleSet.objects.filter(code=code, effective_from__lte=on).order_by("-effective_from")
    found = RuleNumber.objects.filter(rule_set=version.values("pk")[:1], name=name).first()
    if found is None:
        rules_on(code, on)
        raise NoRules(_("制度 %s 没有写明 %s。") % (code, name))
    return found.value


def decimal(code: str, name: str, on: date) -> Decimal:
    return Decimal(number(code, name, on))


def share(code: str, name: str, on: date) -> Fraction:
    return Fraction(number(code, name, on))
