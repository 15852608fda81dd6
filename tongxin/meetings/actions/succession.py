"""Another version of the rules, from a day to come: the only way in which rules change."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import keeps_register

from ..models import MeetingRule, RuleNumber, RuleSet, Step
from .planning import NotYours

CHANGEABLE = ("per", "times", "norm")
MOST_TIMES = 31


class VersionTaken(Invalid):
    """The name of a version is used."""


class TooSoon(Invalid):
    """A version would hold for days that are past, or before the one it follows."""


@transaction.atomic
def succeed_rules(
    *, rule_set: RuleSet, version: str, effective_from: date, source: str,
    rules: dict[int, dict[str, Any]], numbers: dict[int, str], unit: Org, by: User, at: datetime,
) -> RuleSet:  # fmt: skip
    """Copy a version with changes, to hold from a day on; the old one stays for the days before.

    `rules` are {rule id: {"per", "times", "norm"}}, `numbers` {number id: value}; what is not named
    is copied as it is, with every step. By who keeps the register of a topmost unit.

    :raises NotYours, VersionTaken, TooSoon, Invalid:
    """
    if unit.parent_id is not None or not keeps_register(by, unit.path):
        raise NotYours(_("只有最上级党组织可以另起制度版本。"))
    version = clean_text(version, limit=20, field_label=_("版本"))
    source = clean_text(source, limit=300, field_label=_("依据"))
    of_code = RuleSet.objects.select_for_update().filter(code=rule_set.code)
    latest = max(one.effective_from for one in of_code)
    if of_code.filter(version=version).exists():
        raise VersionTaken(_("已有版本“%s”。") % version, field="version")
    if effective_from <= max(latest, localdate(at)):
        raise TooSoon(
            _("施行日期要晚于今天，也要晚于上一版本的施行日期（%s）。") % latest.isoformat(),
            field="effective_from",
            remedy=_("已经开过的会按当时的制度算，不能倒改。"),
        )
    made = RuleSet.objects.create(
        code=rule_set.code, version=version, name=rule_set.name, effective_from=effective_from,
        source=source, is_sample=False, loaded_at=at,
    )  # fmt: skip
    for rule in rule_set.rules.prefetch_related("steps"):
        _copy_rule(rule, made, rules.get(rule.pk, {}))
    RuleNumber.objects.bulk_create(
        RuleNumber(
            rule_set=made, name=one.name, norm=one.norm,
            value=_checked_number(one, numbers.get(one.pk, one.value)),
        )
        for one in rule_set.numbers.all()
    )  # fmt: skip
    audit(actor=by, action="rules.succeed", object=str(made), at=at)
    return made


def _copy_rule(rule: MeetingRule, made: RuleSet, changes: dict[str, Any]) -> None:
    steps = list(rule.steps.all())
    for name, value in changes.items():
        if name not in CHANGEABLE:
            raise Invalid(_("不能修改：%s。") % name, field=name)
        setattr(rule, name, value)
    if rule.per not in MeetingRule.Per.values or not 1 <= int(rule.times) <= MOST_TIMES:
        raise Invalid(
            _("“%s”的周期或次数不对。") % rule.get_kind_display(), field=f"times_{rule.pk}"
        )
    rule.norm = clean_text(rule.norm, limit=300, field_label=_("要求"))
    rule.pk, rule._state.adding, rule.rule_set = None, True, made
    rule.save(force_insert=True)
    Step.objects.bulk_create(
        Step(rule=rule, seq=one.seq, phase=one.phase, title=one.title, who=one.who, text=one.text)
        for one in steps
    )


def _checked_number(one: RuleNumber, value: str) -> str:
    """Return a figure that is a number where the old one was; a word stays what it was."""
    if not one.is_figure:
        return one.value
    try:
        if Fraction(value) < 0:
            raise ValueError
    except (ValueError, ZeroDivisionError):
        raise Invalid(_("“%s”应是数字。") % one.norm, field=f"number_{one.pk}") from None
    return value
