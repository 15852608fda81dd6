"""Co-building pacts and their tasks as a spreadsheet: what a community agreed with its units (S2.36)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.scope import READERS, REGISTRARS, keeps_register, posts_of
from tongxin.spreadsheets.declaring import CHANGED, NEW, Column, Entry, Job, Row, Sheet

from . import actions
from .models import Pact, PactTask, UnitReport
from .scope import at_desk, desk_paths

READ_ONLY = gettext_lazy("只供对照，导入时不看。")
SIGNED = {(0, 0): "未签字", (1, 0): "单位已签", (0, 1): "社区已签", (1, 1): "双方已签"}


class PactSheet(Sheet):
    """One row for each task of a pact, or for a pact without any; of either side of the actor."""

    code = "pacts"
    title = gettext_lazy("共建协议")
    about = gettext_lazy(
        "单位与社区的共建协议、任务和期限；一项任务一行。签字、完成情况在页面上办。"
    )
    icon = "file-text"
    keys = (
        ("task_no",),
        ("unit", "community", "title", "from_date", "task", "due_on"),
        ("unit", "community", "title", "from_date"),
    )
    shown = ("unit", "title", "task")
    columns = (
        Column("unit", gettext_lazy("单位党组织"), required=True, width=28, help=gettext_lazy("已报到的单位：全称，或组织代码。"), example="北塘电厂党委", aliases=("单位", "共建单位", "组织代码")),
        Column("community", gettext_lazy("报到社区"), required=True, width=18, help=gettext_lazy("社区（村）的名称或区划代码。"), example="松社区", aliases=("社区", "村社区")),
        Column("title", gettext_lazy("协议名称"), required=True, limit=80, width=24, example="2026 年共建协议", aliases=("协议",)),
        Column("text", gettext_lazy("约定内容"), "lines", limit=5000, width=40, help=gettext_lazy("新协议必填。有一方签字后不能改。"), example="一、共同开展主题党日。", aliases=("协议内容",)),
        Column("from_date", gettext_lazy("生效日期"), "date", required=True, example="2026-03-02", aliases=("签订日期", "开始日期")),
        Column("to_date", gettext_lazy("到期日期"), "date", required=True, example="2027-03-01", aliases=("截止日期", "终止日期")),
        Column("signed", gettext_lazy("签字"), limit=20, help=READ_ONLY),
        Column("task", gettext_lazy("任务"), limit=80, width=28, help=gettext_lazy("一项任务一行；没有任务可不填。"), example="每季度一次环境整治", aliases=("共建任务", "项目")),
        Column("due_on", gettext_lazy("完成期限"), "date", help=gettext_lazy("有任务就要填，在协议有效期内。"), example="2026-06-30", aliases=("期限", "完成时限")),
        Column("done_on", gettext_lazy("完成日期"), "date", help=READ_ONLY),
        Column("proof", gettext_lazy("完成情况"), "lines", limit=500, width=30, help=READ_ONLY),
        Column("task_no", gettext_lazy("任务编号"), "int", help=gettext_lazy("导出时自带，凭它改任务和期限；新任务不填。")),
    )  # fmt: skip

    def may(self, actor) -> bool:
        keeps = any(post.role in REGISTRARS and post.org_path for post in posts_of(actor))
        return keeps or bool(desk_paths(actor))

    def may_export(self, actor) -> bool:
        reads = any(post.role in READERS and post.org_path for post in posts_of(actor))
        return reads or bool(desk_paths(actor))

    def check(self, row: Row) -> None:
        if row.get("task") and not row.get("due_on"):
            row.refuse("due_on", _("有任务就要填完成期限"))
        if row.get("due_on") and not row.get("task"):
            row.refuse("task", _("填了完成期限，请写明任务"))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            report = known.report(row)
            if row.problems or report is None:
                continue
            try:
                self._judge(row, report, known)
            except Refused as refusal:
                field = refusal.field if refusal.field in self.by_name() else ""
                row.refuse(field, refusal.message)

    def _judge(self, row: Row, report: UnitReport, known: _Known) -> None:
        pact = known.pact(row, report)
        if row.problems or not known.agrees(row, report, pact):
            return
        task = known.task(row, pact) if pact else None
        current: dict[str, Any] = {}
        if pact is not None:
            current |= {"text": pact.text, "to_date": pact.to_date}
        if task is not None:
            current |= {"task": task.title, "due_on": task.due_on}
        self.compare(row, current)
        changed = {name for name, _old, _new in row.changes}
        self._check_pact(row, pact, changed, known.job)
        is_new_task = bool(row.get("task")) and task is None
        if is_new_task and pact is not None and pact.to_date < localdate(known.job.at):
            row.refuse("to_date", _("这份协议已于 %s 到期，请续签。") % pact.to_date)
        self._check_task(row, task, changed, is_new=is_new_task)
        if (pact is None or is_new_task) and not row.problems:
            row.verdict = NEW
        row.ref = task.pk if task else pact.pk if pact else None
        row.plan = (report, pact, task, changed)

    def _check_pact(self, row: Row, pact: Pact | None, changed: set[str], job: Job) -> None:
        """Refuse terms that no pact may have, and changes of what was signed, or is over."""
        first: Any = row.get("from_date")
        last: Any = row.get("to_date")
        if pact is None and not row.get("text"):
            row.refuse("text", _("新协议请填写约定内容"))
        if pact is not None and changed & {"text", "to_date"}:
            actions.check_amendable(pact)
        if pact is None or changed & {"text", "to_date"}:
            actions.check_term(first, last, job.at)

    def _check_task(
        self, row: Row, task: PactTask | None, changed: set[str], *, is_new: bool
    ) -> None:
        if task is not None and changed & {"task", "due_on"}:
            actions.check_amendable(task.pact, task)
        if is_new or "due_on" in changed:
            first: Any = row.get("from_date")
            actions.check_due(first, row.get("to_date"), row.get("due_on"))

    def apply(self, rows: list[Row], job: Job) -> None:
        drafted: dict[tuple, Pact] = {}
        given: Any = {"by": job.actor, "at": job.at}
        for row in rows:
            report, pact, task, changed = row.plan
            get: Any = row.get
            row.before = {
                "pact": actions.facts_of_pact(pact) if pact else None,
                "task": actions.facts_of_task(task) if task else None,
            }
            key = (report.pk, get("title"), get("from_date"))
            row.after = {"made_pact": False, "made_task": False}
            if pact is None and (pact := drafted.get(key)) is None:
                pact = drafted[key] = actions.draft_pact(
                    report=report, title=get("title"), text=get("text"),
                    from_date=get("from_date"), to_date=get("to_date"), **given,
                )  # fmt: skip
                row.after["made_pact"] = True
            elif changed & {"text", "to_date"} and row.verdict in (CHANGED, NEW):
                text = get("text") or pact.text
                actions.amend_pact(pact=pact, text=text, to_date=get("to_date"), **given)
            if get("task") and task is None:
                task = actions.add_task(pact=pact, title=get("task"), due_on=get("due_on"), **given)
                row.after["made_task"] = True
            elif task is not None and changed & {"task", "due_on"}:
                actions.amend_task(task=task, title=get("task"), due_on=get("due_on"), **given)
            row.ref = task.pk if task else pact.pk
            row.after |= {"pact": pact.pk, "task": task.pk if task else None}
        self._remember(rows)

    def _remember(self, rows: list[Row]) -> None:
        """Keep what everything said when all of the rows were written: several may be of one pact."""
        pacts = Pact.objects.in_bulk([row.after["pact"] for row in rows])
        tasks = PactTask.objects.in_bulk([row.after["task"] for row in rows if row.after["task"]])
        for row in rows:
            task = tasks.get(row.after["task"])
            row.after["pact_said"] = actions.facts_of_pact(pacts[row.after["pact"]])
            row.after["task_said"] = actions.facts_of_task(task) if task else None

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines whose pact or task was changed, signed, reported, or given more tasks."""
        pacts = Pact.objects.in_bulk([entry.after["pact"] for entry in entries])
        tasks = PactTask.objects.in_bulk([e.after["task"] for e in entries if e.after["task"]])
        found = []
        for entry in entries:
            pact, task = pacts.get(entry.after["pact"]), tasks.get(entry.after["task"])
            said = (
                actions.facts_of_pact(pact) if pact else None,
                actions.facts_of_task(task) if task else None,
            )
            if said != (entry.after["pact_said"], entry.after["task_said"]):
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        given: Any = {"by": job.actor, "at": job.at}
        for entry in entries:
            after, before = entry.after, entry.before
            pact = Pact.objects.get(pk=after["pact"])
            if after["made_task"]:
                actions.take_back_task(task=PactTask.objects.get(pk=after["task"]), **given)
            elif before["task"] and before["task"] != after["task_said"]:
                was = before["task"]
                task, due_on = (
                    PactTask.objects.get(pk=after["task"]),
                    date.fromisoformat(was["due_on"]),
                )
                actions.amend_task(task=task, title=was["title"], due_on=due_on, **given)
            if after["made_pact"]:
                actions.take_back_pact(pact=pact, **given)
            elif before["pact"] and before["pact"] != actions.facts_of_pact(pact):
                was = before["pact"]
                end = date.fromisoformat(was["to_date"])
                actions.amend_pact(pact=pact, text=was["text"], to_date=end, **given)

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the pacts of units that still report."""
        rows = Pact.objects.visible_to(actor).filter(report__state=UnitReport.State.CONFIRMED)
        related = rows.select_related("report__unit", "report__community").defer(
            "report__community__polygon"
        )
        tasks = Prefetch("tasks", PactTask.objects.order_by("due_on", "pk"))
        ordered = related.order_by("report__community__path", "report", "from_date", "pk")
        for one in ordered.prefetch_related(tasks).iterator(200):
            unit, place = one.report.unit, one.report.community
            facts = {name: getattr(one, name) for name in ("title", "text", "from_date", "to_date")}
            signed = (int(bool(one.unit_signed_at)), int(bool(one.community_signed_at)))
            facts |= {"unit": unit.code or unit.name, "community": place.code}
            facts["signed"] = SIGNED[signed]
            if not (tasks_of := list(one.tasks.all())):
                yield facts
            for task in tasks_of:
                yield facts | {
                    "task": task.title,
                    "due_on": task.due_on,
                    "done_on": task.done_on,
                    "proof": task.proof,
                    "task_no": task.pk,
                }


class _Known:
    """The reports, pacts and tasks that the rows of a block may mean, asked for all at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        self.job = job
        units, places = {row.get("unit") for row in rows}, {row.get("community") for row in rows}
        reports = (
            UnitReport.objects.visible_to(job.actor)
            .filter(state=UnitReport.State.CONFIRMED)
            .filter(Q(unit__name__in=units) | Q(unit__code__in=units - {"", None}))
            .filter(Q(community__name__in=places) | Q(community__code__in=places))
            .select_related("unit", "community")
            .defer("community__polygon")
        )
        self.reports: dict[tuple[str, str], list[UnitReport]] = {}
        for one in reports:
            for unit in {one.unit.name, one.unit.code} & units:
                for place in {one.community.name, one.community.code} & places:
                    self.reports.setdefault((unit, place), []).append(one)
        self.pacts: dict[tuple, list[Pact]] = {}
        mine = {one.pk for same in self.reports.values() for one in same}
        found = Pact.objects.filter(report__in=mine, title__in={row.get("title") for row in rows})
        for pact in found.order_by("pk"):
            self.pacts.setdefault((pact.report_id, pact.title, pact.from_date), []).append(pact)
        self.tasks: dict[int, list[PactTask]] = {}
        of_pacts = [pact.pk for same in self.pacts.values() for pact in same]
        for task in PactTask.objects.filter(pact__in=of_pacts).select_related("pact"):
            self.tasks.setdefault(task.pact_id, []).append(task)
        self.said: dict[tuple, Row] = {}

    def report(self, row: Row) -> UnitReport | None:
        """Return the report between the two sides a row names; refuse the row if there is none."""
        words = {"unit": row.get("unit"), "place": row.get("community")}
        found = self.reports.get((row.get("unit") or "", row.get("community") or ""), [])
        if len(found) > 1:
            row.refuse("unit", _("有 %d 个单位叫这个名称，请填组织代码") % len(found))
        elif not found:
            row.refuse(
                "unit", _("“%(unit)s”没有在“%(place)s”报到，或报到还没有确认，或不归您办") % words
            )
        return found[0] if len(found) == 1 else None

    def pact(self, row: Row, report: UnitReport) -> Pact | None:
        found = self.pacts.get((report.pk, row.get("title"), row.get("from_date")), [])
        if (number := row.get("task_no")) is not None:
            numbers = {one.pk: [task.pk for task in self.tasks.get(one.pk, [])] for one in found}
            found = [one for one in found if number in numbers[one.pk]]
            if not found:
                row.refuse("task_no", _("这份协议里没有编号 %d 的任务；新任务不填编号") % number)
        if len(found) > 1:
            row.refuse("title", _("有 %d 份同名、同日生效的协议，请在页面上办理") % len(found))
        return found[0] if found else None

    def task(self, row: Row, pact: Pact) -> PactTask | None:
        tasks = self.tasks.get(pact.pk, [])
        if (number := row.get("task_no")) is not None:
            return next((one for one in tasks if one.pk == number), None)
        said = (row.get("task"), row.get("due_on"))
        return next((one for one in tasks if (one.title, one.due_on) == said), None)

    def agrees(self, row: Row, report: UnitReport, pact: Pact | None) -> bool:
        """Refuse rows that say different terms of one pact, and what is not the actor's to write."""
        first = self.said.setdefault((report.pk, row.get("title"), row.get("from_date")), row)
        for name in ("text", "to_date"):
            if row.get(name) and first.get(name) and row.get(name) != first.get(name):
                row.refuse(name, _("与第 %d 行是同一份协议，写的却不同") % first.line)
        if pact is None and not row.get("text") and first.get("text"):
            row.values["text"] = first.get("text")
        actor = self.job.actor
        is_side = at_desk(actor, report.community.path) or keeps_register(actor, report.unit.path)
        if not is_side and (pact is None or self._differs(row, pact)):
            row.refuse("unit", _("只能由协议的一方办理。"))
        return not row.problems

    def _differs(self, row: Row, pact: Pact) -> bool:
        task = self.task(row, pact)
        terms = (row.get("text") or pact.text, row.get("to_date")) != (pact.text, pact.to_date)
        said = (row.get("task"), row.get("due_on"))
        return terms or (said != (task.title, task.due_on) if task else bool(said[0]))


SHEETS = (PactSheet(),)
