"""Promises of secretaries as a spreadsheet: in after they reported, out with what the figures say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kit.errors import Refused
from tongxin.orgs.models import Org, Post
from tongxin.orgs.scope import posts_of
from tongxin.spreadsheets.declaring import CHANGED, NEW, SAME, Column, Entry, Job, Row, Sheet

from .. import actions, queries
from ..models import Promise, Target, Task
from ..models.common import LEADS, WORKERS
from ..queries import names
from .common import READ_ONLY

SECRETARIES = ("secretary", "first_secretary")
BETWEEN = re.compile(r"[;；\n]+")
BLOCK = 200


class PromiseSheet(Sheet):
    """One row for each promise; targets and tasks it is read by are named."""

    code = "promises"
    title = gettext_lazy("书记承诺台账")
    about = gettext_lazy("述职承诺成批登记，写明用哪些目标和任务考核；考核在页面上办。")
    icon = "writing"
    keys = (("year", "org", "person", "text"),)
    shown = ("org", "person", "text")
    columns = (
        Column("year", gettext_lazy("年度"), "int", required=True, example="2026"),
        Column("org", gettext_lazy("单位"), required=True, width=24, aliases=("党组织", "党组织全称"), help=gettext_lazy("党组织全称。"), example="北塘街道党工委"),
        Column("person", gettext_lazy("承诺人"), required=True, limit=20, aliases=("书记",), help=gettext_lazy("该单位书记的姓名。"), example="唐颖"),
        Column("text", gettext_lazy("承诺"), required=True, limit=300, width=36, aliases=("承诺事项",), example="建成六个党群服务中心"),
        Column("measures", gettext_lazy("兑现措施"), limit=500, width=30, example="逐月调度"),
        Column("targets", gettext_lazy("考核目标"), "lines", limit=800, width=24, help=gettext_lazy("目标名称，几个用分号隔开；取该单位所在区域的那一个。"), example="新建改建党群服务中心"),
        Column("tasks", gettext_lazy("考核任务"), "lines", limit=2000, width=24, help=gettext_lazy("已下达的任务名称，几个用分号隔开。")),
        Column("suggested", gettext_lazy("按数据建议"), width=12, help=READ_ONLY),
        Column("verdict", gettext_lazy("考核"), width=12, help=READ_ONLY),
        Column("why", gettext_lazy("考核理由"), "lines", limit=500, width=30, help=READ_ONLY),
        Column("figures", gettext_lazy("数据"), "lines", limit=2000, width=40, help=READ_ONLY),
    )  # fmt: skip

    def may(self, actor) -> bool:
        return any(post.role in (*LEADS, *SECRETARIES) for post in posts_of(actor))

    def may_export(self, actor) -> bool:
        return any(post.role in WORKERS for post in posts_of(actor))

    def prepare(self, rows: list[Row], job: Job) -> None:
        known = _Known(rows, job)
        for row in rows:
            if row.problems:
                continue
            try:
                self._judge(row, known, job)
            except Refused as refusal:
                field = refusal.field if refusal.field in self.by_name() else ""
                row.refuse(field, refusal.message)

    def _judge(self, row: Row, known: _Known, job: Job) -> None:
        values = row.values
        org = names.the_org(values["org"], known.orgs)
        person = names.the_person(values["person"], org, known.people, field="person")
        if person is None or (org.pk, person.pk) not in known.secretaries:
            words = {"name": values["person"], "org": org.name}
            row.refuse("person", _("%(name)s不是“%(org)s”的书记。") % words)
            return
        if person.pk != job.actor.pk and not known.leads(org):
            row.refuse("org", _("只能登记本人的承诺，或由这片区域的督办单位登记"))
            return
        promise = known.promises.get((values["year"], org.pk, person.pk, values["text"]))
        now = _said(promise) if promise else {}
        row.plan = {"org": org, "person": person, "promise": promise}
        for name, find in (("targets", known.targets_of), ("tasks", known.tasks_of)):
            if name in values and (row.get(name) or "") != now.get(name, ""):
                row.plan[name] = find(row, org)
        if promise is None:
            actions.check_year(values["year"], localdate(job.at))
            row.verdict = row.verdict or NEW
            return
        self.compare(row, now)
        row.ref, row.before = str(promise.pk), _kept(promise)
        if row.verdict == CHANGED and promise.verdict:
            row.refuse("", _("这项承诺已经考核过。"))

    def apply(self, rows: list[Row], job: Job) -> None:
        for row in rows:
            if row.verdict == SAME:
                continue
            plan, promise = row.plan, row.plan["promise"]
            figures = {name: plan[name] for name in ("targets", "tasks") if name in plan}
            given: dict[str, Any] = {"by": job.actor, "at": job.at, **figures}
            if "measures" in row.values:
                given["measures"] = row.get("measures") or ""
            if promise is None:
                promise = actions.make_promise(
                    person=plan["person"], org=plan["org"], year=row.values["year"],
                    text=row.values["text"], **given,
                )  # fmt: skip
                row.before = None
            else:
                promise = actions.change_promise(promise, **given)
            row.ref, row.after = str(promise.pk), _kept(promise)

    def changed_since(self, entries: list[Entry]) -> list[int]:
        """Return the lines of promises judged, changed or taken off since."""
        rows = _with_figures(Promise.objects.filter(pk__in=[int(entry.ref) for entry in entries]))
        there = {one.pk: one for one in rows}
        found = []
        for entry in entries:
            one = there.get(int(entry.ref))
            if one is None or one.verdict or _kept(one) != entry.after:
                found.append(entry.line)
        return found

    def undo(self, entries: list[Entry], job: Job) -> None:
        """Take off the promises that came in; put back what was changed."""
        for entry in entries:
            one = Promise.objects.get(pk=int(entry.ref))
            if entry.before is None:
                actions.drop_promise(one, by=job.actor, at=job.at)
            else:
                actions.change_promise(
                    one, measures=entry.before["measures"], by=job.actor, at=job.at,
                    targets=Target.objects.filter(pk__in=entry.before["targets"]),
                    tasks=Task.objects.filter(pk__in=entry.before["tasks"]),
                )  # fmt: skip

    def export(self, actor, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield the promises the actor sees, latest year first, with what the figures say."""
        rows = _with_figures(Promise.objects.visible_to(actor)).select_related("person", "org")
        some: list[Promise] = []
        for one in rows.order_by("-year", "org__name", "person", "n").iterator(chunk_size=BLOCK):
            some.append(one)
            if len(some) == BLOCK:
                yield from _shown(some)
                some = []
        yield from _shown(some)


def _shown(some: Sequence[Promise]) -> Iterator[dict[str, Any]]:
    found = queries.appraise_all(some, on=localdate())
    for one in some:
        yield _said(one) | {
            "year": one.year, "org": one.org.name, "person": one.person.name, "text": one.text,
            "suggested": found[one.pk].label, "verdict": str(one.get_verdict_display()),
            "why": one.why, "figures": one.figures or found[one.pk].sentence,
        }  # fmt: skip


def _with_figures(rows: Any) -> Any:
    return rows.prefetch_related("targets", "tasks")


def _said(promise: Promise) -> dict[str, Any]:
    """Return what a sheet says of a promise beside its key."""
    return {
        "measures": promise.measures,
        "targets": "；".join(one.name for one in promise.targets.all()),
        "tasks": "；".join(one.title for one in promise.tasks.all()),
    }


def _kept(promise: Promise) -> dict[str, Any]:
    return {
        "measures": promise.measures,
        "targets": sorted(one.pk for one in promise.targets.all()),
        "tasks": sorted(str(one.pk) for one in promise.tasks.all()),
    }


class _Known:
    """What the rows of a block may mean, asked for all at once."""

    def __init__(self, rows: list[Row], job: Job) -> None:
        paths = {post.path for post in posts_of(job.actor) if post.role in (*LEADS, *SECRETARIES)}
        self.led = {post.path for post in posts_of(job.actor) if post.role in LEADS}
        self.orgs = names.orgs_named(
            {row.get("org") for row in rows} - {None}, min(paths, key=len, default="")
        )
        ids = [org.pk for found in self.orgs.values() for org in found]
        self.people = names.people_of(ids)
        posts = Post.objects.held_on(localdate(job.at)).filter(org__in=ids, role__in=SECRETARIES)
        self.secretaries = set(posts.values_list("org", "user"))
        years = {row.get("year") for row in rows} - {None}
        found = _with_figures(Promise.objects.filter(org__in=ids, year__in=years))
        self.promises = {(one.year, one.org_id, one.person_id, one.text): one for one in found}
        self.targets: dict[str, list[Target]] = defaultdict(list)
        seen = Target.objects.visible_to(job.actor).filter(name__in=_names(rows, "targets"))
        for target in seen.order_by("pk"):
            self.targets[target.name].append(target)
        self.tasks: dict[str, list[Task]] = defaultdict(list)
        given = Task.objects.visible_to(job.actor).filter(case__isnull=False)
        for task in given.filter(title__in=_names(rows, "tasks")).order_by("pk"):
            self.tasks[task.title].append(task)

    def leads(self, org: Org) -> bool:
        return any(org.region.path.startswith(path) for path in self.led)

    def targets_of(self, row: Row, org: Org) -> list[Target]:
        """Return the targets a row names: those of the unit's own land first, of the fewest years."""
        found = []
        for name in _names([row], "targets"):
            year = row.values["year"]
            some = [one for one in self.targets[name] if one.from_year <= year <= one.to_year]
            some = [one for one in some if one.region_id == org.region_id] or some
            fewest = min((one.to_year - one.from_year for one in some), default=0)
            some = [one for one in some if one.to_year - one.from_year == fewest]
            found.append(_the_one(some, name, "targets"))
        return found

    def tasks_of(self, row: Row, org: Org) -> list[Task]:
        return [_the_one(self.tasks[name], name, "tasks") for name in _names([row], "tasks")]


def _names(rows: list[Row], column: str) -> list[str]:
    words = {word.strip() for row in rows for word in BETWEEN.split(row.get(column) or "")}
    return sorted(words - {""})


def _the_one(some: list[Any], name: str, column: str) -> Any:
    if len(some) == 1:
        return some[0]
    text = _("没有找到“%s”，请核对名称。") if not some else _("有不止一个“%s”，请在页面上选。")
    raise names.UnknownName(text % name[:40], field=column)
