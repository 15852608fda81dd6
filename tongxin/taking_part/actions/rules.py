"""Rules are loaded from the sample tables; an office loads its own version over them."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import posts_of

from ..models import Electorate, IndexFormula, MotionRule, PollRule, RaiserKind

DATA = Path(__file__).parent.parent / "data"
COLUMNS = (
    "code", "name", "electorate", "version", "effective_from", "quorum", "majority", "majority_of",
    "by_area", "may_be_secret", "proxy_most", "roll_days", "least_shown", "source",
)  # fmt: skip
YES = {"yes": True, "no": False, "是": True, "否": False}


class BadRule(Invalid):
    """A row of the table cannot be read."""


def _must_set(by: User | None) -> None:
    if by is not None and not by.is_superuser and not _is_officer(by):
        raise NotPermitted(_("议事规则由街镇（区）管理员装载。"))


def _is_officer(by: User) -> bool:
    return any(post.role == "officer" for post in posts_of(by))


@transaction.atomic
def load_rules(*, at: datetime, by: User | None, data: bytes = b"", file: str = "") -> int:
    """Load motion rules, poll rules and formulas; return how many are new. Twice changes nothing.

    Without `data` the sample tables are loaded; with it, a table of poll rules in the same columns.

    :raises BadRule: for a row that cannot be read
    :raises NotPermitted: unless `by` is an officer or the administrator
    """
    _must_set(by)
    if data:
        rows = _rows(data, file)
        if missing := [name for name in COLUMNS if rows and name not in rows[0][1]]:
            raise BadRule(_("缺少列：%s。") % "、".join(missing), remedy=_("请用样例表的列名。"))
        made = sum(_poll_rule(row, n) for n, row in rows)
    else:
        made = sum(_motion_rule(row, n) for n, row in _sample("motion_rules.csv"))
        made += sum(_poll_rule(row, n) for n, row in _sample("poll_rules.csv"))
        made += sum(_formula(row) for _n, row in _sample("formulas.csv"))
    if made:
        audit(actor=by, action="taking_part.rules", object=file or "sample", at=at)
    return made


def _rows(data: bytes, name: str) -> list[tuple[int, dict[str, Any]]]:
    return list(read_table(data, name=name).rows)


def _sample(name: str) -> list[tuple[int, dict[str, Any]]]:
    return _rows((DATA / name).read_bytes(), name)


def _motion_rule(row: dict[str, Any], line: int) -> int:
    raiser, version = str(row["raiser"]), str(row["version"])
    if raiser not in RaiserKind.values:
        raise BadRule(_("第 %d 行：没有“%s”这种提出人。") % (line, raiser[:20]))
    values = {name: int(row[name]) for name in ("supporters", "support_days", "answer_days", "discuss_days")}  # fmt: skip
    made = MotionRule.objects.get_or_create(
        raiser=raiser, version=version,
        defaults={**values, "effective_from": _day(row, line), "source": str(row["source"]), "is_sample": True},
    )  # fmt: skip
    return int(made[1])


def _day(row: dict[str, Any], line: int, column: str = "effective_from") -> date:
    value = row[column]
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadRule(_("第 %d 行：施行日期应写成 2026-01-01。") % line) from None


def _fraction(text: Any, line: int, name: str) -> tuple[int, int, bool]:
    """Read ">1/2" (more than) or ">=2/3" (at least)."""
    match = re.fullmatch(r"(>=?)\s*(\d{1,3})/(\d{1,3})", str(text).strip())
    if not match or not 0 < int(match[2]) <= int(match[3]):
        raise BadRule(
            _("第 %(line)d 行：%(name)s应写成 >1/2（过半数）或 >=2/3（三分之二以上）。")
            % {"line": line, "name": name}
        )
    return int(match[2]), int(match[3]), match[1] == ">"


def _text(row: dict[str, Any], line: int) -> dict[str, Any]:
    """Read which text of the law a rule rests on, and since when a newer one is in force; both optional."""
    newer = row.get("newer_from") or None
    return {
        "text_version": str(row.get("text_version") or "")[:40],
        "newer_from": _day(row, line, "newer_from") if newer else None,
        "newer_text": str(row.get("newer_text") or "")[:100],
    }


def _poll_rule(row: dict[str, Any], line: int) -> int:
    if row.get("electorate") not in Electorate.values:
        raise BadRule(_("第 %d 行：没有“%s”这种表决人。") % (line, str(row.get("electorate"))[:20]))
    quorum = _fraction(row["quorum"], line, _("参加人数"))
    majority = _fraction(row["majority"], line, _("通过票数"))
    text = _text(row, line)
    code, version = str(row["code"]), str(row["version"])
    # What is known of the text of the law is added to rules loaded before; figures never change.
    PollRule.objects.filter(code=code, version=version, text_version="").update(**text)
    made = PollRule.objects.get_or_create(
        code=code, version=version,
        defaults=text | {
            "name": clean_text(str(row["name"]), limit=60, field_label=_("名称"), required=True),
            "electorate": row["electorate"], "effective_from": _day(row, line),
            "quorum_num": quorum[0], "quorum_den": quorum[1], "quorum_strict": quorum[2],
            "majority_num": majority[0], "majority_den": majority[1], "majority_strict": majority[2],
            "majority_of": row["majority_of"], "by_area": YES.get(str(row["by_area"]), False),
            "may_be_secret": YES.get(str(row["may_be_secret"]), True),
            "proxy_most": int(row["proxy_most"]), "roll_days": int(row["roll_days"]),
            "least_shown": int(row["least_shown"]), "source": str(row["source"])[:200],
            "is_sample": YES.get(str(row.get("is_sample", "no")), False),
        },
    )  # fmt: skip
    return int(made[1])


def _formula(row: dict[str, Any]) -> int:
    pairs = (part.split("=") for part in str(row["weights"]).split())
    made = IndexFormula.objects.get_or_create(
        code=str(row["code"]), version=str(row["version"]),
        defaults={
            "name": str(row["name"]), "effective_from": _day(row, 0), "source": str(row["source"]),
            "weights": {code: int(weight) for code, weight in pairs}, "is_sample": True,
        },
    )  # fmt: skip
    return int(made[1])
