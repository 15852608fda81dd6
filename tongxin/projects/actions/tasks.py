"""Giving tasks out, and what their units report: each task is a case of the flow `key_task`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case
from tongxin.cases.models import Case, Evidence
from tongxin.kit.errors import NotPermitted
from tongxin.orgs.models import Org

from ..models import Programme, Task, TaskPart, TaskReport
from .common import BadAmount, WrongState, amount, is_of, line, must_lead
from .programmes import BadTask

HUNDRED = Decimal(100)


class NotTheDoer(NotPermitted):
    """Only the unit that answers for it reports."""


@transaction.atomic
def give_task(task: Task, *, by: User, at: datetime) -> Case:
    """Give a task out: a case of its unit, whose clock runs to the task's last day.

    :raises WrongState: if it was given already, or its day has passed
    """
    # The programme first, as everybody does who changes what it holds: else two could wait for each other.
    Programme.objects.select_for_update(of=("self",)).get(pk=task.programme_id)
    rows = Task.objects.select_for_update(of=("self",))
    task = rows.select_related("programme__region", "org", "owner").get(pk=task.pk)
    must_lead(by, task.programme.region.path, what=_("下达重点任务"))
    if task.programme.state == Programme.State.CLOSED:
        raise WrongState(_("“%s”已经完结，不能再改。") % task.programme.name)
    if task.case_id is not None:
        raise WrongState(_("“%s”已经下达过。") % task.title)
    if task.due_on < localdate(at):
        raise WrongState(_("“%s”的期限已经过了，请先改期限再下达。") % task.title, field="due_on")
    case = open_case(
        kind="key_task", title=task.title, text=task.text, region=task.programme.region, at=at,
        actor=by, handler=task.org, holder=task.owner, is_private=True,
        data={"task": str(task.pk), "programme": task.programme.name, "due_on": str(task.due_on)},
    )  # fmt: skip
    Task.objects.filter(pk=task.pk).update(case=case, given_at=at)
    if task.programme.state == Programme.State.DRAFT:
        Programme.objects.filter(pk=task.programme_id).update(state=Programme.State.RUNNING)
    _tell_partners(task, at)
    return case


def _tell_partners(task: Task, at: datetime) -> None:
    people = User.objects.filter(
        posts__org__in=task.parts.values("org"), posts__to_date=None, is_active=True
    ).exclude(posts__role="volunteer")
    tell(
        users=people.distinct(), title=_("有一项重点任务请您单位协同"), text=task.title,
        url=f"/projects/tasks/{task.pk}/", key=f"key-task-part:{task.pk}", at=at,
    )  # fmt: skip


def give_all(programme: Programme, *, by: User, at: datetime) -> int:
    """Give out all tasks of a programme that were not yet, in one transaction; return how many.

    :raises WrongState: if there are none, or the day of one has passed
    """
    with transaction.atomic():
        rows = programme.tasks.filter(case=None).order_by("n")
        n = len([give_task(task, by=by, at=at) for task in rows])
        if not n:
            raise WrongState(_("没有要下达的任务。"))
        audit(actor=by, action="projects.give", object=programme.name, at=at, detail={"tasks": n})
    return n


def report_progress(
    task: Task, *, note: str, at: datetime, by: User, value: Any = None, percent: int | None = None,
    evidence: Sequence[Evidence] = (), key: str | None = None,
) -> TaskReport:  # fmt: skip
    """Report how far a task is: the figure where it has a target, else the percentage.

    The figure is cumulative; a retry with the same key reports once.

    :raises NotTheDoer: unless `by` is its owner or works in its unit
    :raises BadAmount: without the figure or the percentage that this task asks
    """
    with transaction.atomic():
        rows = Task.objects.select_for_update(of=("self",))
        task = rows.select_related("org", "case").get(pk=task.pk)
        case = task.case
        if case is None:
            raise WrongState(_("任务还没有下达。"))
        if by.pk not in (task.owner_id, case.holder_id) and not is_of(by, task.org):
            raise NotTheDoer(_("进展由责任单位报送。"))
        number, share = _measured(task, value, percent)
        note = line(note.replace("\n", " "), limit=1000, label=_("进展"), required=True)
        said = _said(task, number, share, note)
        event = make_move(
            case, "report", at=at, actor=by, note=said, evidence=list(evidence), key=key,
            parts=frozenset({"keeper"}),
        )  # fmt: skip
        if event.is_replay:
            return TaskReport.objects.get(event=event)
        Task.objects.filter(pk=task.pk).update(
            actual=number if number is not None else task.actual, percent=share,
            reported_at=at, reported_by=by,
        )  # fmt: skip
        return TaskReport.objects.create(
            task=task, event=event, value=number, percent=share, note=note, by=by, at=at
        )


def _measured(task: Task, value: Any, percent: int | None) -> tuple[Decimal | None, int]:
    if task.target is not None:
        number = amount(value, label=task.measure, field="value", least=Decimal(0))
        if number is None:
            raise BadAmount(_("请填“%s”的完成值。") % task.measure, field="value")
        return number, int(min(number * 100 / task.target, HUNDRED))
    if percent is None or not 0 <= percent <= 100:
        raise BadAmount(_("请填进度，0 到 100。"), field="percent")
    return None, percent


def _said(task: Task, number: Decimal | None, share: int, note: str) -> str:
    if number is None:
        return _("进度 %(percent)d%%：%(note)s") % {"percent": share, "note": note}
    words = {"measure": task.measure, "value": f"{number.normalize():f}", "unit": task.unit}
    return _("%(measure)s %(value)s %(unit)s：%(note)s") % (words | {"note": note})


@transaction.atomic
def finish_part(part: TaskPart, *, note: str, at: datetime, by: User) -> TaskPart:
    """A co-operating unit says that its part is done, and how.

    :raises NotTheDoer: unless `by` works in that unit
    :raises WrongState: before the task is given out, after it has ended, or if it is done already
    """
    part = TaskPart.objects.select_for_update(of=("self",)).select_related("task__case", "org").get(pk=part.pk)  # fmt: skip
    if not is_of(by, part.org):
        raise NotTheDoer(_("这项分工由“%s”办理。") % part.org.name)
    case = part.task.case
    if case is None or not case.is_open:
        raise WrongState(_("任务没有在推进，不能报送分工完成情况。"))
    if part.done_at is not None:
        raise WrongState(_("这项分工已经报过完成。"))
    part.note = line(note, limit=300, label=_("完成情况"), required=True)
    part.done_at, part.done_by = at, by
    part.save(update_fields=["note", "done_at", "done_by"])
    holder = case.holder
    if holder is not None:
        tell(
            users=[holder], title=_("%s 完成了分工") % part.org.name, text=part.task.title,
            url=f"/projects/tasks/{part.task_id}/", key=f"key-task-part-done:{part.pk}", at=at,
        )  # fmt: skip
    return part


@transaction.atomic
def add_part(
    task: Task, *, org: Org, text: str, at: datetime, by: User, due_on: date | None = None
) -> TaskPart:
    """Add a co-operating unit to a task, also to one under way.

    :raises BadTask: for a unit that has a part already, or a day after the task's
    """
    rows = Task.objects.select_for_update(of=("self",)).select_related("programme__region")
    task = rows.get(pk=task.pk)
    must_lead(by, task.programme.region.path, what=_("安排协同单位"))
    if task.closed_at is not None:
        raise WrongState(_("任务已经完成，不能再改。"))
    if org.pk == task.org_id or task.parts.filter(org=org).exists():
        raise BadTask(_("“%s”已是责任单位或写了两次。") % org.name, field="org")
    if due_on is not None and due_on > task.due_on:
        raise BadTask(_("“%s”的分工期限晚于任务期限。") % org.name, field="due_on")
    text = line(text, limit=200, label=_("分工"), required=True)
    part = TaskPart.objects.create(task=task, org=org, text=text, due_on=due_on)
    if task.case_id is not None:
        _tell_partners(task, at)
    return part
