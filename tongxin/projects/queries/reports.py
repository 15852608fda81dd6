"""The month by exception: late, at risk, changed, done; and all of it in words for a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext as _

from tongxin.cases.models import Adjustment, Event

from ..models import Programme, StageSlip, Task
from .programmes import Row, Tally, ready, standing_of


@dataclass(frozen=True)
class Change:
    """What was changed in a month: an extension granted, a stage let slip; who decided and why."""

    task: Task
    text: str


@dataclass(frozen=True)
class Monthly:
    programme: Programme
    first: date
    on: date  # figures stand as of this day: the last of the month, or today
    tally: Tally
    late: list[Row]
    risk: list[Row]
    changed: list[Change]
    done: list[Row]
    new: list[Row]

    @property
    def is_quiet(self) -> bool:
        return not (self.late or self.risk or self.changed or self.done)


def month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def monthly(programme: Programme, first: date, *, today: date, actor: Any) -> Monthly:
    """Return what of a programme was out of the ordinary in a month, as of its end or today.

    Progress is that of now: reports of days after the month stand in it too. Four queries.
    """
    after = month_after(first)
    on = min(today, date.fromordinal(after.toordinal() - 1))
    tasks = list(
        ready(Task.objects.visible_to(actor).filter(programme=programme)).order_by("due_on", "n")
    )
    tally = Tally()
    late: list[Row] = []
    risk: list[Row] = []
    done: list[Row] = []
    new: list[Row] = []
    for task in tasks:
        if task.case is None or (task.given_at and localdate(task.given_at) >= after):
            continue
        row = Row(task, standing_of(task, on))
        tally.add(task, row.standing)
        if task.closed_at is not None and first <= localdate(task.closed_at) < after:
            done.append(row)
        if task.given_at is not None and first <= localdate(task.given_at):
            new.append(row)
        if row.standing.state in ("late", "risk"):
            (late if row.standing.state == "late" else risk).append(row)
    changed = _changes({task.case_id: task for task in tasks if task.case_id}, first, after)
    return Monthly(programme, first, on, tally, late, risk, changed, done, new)


def _changes(by_case: dict[Any, Task], first: date, after: date) -> list[Change]:
    since, until = _moment(first), _moment(after)
    found: list[tuple[datetime, Change]] = []
    granted = Event.objects.filter(
        case__in=list(by_case), name="approve_extend", at__gte=since, at__lt=until
    ).select_related("actor")
    reasons = {
        (row.case_id, row.decided_at): row
        for row in Adjustment.objects.filter(
            case__in=list(by_case), verdict="approved", decided_at__gte=since, decided_at__lt=until
        )
    }
    for event in granted:
        asked = reasons.get((event.case_id, event.at))
        words = {"day": event.data.get("due_on", ""), "who": event.actor or _("系统"),
                 "why": asked.reason if asked else ""}  # fmt: skip
        text = _("经%(who)s批准，延期到 %(day)s，理由：%(why)s") % words
        found.append((event.at, Change(by_case[event.case_id], text)))
    slips = StageSlip.objects.filter(
        stage__schedule__task__case__in=list(by_case), at__gte=since, at__lt=until
    ).select_related("stage__schedule__task")
    for slip in slips:
        words = {"stage": slip.stage.name, "day": slip.to_end, "why": slip.reason}
        text = _("“%(stage)s”顺延到 %(day)s，最后期限不变，原因：%(why)s") % words
        found.append((slip.at, Change(by_case[slip.stage.schedule.task.case_id], text)))
    return [change for _at, change in sorted(found, key=lambda pair: pair[0])]


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=get_current_timezone())


def paragraphs(found: Monthly) -> list[str]:
    """Return the report in words: figures first, then only what is out of the ordinary."""
    words = {
        "name": found.programme.name, "day": found.on, "total": found.tally.total,
        "done": found.tally.done, "percent": found.tally.percent, "late": len(found.late),
        "risk": len(found.risk),
    }  # fmt: skip
    text = [
        _("截至 %(day)s，“%(name)s”共下达任务 %(total)d 项，已完成 %(done)d 项，总体进度 %(percent)d%%；"
          "逾期 %(late)d 项，有风险 %(risk)d 项。") % words
    ]  # fmt: skip
    for title, rows in ((_("一、逾期任务"), found.late), (_("二、有风险任务"), found.risk)):
        if rows:
            text.append(title)
            text += [_line(n, row) for n, row in enumerate(rows, 1)]
    if found.changed:
        text.append(_("三、期限和阶段调整"))
        text += [f"{n}. {one.task.title}：{one.text}。" for n, one in enumerate(found.changed, 1)]
    if found.done:
        text.append(_("四、本月完成"))
        text += [
            f"{n}. {row.task.title}（{row.task.org.name}）。" for n, row in enumerate(found.done, 1)
        ]
    if found.is_quiet:
        text.append(_("本月各项任务按期推进，没有需要提请注意的事项。"))
    return text


def _line(n: int, row: Row) -> str:
    return f"{n}. {row.task.title}（{row.task.org.name}）：{row.standing.why}"
