"""Assessments as a spreadsheet: every item of a branch out, the verdicts people reached in (S4.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.orgs.models import Org
from tongxin.orgs.queries import kept_units
from tongxin.orgs.scope import REGISTRARS, keeps_register, posts_of
from tongxin.spreadsheets.declaring import CHANGED, SAME, Column, Entry, Job, Row, Sheet

from . import actions
from .models import Assessment, AssessmentItem, Ruling, Verdict

RULED = tuple((one.value, one.label) for one in (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_ASKED))
BLOCK = 500


class RulingSheet(Sheet):
    """One row for each item of the assessments below the units whose registers the actor keeps."""

    code = "standard-rulings"
    title = gettext_lazy("标准化考核核查")
    about = gettext_lazy("先导出本年的考核条目，线下核查后填结论和佐证，再导入。")
    icon = "ruler-measure"
    keys = (("unit", "year", "item"),)
    shown = ("unit", "item")
    columns = (
        Column("unit", gettext_lazy("党支部"), required=True, width=30, help=gettext_lazy("全称，或组织代码。"), example="松社区第一党支部", aliases=("党组织名称", "组织代码")),
        Column("year", gettext_lazy("年度"), "int", required=True, example="2026"),
        Column("item", gettext_lazy("条目代码"), "text", required=True, limit=20, width=12, help=gettext_lazy("“标准”页上每条前面的代码。"), example="S1"),
        Column("title", gettext_lazy("条目"), limit=120, width=40, help=gettext_lazy("只供对照，导入时不看。")),
        Column("computed", gettext_lazy("系统核算"), limit=20, help=gettext_lazy("只供对照，导入时不看。")),
        Column("verdict", gettext_lazy("结论"), "choice", choices=RULED, required=True, help=gettext_lazy("从下拉列表中选。"), example="达标", aliases=("核查结论",)),
        Column("reason", gettext_lazy("理由和佐证"), limit=300, width=40, example="现场查看，照片存档", aliases=("佐证", "理由")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))

    def check(self, row: Row) -> None:
        year = row.get("year")
        if year is not None and not 2000 <= year <= 2100:
            row.refuse("year", _("年度写成 2026 这样"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        units = self._units(rows)
        years = {row.get("year") for row in rows}
        found = AssessmentItem.objects.filter(
            assessment__unit__in=[unit.pk for same in units.values() for unit in same],
            assessment__year__in=years - {None},
        ).select_related("item", "assessment__unit__parent")
        known = {(one.assessment.unit_id, one.assessment.year, one.item.code): one for one in found}
        reasons = dict(
            Ruling.objects.filter(row__in=list(known.values()), withdrawn_at=None)
            .order_by("pk")
            .values_list("row_id", "reason")
        )
        for row in rows:
            if not row.problems:
                self._prepare(row, units, known, reasons, job)

    def _units(self, rows: list[Row]) -> dict[str, list[Org]]:
        words = {row.get("unit") for row in rows} - {None}
        found: dict[str, list[Org]] = {}
        standing = Org.objects.units()
        for unit in [*standing.filter(name__in=words), *standing.filter(code__in=words)]:
            for word in {unit.name, unit.code} & words:
                found.setdefault(word, []).append(unit)
        return found

    def _prepare(self, row: Row, units: Any, known: Any, reasons: Any, job: Job) -> None:
        mine = [
            one for one in units.get(row.get("unit"), []) if keeps_register(job.actor, one.path)
        ]
        if len(mine) != 1:
            row.refuse(
                "unit", _("没有找到您负责的“%s”，或不止一个，请填组织代码") % row.get("unit")
            )
            return
        one = known.get((mine[0].pk, row.get("year"), row.get("item")))
        if one is None:
            row.refuse("item", _("这个年度的考核里没有这一条，请先核算"))
            return
        if one.assessment.passed is not None:
            row.refuse("unit", _("考核已经确认，请先重新打开"))
            return
        said = {"verdict": row.get("verdict"), "reason": row.get("reason")}
        now_says = {"verdict": one.verdict or None, "reason": reasons.get(one.pk)}
        if not said["reason"] and said["verdict"] != now_says["verdict"]:
            row.refuse("reason", _("请写明理由和佐证"))
            return
        self.compare(row, {"verdict": one.verdict, "reason": reasons.get(one.pk)})
        if not said["reason"] or said == now_says:
            row.verdict, row.changes = SAME, []
        row.ref, row.plan = one.pk, one
        if row.verdict == CHANGED:
            row.before = {"verdict": one.verdict}

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            made = actions.rule_item(
                row=row.plan, verdict=row.get("verdict"), reason=row.get("reason"), by=job.actor,
                at=job.at,
            )  # fmt: skip
            row.after = {"ruling": made.pk}

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose item was ruled again, or whose assessment was confirmed."""
        rows = AssessmentItem.objects.in_bulk([entry.ref for entry in entries])
        last = dict(
            Ruling.objects.filter(row__in=rows, withdrawn_at=None)
            .order_by("pk")
            .values_list("row_id", "pk")
        )
        closed = set(
            Assessment.objects.filter(items__in=rows, passed__isnull=False).values_list(
                "items__pk", flat=True
            )
        )
        return [
            entry.line
            for entry in entries
            if last.get(entry.ref) != entry.after["ruling"] or entry.ref in closed
        ]

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take rulings back, last first; what counted before counts again."""
        actions.take_back_rulings(
            rulings=[entry.after["ruling"] for entry in entries], by=job.actor, at=job.at
        )

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the items of the last two years there are."""
        units = kept_units(actor).values("pk")
        mine = Assessment.objects.filter(unit__in=units).order_by("-year")
        years = list(mine.values_list("year", flat=True).distinct()[:2])
        rows = AssessmentItem.objects.filter(
            assessment__unit__in=units, assessment__year__in=years
        ).select_related("item", "assessment__unit")
        standing = Prefetch("rulings", Ruling.objects.filter(withdrawn_at=None).order_by("pk"))
        rows = rows.prefetch_related(standing)
        labels = dict(Verdict.choices)
        for one in rows.order_by("assessment_id", "item__order").iterator(BLOCK):
            last = next(reversed(one.rulings.all()), None)
            yield {
                "unit": one.assessment.unit.code or one.assessment.unit.name,
                "year": one.assessment.year,
                "item": one.item.code,
                "title": one.item.title,
                "computed": str(labels[one.computed]),
                "verdict": one.verdict,
                "reason": last.reason if last else "",
            }


SHEETS = (RulingSheet(),)
