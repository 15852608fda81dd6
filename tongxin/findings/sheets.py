"""The ledger as a spreadsheet, in the form inspectors know; a ledger of elsewhere comes in by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import Land, get_land, place_name, region_of, world
from tongxin.spreadsheets.declaring import (
    CHANGED,
    NEW,
    SAME,
    Column,
    Entry,
    Job,
    Narrowed,
    Row,
    Sheet,
)

from . import actions, queries
from .models import Finding, FindingKind
from .queries import OVERSEERS

DUTIES = {
    "主体责任": "main", "监管责任": "regulator", "属地责任": "territory",
    "主体": "main", "监管": "regulator", "属地": "territory",
}  # fmt: skip
FACTS = ("measures", "deadline", "result", "rechecked_by", "closed_on")
READ_ONLY = gettext_lazy("只供对照，导入时不看。")
OVERLOOKING = frozenset({"officer", "leader", "inspector"})
BLOCK = 500


class LedgerSheet(Sheet):
    """One row for each finding. What is dealt with here leaves by it and is not changed by it."""

    code = "findings"
    title = gettext_lazy("问题整改台账")
    about = gettext_lazy(
        "监督检查问题台账：已有的线下台账可以成批导入并编号，在办问题可以按筛选导出。"
    )
    icon = "clipboard-list"
    keys = (("number",), ("region", "site", "text", "found_on"), ("region", "text", "found_on"))
    shown = ("number", "site", "text")
    filters = queries.FILTERS
    columns = (
        Column("line", gettext_lazy("序号"), "int", help=READ_ONLY),
        Column("number", gettext_lazy("编号"), limit=16, width=12, help=gettext_lazy("导出时自带，凭它补充整改情况；新问题不填，导入时编号。"), aliases=("台账编号", "问题编号")),
        Column("region", gettext_lazy("区域"), required=True, width=18, help=gettext_lazy("街镇、社区（村）的名称或区划代码。"), example="松社区", aliases=("所在区域", "街镇", "社区", "村社区")),
        Column("site", gettext_lazy("点位"), limit=120, width=20, example="3号楼", aliases=("检查点位", "地点")),
        Column("text", gettext_lazy("问题"), "lines", required=True, limit=2000, width=40, example="消防通道堆放杂物", aliases=("存在问题", "问题描述")),
        Column("kind", gettext_lazy("类别"), limit=40, width=14, help=gettext_lazy("问题类别的名称或代码。"), example="消防通道堵塞", aliases=("问题类别",)),
        Column("units", gettext_lazy("责任单位"), "words", limit=400, width=26, help=gettext_lazy("几个单位用顿号隔开。"), example="城市管理委、水务局"),
        Column("duties", gettext_lazy("责任类型"), "words", limit=100, width=20, help=gettext_lazy("主体责任、监管责任、属地责任，与责任单位的顺序一致；不填为主体责任。"), example="主体责任、监管责任"),
        Column("found_by", gettext_lazy("发现人"), limit=40, example="沈明", aliases=("检查人",)),
        Column("found_on", gettext_lazy("时间"), "date", required=True, example="2026-03-02", aliases=("发现时间", "检查时间", "发现日期")),
        Column("measures", gettext_lazy("整改措施"), "lines", limit=2000, width=36, example="增加一人每日清理"),
        Column("deadline", gettext_lazy("时限"), "date", example="2026-03-12", aliases=("整改时限", "完成时限")),
        Column("result", gettext_lazy("完成情况"), "lines", limit=2000, width=36, example="已清理完毕", aliases=("整改情况",)),
        Column("rechecked_by", gettext_lazy("复查人"), limit=40, example="高峰"),
        Column("closed_on", gettext_lazy("销号日期"), "date", example="2026-03-10", aliases=("销号时间",)),
        Column("state", gettext_lazy("状态"), limit=20, help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in OVERSEERS for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in OVERLOOKING for post in posts_of(actor))

    def check(self, row: Row) -> None:
        units, duties = row.get("units") or [], row.get("duties") or []
        if bad := [word for word in duties if word not in DUTIES]:
            row.refuse("duties", _("责任类型写主体责任、监管责任、属地责任，“%s”不在其中") % bad[0])
        elif len(duties) > 1 and len(duties) != len(units):
            row.refuse("duties", _("责任类型要与责任单位一一对应"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            if not row.problems:
                self._prepare(row, known, job)

    def _prepare(self, row: Row, known: _Known, job: Job) -> None:
        land, finding = known.land(row), known.finding(row)
        if row.problems:
            return
        today = localdate(job.at)
        try:
            actions.check_days(row.values["found_on"], row.get("closed_on"), today)
        except Refused as refusal:
            row.refuse(refusal.field or "", refusal.message)
            return
        if finding is None:
            kind = known.kind(row)
            row.verdict = row.verdict or NEW
            row.plan = {"land": land, "kind": kind, "units": known.units(row)}
            return
        facts = facts_of(finding)
        self.compare(row, facts)
        row.ref = str(finding.pk)
        if row.verdict == CHANGED and (finding.source_kind != "import" or finding.case_id):
            row.refuse("", _("%s 在系统内办理，请在页面上操作") % finding.number)
        row.plan = finding
        row.before = {name: str(value) if value else None for name, value in facts.items()}

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            if isinstance(row.plan, Finding):
                known = facts_of(row.plan)
                facts = known | {name: row.get(name) for name in FACTS if name in row.values}
                actions.amend_brought_in(row.plan, facts=facts, at=job.at, by=job.actor)
                finding = row.plan
            else:
                finding = self._bring_in(row, job)
                row.before = None
            finding.refresh_from_db()
            row.ref = str(finding.pk)
            row.after = {name: str(v) if v else None for name, v in facts_of(finding).items()}

    def _bring_in(self, row: Row, job: Job) -> Finding:
        return actions.bring_in_finding(
            region=region_of(row.plan["land"]), text=row.values["text"],
            kind=row.plan["kind"], site=row.get("site") or "", units=row.plan["units"],
            found_on=row.values["found_on"], found_by=row.get("found_by") or "",
            facts={name: row.get(name) for name in FACTS}, at=job.at, by=job.actor,
            source=job.source,
        )  # fmt: skip

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines dealt with here since, or put right by another sheet."""
        rows = Finding.objects.in_bulk([UUID(entry.ref) for entry in entries])
        found = []
        for entry in entries:
            row = rows[UUID(entry.ref)]
            now_says = {name: str(v) if v else None for name, v in facts_of(row).items()}
            if row.case_id or now_says != entry.after or row.step in ("void", "corrected"):
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Void what came in, put back what was changed."""
        actions.take_back_brought_in(
            made=[UUID(entry.ref) for entry in entries if entry.before is None],
            restored={UUID(e.ref): _read(e.before) for e in entries if e.before is not None},
            at=job.at, by=job.actor,
        )  # fmt: skip

    def export(
        self, actor, *, whole: bool, narrowed: Narrowed | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the ledger in the order of the register; who found it for those who may know."""
        rows = Finding.objects.overseen_by(actor)
        if narrowed is not None:
            asked = queries.asked_of(narrowed.words)
            rows = queries.with_late(queries.narrowed(rows, asked), narrowed.on)
            rows = queries.of_step(rows, asked.step)
        ordered = queries.ready(rows).order_by("year", "n", "pk")
        for line, one in enumerate(ordered.iterator(BLOCK), 1):
            units = list(one.units.all())
            yield facts_of(one) | {
                "line": line,
                "number": one.number,
                "region": place_name(one.area),
                "site": one.site,
                "text": one.text,
                "kind": one.kind.name if one.kind else "",
                "units": [unit.name for unit in units],
                "duties": [str(unit.get_responsibility_display()) for unit in units],
                "found_by": queries.finder_of(one, actor),
                "found_on": localdate(one.found_at),
                "state": queries.state_of(one)[1],
            }


def facts_of(finding: Finding) -> dict[str, Any]:
    """Return how a finding was put right, by the columns of the sheet."""
    return {
        "measures": finding.measures,
        "deadline": finding.deadline,
        "result": finding.result,
        "rechecked_by": finding.rechecked_by_name,
        "closed_on": localtime(finding.closed_at).date() if finding.closed_at else None,
    }


def _read(facts: dict[str, Any]) -> dict[str, Any]:
    days = {
        name: date.fromisoformat(facts[name]) if facts.get(name) else None
        for name in ("deadline", "closed_on")
    }
    return facts | days


class _Known:
    """The land, kinds, units and findings that the rows of a block may mean."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        self.paths = [post.path for post in posts_of(job.actor) if post.role in OVERSEERS]
        self.lands: dict[str, list[Land]] = {}
        asked = {row.get("region") for row in rows}
        for land in world().lands:
            for word in {land.code, land.name, land.short_name, place_name(land.path)} & asked:
                if any(land.path.startswith(path) for path in self.paths):
                    self.lands.setdefault(word, []).append(land)
        kinds = FindingKind.objects.filter(effective_to__isnull=True)
        self.kinds = {word: kind.code for kind in kinds for word in (kind.code, kind.name)}
        names = {name for row in rows for name in row.get("units") or []}
        orgs = Org.objects.public().filter(name__in=names).order_by("-pk")
        self.orgs = {org.name: org for org in orgs}
        numbers = {row.get("number") for row in rows} - {None}
        found = Finding.objects.overseen_by(job.actor).filter(
            Q(number__in=numbers) | Q(text__in={row.get("text") for row in rows})
        )
        self.findings = list(found.exclude(step=Finding.Step.VOID).order_by("pk"))

    def land(self, row: Row) -> Land | None:
        found = self.lands.get(row.values["region"], [])
        if not found:
            row.refuse("region", _("没有找到您管辖的“%s”，请填区划代码") % row.values["region"])
        elif len({one.id for one in found}) > 1:
            row.refuse("region", _("有不止一个“%s”，请填区划代码") % row.values["region"])
        else:
            return get_land(found[0].id)
        return None

    def kind(self, row: Row) -> str:
        word = row.get("kind") or ""
        if word and word not in self.kinds:
            row.refuse("kind", _("没有“%s”这个问题类别") % word)
        return self.kinds.get(word, "")

    def units(self, row: Row) -> list[tuple[Org | None, str, str]]:
        names, duties = row.get("units") or [], row.get("duties") or ["主体责任"]
        if len(duties) == 1:
            duties = duties * len(names)
        return [
            (self.orgs.get(name), name, DUTIES[duty])
            for name, duty in zip(names, duties, strict=True)
        ]

    def finding(self, row: Row) -> Finding | None:
        """Return the finding a row means: by its number, or by place, day and words."""
        number = row.get("number")
        if number:
            found = [one for one in self.findings if one.number == number]
            if not found:
                row.refuse("number", _("台账里没有编号 %s；新问题不填编号") % number)
            return found[0] if len(found) == 1 else None
        lands = {one.path for one in self.lands.get(row.values["region"], [])}
        said = ((row.get("site") or ""), row.values["text"], row.values["found_on"])
        return next(
            (
                one
                for one in self.findings
                if one.area in lands and (one.site, one.text, localdate(one.found_at)) == said
            ),
            None,
        )


SHEETS = (LedgerSheet(),)
