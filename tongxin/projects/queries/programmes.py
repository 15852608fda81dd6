"""How far programmes and their tasks are: tree, board, bars of time, and why a task is at risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ..models import Node, Programme, Task, TaskPart

CLOSED, VOID = "closed", "void"


@dataclass(frozen=True)
class Standing:
    """Where a task stands on a day, as one word, and why in a sentence."""

    state: str  # draft, waiting, ok, risk, late, verify, done, void
    why: str

    @property
    def tone(self) -> str:
        return {"draft": "idle", "waiting": "waiting", "ok": "working", "risk": "waiting",
                "late": "late", "verify": "verify", "done": "done", "void": "idle"}[self.state]  # fmt: skip

    @property
    def label(self) -> str:
        return {"draft": _("未下达"), "waiting": _("待签收"), "ok": _("按期推进"), "risk": _("有风险"),
                "late": _("已逾期"), "verify": _("待验收"), "done": _("已完成"), "void": _("已撤销")}[self.state]  # fmt: skip


def elapsed(task: Task, today: date) -> int:
    """Return the share of a task's time that is used up, in percent."""
    days = (task.due_on - task.start_on).days + 1
    used = (today - task.start_on).days + 1
    return max(0, min(100, round(100 * used / days)))


def standing_of(task: Task, today: date) -> Standing:
    """Return where a task stands; needs its case and programme at hand."""
    case = task.case
    if case is None:
        return Standing("draft", _("还没有下达。"))
    if case.step == VOID:
        return Standing("void", _("任务已撤销。"))
    if case.step == CLOSED:
        return Standing("done", _("已验收完成。"))
    if task.due_on < today:
        days = (today - task.due_on).days
        return Standing("late", _("期限 %(due)s，已逾期 %(days)d 天。") % {"due": task.due_on, "days": days})  # fmt: skip
    if case.step == "done":
        return Standing("verify", _("责任单位已报请验收。"))
    if case.step in ("given", "returned"):
        return Standing("waiting", _("责任单位还没有签收。") if case.step == "given" else _("任务被退回，等待改派。"))  # fmt: skip
    used, gap = elapsed(task, today), task.programme.risk_gap
    if used - task.percent >= gap:
        words = {"used": used, "percent": task.percent, "gap": gap}
        return Standing("risk", _("时间已过 %(used)d%%，进度 %(percent)d%%，落后超过 %(gap)d 个百分点。") % words)  # fmt: skip
    words = {"used": used, "percent": task.percent}
    return Standing("ok", _("时间已过 %(used)d%%，进度 %(percent)d%%。") % words)


def ready(rows: QuerySet[Task]) -> QuerySet[Task]:
    return rows.select_related("programme__region", "case", "org", "owner", "item__parent")


@dataclass
class Tally:
    """Tasks of a branch of a programme, by where they stand, and their mean progress."""

    total: int = 0
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    points: int = 0

    def add(self, task: Task, standing: Standing) -> None:
        if standing.state == "void":
            return
        self.total += 1
        self.states[standing.state] += 1
        self.points += 100 if standing.state == "done" else task.percent

    @property
    def percent(self) -> int:
        return round(self.points / self.total) if self.total else 0

    @property
    def done(self) -> int:
        return self.states["done"]

    @property
    def late(self) -> int:
        return self.states["late"]

    @property
    def risk(self) -> int:
        return self.states["risk"]


@dataclass
class Row:
    """A task with its standing, as lists show it."""

    task: Task
    standing: Standing


@dataclass
class Branch:
    """A node of the breakdown with its items and tasks and what they come to."""

    node: Node | None
    tally: Tally = field(default_factory=Tally)
    items: list[Branch] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    serving: list[Branch] = field(default_factory=list)  # of a section: aspects of other programmes


@dataclass
class Tree:
    """A programme whole: sections or aspects, items, tasks."""

    tally: Tally
    branches: list[Branch]
    counts: tuple[int, int, int]  # aspects, items, tasks


def tree_of(programme: Programme, tasks: Iterable[Task], today: date) -> Tree:
    """Return a programme's breakdown with the tasks a reader sees. One query beside them."""
    nodes = list(programme.nodes.select_related("serves").order_by("n"))
    branches = {one.pk: Branch(one) for one in nodes}
    loose, whole = Branch(None), Tally()
    top = [branches[one.pk] for one in nodes if one.parent_id is None]
    for one in nodes:
        if one.parent_id is not None:
            branches[one.parent_id].items.append(branches[one.pk])
    n = 0
    for task in sorted(tasks, key=lambda one: one.n):
        row = Row(task, standing_of(task, today))
        branch = branches.get(task.item_id or 0, loose)
        branch.rows.append(row)
        above = branches.get(branch.node.parent_id or 0) if branch.node else None
        for tally in (whole, branch.tally, *((above.tally,) if above else ())):
            tally.add(task, row.standing)
        n += 1
    if loose.rows:
        top.append(loose)
    aspects = sum(1 for one in nodes if one.kind == Node.Kind.ASPECT)
    items = sum(1 for one in nodes if one.kind == Node.Kind.ITEM)
    return Tree(whole, top, (aspects, items, n))


def add_serving(tree: Tree, frame: Programme, tasks: QuerySet[Task], today: date) -> None:
    """Give each section of a frame the aspects that serve it, with their progress (S4.45). Two queries.

    `tasks` are those a reader sees; aspects of programmes they know nothing of are not told.
    """
    sections = {branch.node.pk: branch for branch in tree.branches if branch.node}
    rows = Node.objects.filter(serves__programme=frame).exclude(programme__state="draft")
    aspects = {
        one.pk: Branch(one)
        for one in rows.select_related("programme").order_by("programme", "n")
    }  # fmt: skip
    under = ready(tasks).filter(item__parent__in=list(aspects))
    for task in under:
        if task.item is not None:
            aspects[task.item.parent_id or 0].tally.add(task, standing_of(task, today))
    for branch in aspects.values():
        if branch.node is not None and branch.node.serves_id in sections:
            sections[branch.node.serves_id].serving.append(branch)


COLUMNS = ("waiting", "ok", "risk", "late", "verify", "done")


def board_of(tasks: Iterable[Task], today: date) -> list[tuple[Standing, list[Row]]]:
    """Return tasks in the columns of a board, each by its day."""
    columns: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for task in tasks:
        row = Row(task, standing_of(task, today))
        if row.standing.state in columns:
            columns[row.standing.state].append(row)
    return [
        (Standing(name, ""), sorted(rows, key=lambda row: (row.task.due_on, row.task.n)))
        for name, rows in columns.items()
    ]


@dataclass(frozen=True)
class Bar:
    """A bar of a chart of time, in days from its left edge; `kind` is plan, done, late or stage."""

    x: int
    width: int
    kind: str
    title: str


@dataclass
class Line:
    """One line of the chart: a heading of a branch, or a task with its bars."""

    label: str
    y: int
    row: Row | None = None
    bars: list[Bar] = field(default_factory=list)


@dataclass
class Gantt:
    lines: list[Line]
    months: list[tuple[int, str]]
    width: int
    height: int
    today: int | None


LABEL, SCALE, HIGH, HEAD = 300, 900, 22, 30
NARROW = 36  # two months nearer than this would be written over each other


def gantt_of(tree: Tree, start_on: date, end_on: date, today: date) -> Gantt:
    """Return the breakdown as bars of time, in user units of an SVG: labels left, months above."""
    days = max((end_on - start_on).days + 1, 1)

    def at(day: date) -> int:
        share = (day - start_on).days / days
        return LABEL + round(SCALE * max(0.0, min(1.0, share)))

    lines: list[Line] = []
    for branch in tree.branches:
        for part in (branch, *branch.items):
            if part.node is not None and (part.rows or part.items):
                lines.append(Line(part.node.name, 0))
            lines += [Line(row.task.title, 0, row, _bars(row, at)) for row in part.rows]
    for n, one in enumerate(lines):
        one.y = HEAD + n * HIGH
    inside = start_on <= today <= end_on
    return Gantt(
        lines, _months(start_on, end_on, at), LABEL + SCALE, HEAD + HIGH * len(lines),
        at(today) if inside else None,
    )  # fmt: skip


def _bars(row: Row, at: Any) -> list[Bar]:
    task = row.task
    left, right = at(task.start_on), at(date.fromordinal(task.due_on.toordinal() + 1))
    width = max(right - left, 3)
    kind = "late" if row.standing.state == "late" else "risk" if row.standing.state == "risk" else "plan"  # fmt: skip
    bars = [Bar(left, width, kind, f"{task.start_on} – {task.due_on}")]
    percent = 100 if row.standing.state == "done" else task.percent
    if percent:
        bars.append(Bar(left, max(round(width * percent / 100), 2), "done", f"{percent}%"))
    return bars


def _months(start_on: date, end_on: date, at: Any) -> list[tuple[int, str]]:
    """Return where months (quarters, over more than two years) begin, and their names."""
    step = 3 if (end_on - start_on).days > 760 else 1
    found, year, month = [], start_on.year, start_on.month
    while (year, month) <= (end_on.year, end_on.month):
        day = max(date(year, month, 1), start_on)
        name = f"{year}" if month == 1 else f"{month}月"
        found.append((at(day), name))
        month += step
        if month > 12:
            year, month = year + 1, month - 12
    crowded = len(found) > 1 and found[1][0] - found[0][0] < NARROW
    return found[1:] if crowded else found


def tallies_of(programmes: Sequence[Programme], tasks: QuerySet[Task], today: date) -> dict[int, Tally]:  # fmt: skip
    """Return {programme: tally} over the tasks a reader sees. One query."""
    found = {one.pk: Tally() for one in programmes}
    rows = tasks.filter(programme__in=list(found)).select_related("programme", "case")
    for task in rows:
        found[task.programme_id].add(task, standing_of(task, today))
    return found


def by_year(tree: Tree, start_on: date, end_on: date) -> list[tuple[int, Tally]]:
    """Return the tasks of a plan of several years by the year in which they are due (S4.46)."""
    found = {year: Tally() for year in range(start_on.year, end_on.year + 1)}
    for row in rows_of(tree):
        found[row.task.due_on.year].add(row.task, row.standing)
    return list(found.items())


def by_org(tree: Tree) -> list[tuple[str, Tally]]:
    """Return the tasks by responsible unit, those with something late or at risk first."""
    found: dict[str, Tally] = defaultdict(Tally)
    for row in rows_of(tree):
        found[row.task.org.name].add(row.task, row.standing)
    return sorted(found.items(), key=lambda pair: (-pair[1].late, -pair[1].risk, pair[0]))


def rows_of(tree: Tree) -> list[Row]:
    return [
        row for branch in tree.branches for part in (branch, *branch.items) for row in part.rows
    ]


def open_parts(actor: Any, orgs: Iterable[int], *, limit: int = 12) -> list[TaskPart]:
    """Return the parts of some units still to be done, of tasks under way, soonest first."""
    rows = TaskPart.objects.filter(
        org__in=list(orgs), done_at=None, task__case__isnull=False, task__case__closed_at=None
    )
    return list(rows.select_related("task__org", "org").order_by("task__due_on", "pk")[:limit])
