"""The ledger of benchmarking as a spreadsheet, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.spreadsheets.declaring import CHANGED, NEW, SAME, Column, Entry, Job, Row

from .. import actions
from ..models import BenchmarkProject, Exemplar, Pairing, Programme
from ..queries import names
from .common import READ_ONLY, LedSheet


class BenchmarkSheet(LedSheet):
    """One row for each project of a pairing; a row without a project is the pairing alone."""

    code = "benchmarks"
    title = gettext_lazy("对标项目台账")
    about = gettext_lazy("单位对标谁、项目的基线、标杆、目标和措施，成批导入到“对标改革”方案。")
    icon = "arrows-right-left"
    keys = (("programme", "org", "exemplar", "name"), ("programme", "org", "exemplar"))
    shown = ("org", "exemplar", "name")
    columns = (
        Column("programme", gettext_lazy("方案"), required=True, limit=80, width=20, example="滨城标杆"),
        Column("org", gettext_lazy("单位"), required=True, width=22, example="城市管理委"),
        Column("exemplar", gettext_lazy("标杆"), required=True, limit=40, width=18, aliases=("对标城市", "对标对象"), example="苏州工业园区"),
        Column("kind", gettext_lazy("标杆类型"), "choice", required=True, choices=Exemplar.Kind.choices, example="园区"),
        Column("name", gettext_lazy("对标项目"), limit=80, width=26, help=gettext_lazy("只登记对标关系时不填。"), example="审批提速"),
        Column("measure", gettext_lazy("指标"), limit=60, example="办理时长"),
        Column("unit", gettext_lazy("计量单位"), limit=12, example="天"),
        Column("less_is_better", gettext_lazy("越小越好"), "flag", example="是"),
        Column("baseline", gettext_lazy("基线值"), "money", example="20"),
        Column("theirs", gettext_lazy("标杆值"), "money", example="5"),
        Column("target", gettext_lazy("目标值"), "money", example="8"),
        Column("result", gettext_lazy("现值"), "money", help=READ_ONLY),
        Column("gap", gettext_lazy("差距和原因"), "lines", limit=500, width=26),
        Column("measures", gettext_lazy("改进措施"), "lines", limit=1000, width=30),
        Column("due_on", gettext_lazy("完成期限"), "date", example="2026-11-30"),
    )  # fmt: skip

    def check(self, row: Row) -> None:
        if not row.get("name"):
            return
        for name in ("measure", "baseline", "theirs", "target", "due_on"):
            if row.get(name) is None:
                row.refuse(name, _("有对标项目的行要填“%s”") % self.column(name).heading)

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = self.programmes(rows, job, "benchmark")
        orgs = self.orgs(rows, known, set())
        pairings = {
            (pair.programme_id, pair.org_id, pair.exemplar.name): pair
            for pair in Pairing.objects.filter(programme__in=known.values()).select_related(
                "exemplar"
            )
        }
        projects = {
            (one.pairing_id, one.name): one
            for one in BenchmarkProject.objects.filter(pairing__programme__in=known.values())
        }
        for row in rows:
            if row.problems:
                continue
            try:
                org = names.the_org(row.values["org"], orgs)
            except Refused as refusal:
                row.refuse("org", refusal.message)
                continue
            programme = known[row.values["programme"]]
            pair = pairings.get((programme.pk, org.pk, row.values["exemplar"]))
            row.plan = {"programme": programme, "org": org, "paired": pair is not None}
            self._judge(
                row, programme, pair, projects.get((pair.pk, row.get("name"))) if pair else None
            )

    def _judge(self, row: Row, programme: Programme, pair: Pairing | None, project: Any) -> None:
        if project is not None:
            self.compare(row, {name: getattr(project, name) for name in _PROJECT})
            if row.verdict == CHANGED:
                row.refuse("name", _("这个对标项目已登记，改动请在页面上记检查"))
            return
        if not row.get("name"):
            row.verdict = SAME if pair else NEW
            return
        base, goal, less = (
            row.values["baseline"],
            row.values["target"],
            bool(row.get("less_is_better")),
        )
        if (goal >= base) if less else (goal <= base):
            row.refuse("target", _("目标值应好于基线值"))
        elif not programme.start_on <= row.values["due_on"] <= programme.end_on:
            row.refuse("due_on", _("完成期限应在方案的起止日期之内"))
        else:
            row.verdict = row.verdict or NEW

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            pair = actions.pair(
                programme=row.plan["programme"], org=row.plan["org"], exemplar=row.values["exemplar"],
                kind=row.values["kind"], by=job.actor, at=job.at,
            )  # fmt: skip
            row.ref, row.before = f"p{pair.pk}", None
            row.after = {"pairing": None if row.plan["paired"] else pair.pk, "project": None}
            if row.get("name"):
                given = {name: row.get(name) for name in _PROJECT}
                for name in ("unit", "gap", "measures"):
                    given[name] = given[name] or ""
                given["less_is_better"] = bool(given["less_is_better"])
                made = actions.add_project(
                    pairing=pair, name=row.values["name"], by=job.actor, at=job.at, **given
                )
                row.ref, row.after["project"] = f"b{made.pk}", made.pk

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of projects that were checked or are gone."""
        wanted = [entry.after["project"] for entry in entries if entry.after["project"]]
        there = BenchmarkProject.objects.filter(pk__in=wanted, checks=None).values_list(
            "pk", flat=True
        )
        kept = set(there)
        return [e.line for e in entries if e.after["project"] and e.after["project"] not in kept]

    def undo(self, entries: list[Entry], job: Job) -> None:
        actions.take_back(
            pairings=[e.after["pairing"] for e in entries if e.after["pairing"]],
            projects=[e.after["project"] for e in entries if e.after["project"]],
            by=job.actor, at=job.at,
        )  # fmt: skip

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield every project the actor sees, then the pairings that have none."""
        rows = BenchmarkProject.objects.visible_to(actor).select_related(
            "pairing__programme", "pairing__org", "pairing__exemplar"
        )
        for one in rows.order_by("pairing__programme", "pk").iterator(500):
            yield _pair_facts(one.pairing) | {
                name: getattr(one, name) for name in (*_PROJECT, "name", "result")
            }
        alone = Pairing.objects.visible_to(actor).filter(projects=None)
        for pair in (
            alone.select_related("programme", "org", "exemplar").order_by("pk").iterator(500)
        ):
            yield _pair_facts(pair)


_PROJECT = (
    "measure",
    "unit",
    "less_is_better",
    "baseline",
    "theirs",
    "target",
    "gap",
    "measures",
    "due_on",
)


def _pair_facts(pair: Pairing) -> dict[str, Any]:
    return {
        "programme": pair.programme.name, "org": pair.org.name, "exemplar": pair.exemplar.name,
        "kind": pair.exemplar.kind,
    }  # fmt: skip
