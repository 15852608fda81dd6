"""Making a programme and breaking it down: sections, aspects, items, tasks, each unit's part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import Field, Node, Programme, ProgrammeKind, Target, Task, TaskPart
from .common import BadDates, WrongState, amount, line, lines, must_lead, scoped

LONGEST_YEARS = 6


class NameTaken(Invalid):
    """Another of that name is here already."""


class BadTask(Invalid):
    """A task that could not be done: no unit, an owner of elsewhere, a unit twice."""


@dataclass(frozen=True)
class Part:
    """What a co-operating unit shall do of a task, and by when."""

    org: Org
    text: str
    due_on: date | None = None


@transaction.atomic
def make_programme(
    *, kind: str, name: str, region: Region, org: Org, start_on: date, end_on: date, by: User,
    at: datetime, text: str = "", source: str = "", parent: Programme | None = None,
    is_fixed: bool = False, risk_gap: int = 20, is_sample: bool = False, key: str | None = None,
) -> Programme:  # fmt: skip
    """Make a programme as a draft. A retry with a key makes it once.

    :raises NotPermitted: unless `by` leads the place
    :raises NameTaken, BadDates, KeyReused: as their names say
    """
    must_lead(by, region.path, what=_("建立重点任务方案"))
    name = line(name, limit=80, label=_("名称"), required=True)
    kept = scoped(by, key)
    if kept and (made := Programme.objects.filter(key=kept).first()):
        if (made.name, made.region_id) != (name, region.pk):
            raise KeyReused(_("这个 Idempotency-Key 已用于另一操作，请换一个新的。"))
        return made
    if kind not in ProgrammeKind.values:
        raise Invalid(_("没有这种方案类型。"), field="kind")
    if Programme.objects.filter(region=region, name=name).exists():
        raise NameTaken(_("这里已有同名方案“%s”。") % name, field="name")
    _check_span(start_on, end_on)
    if not 1 <= risk_gap <= 100:
        raise Invalid(_("滞后预警应在 1 到 100 个百分点之间。"), field="risk_gap")
    if parent is not None and parent.kind != ProgrammeKind.FRAME:
        raise Invalid(_("所属总体布局要选“总体布局”类的方案。"), field="parent")
    return Programme.objects.create(
        kind=kind, name=name, region=region, org=org, start_on=start_on, end_on=end_on, by=by,
        at=at, text=lines(text, limit=5000, label=_("总体要求")), parent=parent,
        source=line(source, limit=200, label=_("依据")), is_fixed=is_fixed, risk_gap=risk_gap,
        is_sample=is_sample, key=kept,
    )  # fmt: skip


def _check_span(start_on: date, end_on: date) -> None:
    if end_on < start_on:
        raise BadDates(_("完成日期不能早于开始日期。"), field="end_on")
    if end_on.year - start_on.year >= LONGEST_YEARS:
        raise BadDates(_("一个方案最长 %d 年。") % LONGEST_YEARS, field="end_on")


@transaction.atomic
def add_node(
    *, programme: Programme, kind: str, name: str, by: User, at: datetime,
    parent: Node | None = None, text: str = "", serves: Node | None = None,
) -> Node:  # fmt: skip
    """Add a section, an aspect, or an item under an aspect; one of that name is found again.

    :raises WrongState: once the programme is closed
    """
    programme = _held(programme, by)
    name = line(name, limit=120, label=_("名称"), required=True)
    if (kind == Node.Kind.ITEM) != (parent is not None):
        raise Invalid(_("“项”要放在一个“方面”下面，“方面”和“板块”放在最上层。"), field="parent")
    if parent is not None and (parent.programme_id, parent.kind) != (programme.pk, "aspect"):
        raise Invalid(_("“项”要放在本方案的一个“方面”下面。"), field="parent")
    if serves is not None and serves.kind != Node.Kind.SECTION:
        raise Invalid(_("“方面”服务的应是总体布局的一个板块。"), field="serves")
    found = Node.objects.filter(programme=programme, parent=parent, name=name).first()
    if found is not None:
        return found
    top = Node.objects.filter(programme=programme, parent=parent).aggregate(n=Max("n"))["n"] or 0
    return Node.objects.create(
        programme=programme, kind=kind, name=name, parent=parent, n=top + 1, serves=serves,
        text=line(text, limit=300, label=_("说明")),
    )  # fmt: skip


@transaction.atomic
def make_item(
    *, programme: Programme, aspect: str, item: str, by: User, at: datetime
) -> Node | None:
    """Return the item of a name under an aspect of a name, both made if they are new; None for none."""
    if not item:
        return None
    above = add_node(programme=programme, kind="aspect", name=aspect, by=by, at=at)
    return add_node(programme=programme, kind="item", name=item, parent=above, by=by, at=at)


@transaction.atomic
def make_task(
    *, programme: Programme, title: str, org: Org, start_on: date, due_on: date, by: User,
    at: datetime, item: Node | None = None, text: str = "", field: str = "",
    owner: User | None = None, hard_end: bool = False, measure: str = "", unit: str = "",
    target: Any = None, aim: Target | None = None, parts: Sequence[Part] = (),
    about: Sequence[str] = (), key: str | None = None,
) -> Task:  # fmt: skip
    """Add a task to a programme; it is given out by `give_task`.

    `about` names what another app keeps of it: (kind, id, label, url).

    :raises BadTask, BadDates: for a unit or owner that cannot be, days outside the programme
    :raises WrongState: once the programme is closed
    """
    programme = _held(programme, by)
    kept = scoped(by, key)
    if kept and (made := Task.objects.filter(key=kept).first()):
        return made
    title = line(title, limit=110, label=_("任务"), required=True)
    check_days(programme, start_on, due_on)
    check_owner(org, owner)
    _check_place(programme, item, field)
    measure = line(measure, limit=60, label=_("衡量指标"))
    number = amount(target, label=_("目标值"), field="target")
    if number is not None and (number <= 0 or not measure):
        raise BadTask(_("目标值要大于零，并写明衡量指标。"), field="target")
    top = Task.objects.filter(programme=programme).aggregate(n=Max("n"))["n"] or 0
    task = Task.objects.create(
        id=uuid7(at), programme=programme, item=item, n=top + 1, title=title, org=org,
        owner=owner, start_on=start_on, due_on=due_on, hard_end=hard_end, field=field,
        measure=measure, unit=line(unit, limit=12, label=_("单位")), target=number, aim=aim,
        text=lines(text, limit=3000, label=_("要求")), by=by, at=at, key=kept, **_about(about),
    )  # fmt: skip
    set_parts(task, parts)
    return task


def check_days(programme: Programme, start_on: date, due_on: date) -> None:
    """:raises BadDates: unless the days are in order and inside the programme"""
    if due_on < start_on:
        raise BadDates(_("完成期限不能早于开始日期。"), field="due_on")
    if start_on < programme.start_on:
        raise BadDates(
            _("开始日期不能早于方案的开始日期 %s。") % programme.start_on, field="start_on"
        )
    if due_on > programme.end_on:
        raise BadDates(_("完成期限不能晚于方案的完成日期 %s。") % programme.end_on, field="due_on")


def check_owner(org: Org, owner: User | None) -> None:
    """:raises BadTask: for a unit that is gone, or an owner who holds no post in it"""
    if org.dissolved_on is not None:
        raise BadTask(_("“%s”已经撤销，请选现在的单位。") % org.name, field="org")
    if owner is not None and not owner.posts.filter(org=org, to_date=None).exists():
        words = {"name": owner.name, "org": org.name}
        raise BadTask(_("%(name)s在“%(org)s”没有岗位，不能作为责任人。") % words, field="owner")


def set_parts(task: Task, parts: Iterable[Part]) -> None:
    """Write the parts of co-operating units anew.

    :raises BadTask: for a unit named twice, the responsible one itself, a part due after the task
    """
    seen = {task.org_id}
    rows = []
    for part in parts:
        if part.org.pk in seen:
            raise BadTask(_("“%s”已是责任单位或写了两次。") % part.org.name, field="parts")
        if part.due_on is not None and part.due_on > task.due_on:
            raise BadTask(_("“%s”的分工期限晚于任务期限。") % part.org.name, field="parts")
        seen.add(part.org.pk)
        text = line(part.text, limit=200, label=_("分工"), required=True)
        rows.append(TaskPart(task=task, org=part.org, text=text, due_on=part.due_on))
    task.parts.all().delete()
    TaskPart.objects.bulk_create(rows)


def _about(about: Sequence[str]) -> dict[str, str]:
    if not about:
        return {}
    kind, id_, label, url = about
    if not url.startswith("/") or url.startswith("//"):
        raise Invalid(_("关联项目的地址应是本系统内的页面。"), field="about")
    return {
        "source_kind": line(kind, limit=30, label=_("关联项目")),
        "source_id": line(id_, limit=40, label=_("关联项目")),
        "source_label": line(label, limit=120, label=_("关联项目"), required=True),
        "source_url": line(url, limit=200, label=_("关联项目")),
    }


def _held(programme: Programme, by: User) -> Programme:
    """Lock a programme for a change of what it holds.

    :raises NotPermitted: unless `by` leads the place
    :raises WrongState: once it is closed
    """
    held = (
        Programme.objects.select_for_update(of=("self",)).select_related("region").get(pk=programme.pk)
    )  # fmt: skip
    must_lead(by, held.region.path, what=_("分解这个方案"))
    if held.state == Programme.State.CLOSED:
        raise WrongState(_("“%s”已经完结，不能再改。") % held.name)
    return held


@transaction.atomic
def change_task(task: Task, *, by: User, at: datetime, **changes: Any) -> Task:
    """Change a task. Its days, its unit and its parts are free until it is given out, then they are not.

    `changes`: title, text, field, measure, unit, target, aim, item, about; before it is given also
    org, owner, start_on, due_on, hard_end, parts.

    :raises WrongState: for a day, unit or part of a task that was given out, with the way that remains
    """
    _held(task.programme, by)
    task = Task.objects.select_for_update(of=("self",)).select_related("programme", "org").get(pk=task.pk)  # fmt: skip
    parts, about = changes.pop("parts", None), changes.pop("about", None)
    _check_free(task, changes, parts)
    if task.closed_at is not None:
        raise WrongState(_("任务已经完成，不能再改。"))
    if "target" in changes:
        changes["target"] = amount(changes["target"], label=_("目标值"), field="target")
    for name, value in changes.items():
        setattr(task, name, value)
    task.title = line(task.title, limit=110, label=_("任务"), required=True)
    task.text = lines(task.text, limit=3000, label=_("要求"))
    task.measure = line(task.measure, limit=60, label=_("衡量指标"))
    task.unit = line(task.unit, limit=12, label=_("单位"))
    _check_place(task.programme, task.item, task.field)
    if task.target is not None and (task.target <= 0 or not task.measure):
        raise BadTask(_("目标值要大于零，并写明衡量指标。"), field="target")
    check_days(task.programme, task.start_on, task.due_on)
    check_owner(task.org, task.owner)
    for name, value in _about(about or ()).items():
        setattr(task, name, value)
    task.save()
    if parts is not None:
        set_parts(task, parts)
    return task


def _check_free(task: Task, changes: dict[str, Any], parts: Sequence[Part] | None) -> None:
    """:raises WrongState: for a change of what is fixed once a task was given out"""
    if task.case_id is None:
        return
    fixed = {"org", "owner", "start_on", "due_on", "hard_end"} & changes.keys()
    moved = {name for name in fixed if changes[name] != getattr(task, name)}
    if moved:
        raise WrongState(
            _("任务已经下达，期限和责任单位不能直接改。"),
            field=sorted(moved)[0],
            remedy=_("要改期限请由责任单位申请延期，经督办单位批准；要换单位请在单子上改派。"),
        )
    if parts is not None:
        raise WrongState(
            _("任务已经下达，分工不能重写。"), field="parts",
            remedy=_("要增加协同单位，请在任务页面上安排。"),
        )  # fmt: skip


def _check_place(programme: Programme, item: Node | None, field: str) -> None:
    """:raises BadTask, Invalid: for an item of another programme, or a field there is not"""
    if item is not None and (item.programme_id, item.kind) != (programme.pk, Node.Kind.ITEM):
        raise BadTask(_("任务要放在本方案的一个“项”下面。"), field="item")
    if field and field not in Field.values:
        raise Invalid(_("没有这个领域。"), field="field")


@transaction.atomic
def drop_task(task: Task, *, by: User, at: datetime) -> None:
    """Take a task off a programme before it is given out.

    :raises WrongState: once it was: then it is withdrawn on its case, with a reason
    """
    _held(task.programme, by)
    if Task.objects.select_for_update().get(pk=task.pk).case_id is not None:
        raise WrongState(_("任务已经下达，不能删除。"), remedy=_("请在单子上撤销，写明理由。"))
    audit(actor=by, action="projects.drop_task", object=task.title, at=at)
    task.delete()


@transaction.atomic
def close_programme(programme: Programme, *, by: User, at: datetime) -> Programme:
    """Close a programme whose tasks have all ended.

    :raises WrongState: while a task is open or was never given out
    """
    programme = _held(programme, by)
    if programme.state != Programme.State.RUNNING:
        raise WrongState(_("“%s”还没有下达。") % programme.name)
    left = programme.tasks.filter(case__closed_at=None).count()
    if left:
        raise WrongState(_("还有 %d 项任务没有完成，不能完结。") % left)
    programme.state = Programme.State.CLOSED
    programme.save(update_fields=["state"])
    audit(actor=by, action="projects.close", object=programme.name, at=at)
    return programme
