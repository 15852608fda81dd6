"""The report of an operation as text, figures and tables, computed from what was recorded (S0.61-S0.86)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from ..models import Operation, SiteKind
from .figures import (
    Figure,
    StreetLine,
    TeamLine,
    common_findings,
    counts_of,
    figures_of,
    streets_of,
    teams_of,
)

MOST_COMMON = 5


def report_of(operation: Operation) -> dict[str, Any]:
    """Return {"title", "figures": {code: {...}}, "paragraphs": [(heading, text)], "tables": [...]} as JSON."""
    counts = counts_of(operation)
    figures = {one.code: one for one in figures_of(operation, counts)}
    kinds, streets = streets_of(operation, counts)
    common = common_findings(counts)
    return {
        "title": _("%s情况的报告") % operation.name,
        "figures": {
            code: {
                "label": str(one.label), "value": one.value, "total": one.total,
                "definition": str(one.definition),
            }
            for code, one in figures.items()
        },
        "paragraphs": [
            (_("基本情况"), _begin(operation, figures)),
            (_("发现问题"), _found(figures, common, streets)),
            (_("共性问题"), _common(common)),
            (_("意见建议"), _advice(figures, common)),
        ],
        "tables": [_team_table(teams_of(operation, counts)), _street_table(kinds, streets)],
    }  # fmt: skip


def _begin(operation: Operation, figures: dict[str, Figure]) -> str:
    words = {
        "org": operation.org.name,
        "first": _day(operation.starts_on),
        "last": _day(operation.ends_on),
        "name": operation.name,
        "teams": figures["teams"].value,
        "groups": figures["dispatches"].value,
        "people": figures["person_times"].value,
        "sites": figures["visits"].value,
    }
    text = (
        _(
            "%(first)s至%(last)s，%(org)s开展%(name)s，组建%(teams)d个监督组，出动%(groups)d组%(people)d人次，"
            "监督检查%(sites)d个点位。"
        )
        % words
    )
    if figures["class_led"].value:
        text += _("其中%d个监督组由班子成员带队。") % figures["class_led"].value
    reached = [
        _("%(label)s %(n)d/%(total)d") % {"label": one.label, "n": one.value, "total": one.total}
        for code, one in figures.items()
        if code.startswith("covered_")
    ]
    if reached:
        text += "、".join(reached) + "。"
    if figures["weekend"].value:
        text += _("周末暗访%d个村和社区。") % figures["weekend"].value
    return text


def _found(
    figures: dict[str, Figure], common: list[tuple[str, int]], streets: list[StreetLine]
) -> str:
    n = figures["findings"].value
    if not n:
        return _("没有登记问题。")
    text = _("发现问题%(n)d个，每百个点位%(rate)s个；现场纠正%(spot)d个，已纠正或销号%(settled)d个。") % {
        "n": n,
        "rate": figures["per_hundred"].value,
        "spot": figures["on_the_spot"].value,
        "settled": figures["settled"].value,
    }  # fmt: skip
    where = sorted((one for one in streets if one.findings), key=lambda one: -one.findings)[:3]
    if where:
        text += _("问题较多的街镇：%s。") % "、".join(
            _("%(name)s（%(n)d个）") % {"name": one.name, "n": one.findings} for one in where
        )
    if common:
        text += _("按类别：%s。") % "、".join(
            _("%(name)s（%(n)d个）") % {"name": name, "n": n} for name, n in common[:MOST_COMMON]
        )
    return text


def _common(common: list[tuple[str, int]]) -> str:
    if not common:
        return _("没有发现两处以上的同类问题。")
    lines = [
        _("%(k)d. %(name)s，在%(n)d处发现。") % {"k": k, "name": name, "n": n}
        for k, (name, n) in enumerate(common[:MOST_COMMON], start=1)
    ]
    return "\n".join(lines)


def _advice(figures: dict[str, Figure], common: list[tuple[str, int]]) -> str:
    left = int(figures["findings"].value or 0) - int(figures["settled"].value or 0)
    lines = []
    if left:
        lines.append(_("对尚未销号的%d个问题，按整改时限逐项督办，复查后销号。") % left)
    if common:
        lines.append(
            _("对“%s”等共性问题，向主管部门发出建议书或提示函，举一反三、全面自查。") % common[0][0]
        )
    missing = [
        one
        for code, one in figures.items()
        if code.startswith("covered_") and one.total != one.value
    ]
    for one in missing:
        lines.append(
            _("%(label)s还有%(n)d个未到，列入下一次监督。")
            % {"label": one.label, "n": (one.total or 0) - int(one.value or 0)}
        )
    if not lines:
        lines.append(_("继续保持，按期回头看。"))
    return "\n".join(f"{k}. {line}" for k, line in enumerate(lines, start=1))


def _team_table(teams: list[TeamLine]) -> dict[str, Any]:
    return {
        "title": _("各监督组情况"),
        "words": 2,  # leading columns that hold words, not figures
        "columns": [_("监督组"), _("带队"), _("组次"), _("人次"), _("点位"), _("问题")],
        "rows": [
            [
                one.team.name,
                f"{one.team.leader.name} {one.team.leader_title}".strip(),
                one.dispatches, one.people, one.visits, one.findings,
            ]
            for one in teams
        ],
    }  # fmt: skip


def _street_table(kinds: list[str], streets: list[StreetLine]) -> dict[str, Any]:
    labels = [str(SiteKind(kind).label) for kind in kinds]
    return {
        "title": _("各街镇情况"),
        "words": 1,
        "columns": [_("街镇"), *labels, _("点位"), _("问题")],
        "rows": [
            [one.name, *(one.cells[kind] for kind in kinds), one.visits, one.findings]
            for one in streets
        ],
    }


def _day(on) -> str:
    return _("%(year)d年%(month)d月%(day)d日") % {
        "year": on.year, "month": on.month, "day": on.day,
    }  # fmt: skip


def body_of(report: dict[str, Any]) -> str:
    """Return a report as the body of a document: headings by "# ", tables as lines."""
    parts = []
    for heading, text in report["paragraphs"]:
        parts += [f"# {heading}", text]
    for table in report["tables"]:
        if table["rows"]:
            parts.append(f"# {table['title']}")
            parts += [_line(table["columns"], row) for row in table["rows"]]
    return "\n\n".join(parts)


def _line(columns: list[str], row: list[Any]) -> str:
    first, *others = (str(cell) for cell in row)
    facts = [f"{name} {cell}" for name, cell in zip(columns[1:], others, strict=True) if cell]
    return f"{first}：{'，'.join(facts)}。"
