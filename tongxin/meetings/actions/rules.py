"""Bringing versions of the rules in from the house's files; a version that is in never changes."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import read_table

from ..models import MeetingRule, RuleNumber, RuleSet, Step

DATA = Path(__file__).parent.parent / "data"
FILES = ("rule_sets", "numbers", "rules", "steps")
Rows = dict[str, list[dict[str, Any]]]
RULE_TEXTS = ("kind", "sphere", "per", "unit_kinds", "sectors", "quorum", "majority", "goal")
RULE_FIELDS = (*RULE_TEXTS, "content", "norm", "times", "needs_committee", "hours", "remind_days")


class RuleSetFixed(Refused):
    """A version that is in was changed in the file; changes need a version and a day of their own."""


class RuleSetUnknown(Invalid):
    """A row names a rule set or a rule that the files do not have."""


def house_rules() -> Rows:
    """Return the rows of the house's files: national rules, and samples marked as such."""
    found = {}
    for name in FILES:
        table = read_table(DATA / f"{name}.csv", name=f"{name}.csv")
        found[name] = [dict(row) for _line, row in table.rows]
    return found


@transaction.atomic
def load_rules(*, at: datetime, by: User | None, rows: Rows | None = None) -> list[RuleSet]:
    """Bring in those versions that are not in yet, of `rows` or the house's files; return them.

    Loading the same again does nothing. What a meeting was held under must still be readable
    years later, so that a version that is in is never altered.

    :raises RuleSetFixed: if a row differs from what is in under its version
    """
    rows = rows or house_rules()
    texts: dict[tuple[str, str], list] = {(r["code"], r["version"]): [] for r in rows["rule_sets"]}
    for name in FILES[1:]:
        for row in rows[name]:
            key = (row["rule_set"], row["version"])
            if key not in texts:
                raise RuleSetUnknown(_("没有制度版本 %s %s。") % key, field=name)
            texts[key].append((name, row))
    made = []
    for head in rows["rule_sets"]:
        content = texts[head["code"], head["version"]]
        kept = RuleSet.objects.filter(code=head["code"], version=head["version"]).first()
        if kept is None:
            made.append(_make(head, content, at))
        elif _print_of(kept) != _print_of_rows(head, content):
            raise RuleSetFixed(
                _("“%s”已载入，不能修改。") % kept,
                field="version",
                remedy=_("请另起一个版本，写明新的施行日期。"),
            )
    if made and by is not None:
        audit(actor=by, action="rules.load", object=", ".join(map(str, made))[:120], at=at)
    return made


def _make(head: dict[str, Any], content: list, at: datetime) -> RuleSet:
    made = RuleSet.objects.create(
        code=head["code"], version=head["version"], name=head["name"], source=head["source"],
        effective_from=date.fromisoformat(str(head["effective_from"])), loaded_at=at,
        is_sample=head["is_sample"] == "1",
    )  # fmt: skip
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, row in content:
        by_name[name].append(row)
    RuleNumber.objects.bulk_create(
        RuleNumber(rule_set=made, name=row["name"], value=row["value"], norm=row["norm"])
        for row in by_name["numbers"]
    )
    rules = {}
    for row in by_name["rules"]:
        given = {name: row[name] for name in RULE_FIELDS}
        given["needs_committee"] = row["needs_committee"] == "1"
        rules[row["kind"], row["sectors"]] = MeetingRule.objects.create(rule_set=made, **given)
    Step.objects.bulk_create(
        Step(
            rule=_rule_of(rules, row), seq=int(row["seq"]), phase=row["phase"],
            title=row["title"], who=row["who"], text=row["text"],
        )
        for row in by_name["steps"]
    )  # fmt: skip
    return made


def _rule_of(rules: dict, row: dict[str, Any]) -> MeetingRule:
    rule = rules.get((row["kind"], row["sectors"]))
    if rule is None:
        raise RuleSetUnknown(_("步骤“%s”没有对应的制度。") % row["title"], field="steps")
    return rule


def _print_of_rows(head: dict[str, Any], content: list) -> list:
    """Return what a version says, in an order of its own, for comparing."""
    said: list[tuple] = [(head["name"], str(head["effective_from"]), head["source"])]
    for name, row in content:
        if name == "numbers":
            said.append((row["name"], row["value"], row["norm"]))
        elif name == "rules":
            said.append(tuple(_plain(row[field]) for field in RULE_FIELDS))
        else:
            steps = ("kind", "sectors", "seq", "phase", "title", "who", "text")
            said.append(tuple(str(row[field]) for field in steps))
    return sorted(map(str, said))


def _print_of(kept: RuleSet) -> list:
    said: list[tuple] = [(kept.name, str(kept.effective_from), kept.source)]
    said += kept.numbers.values_list("name", "value", "norm")
    for rule in kept.rules.prefetch_related("steps"):
        said.append(tuple(_plain(getattr(rule, field)) for field in RULE_FIELDS))
        said += [
            (rule.kind, rule.sectors, str(one.seq), one.phase, one.title, one.who, one.text)
            for one in rule.steps.all()
        ]
    return sorted(map(str, said))


def _plain(value: Any) -> str:
    """Write numbers and truths as the file writes them: 2.0 is 2, False is 0."""
    if isinstance(value, bool):
        return str(int(value))
    text = str(value)
    return text.removesuffix(".0")
