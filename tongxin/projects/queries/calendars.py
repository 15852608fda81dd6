"""The iCalendar feed of somebody's tasks, parts and stages, under the secret address of their calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from tongxin.kit.errors import NotFound
from tongxin.meetings.models import CalendarFeed

from ..models import Stage, Task, TaskPart
from ..models.common import own_orgs

MOST = 500


def calendar_of(token: str, at: datetime, site: str) -> bytes:
    """Return the last days of the tasks, parts and stages somebody has to do, as iCalendar (RFC 5545).

    :raises NotFound: if the address was never made, or is revoked
    """
    feed = (
        CalendarFeed.objects.select_related("user")
        .filter(digest=sha256(token.encode()).hexdigest())
        .first()
    )
    if feed is None or not feed.user.is_active:
        raise NotFound(_("这个订阅地址不存在或已停用。"))
    user, orgs = feed.user, own_orgs(feed.user)
    calendar = Calendar()
    calendar.add("prodid", "-//Tongxin//Key tasks//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("重点任务"))
    mine = Q(org__in=orgs) | Q(owner=user.pk) | Q(case__holder=user.pk)
    tasks = Task.objects.visible_to(user).filter(mine, case__closed_at=None, case__isnull=False)
    for one in _days(tasks, orgs):
        event = Event()
        event.add("uid", f"{one.uid}@tongxin")
        event.add("dtstamp", at)
        event.add("dtstart", one.start)
        event.add("dtend", one.end + timedelta(days=1))  # a day of its own ends as the next begins
        event.add("summary", one.words)
        event.add("url", site.rstrip("/") + reverse("projects:task", args=[one.task]))
        calendar.add_component(event)
    return calendar.to_ical()


@dataclass(frozen=True)
class _Days:
    uid: str
    words: str
    start: date
    end: date
    task: UUID


def _days(tasks: QuerySet[Task], orgs: set[int]) -> Iterator[_Days]:
    """Yield the days of tasks, of the parts of units in others' tasks, and of their stages."""
    for task in tasks.order_by("due_on")[:MOST]:
        words = _("任务到期：%s") % task.title
        yield _Days(f"key-task-{task.pk}", words, task.due_on, task.due_on, task.pk)
    parts = TaskPart.objects.filter(
        org__in=orgs, done_at=None, task__case__isnull=False, task__case__closed_at=None
    )
    for part in parts.select_related("task").order_by("pk")[:MOST]:
        day, words = part.due_on or part.task.due_on, _("分工到期：%s") % part.text
        yield _Days(f"key-part-{part.pk}", words, day, day, part.task_id)
    stages = Stage.objects.filter(schedule__task__in=tasks, done_on=None)
    for stage in stages.select_related("schedule__task").order_by("start_on")[:MOST]:
        task = stage.schedule.task
        words = f"{stage.name} · {task.title}"
        yield _Days(f"key-stage-{stage.pk}", words, stage.start_on, stage.end_on, task.pk)
