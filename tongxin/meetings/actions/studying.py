"""Plans of study, groups, hard tasks, the learning app's figures (S2.4–S2.10, S4.41, S4.44)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.tables import read_table
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import Membership, Org, Person, Post
from tongxin.orgs.scope import keeps_register

from ..models import AppCount, HardTask, Lesson, LessonDone, StudyGroup, StudyPlan, TakeUp
from ..queries.moves import runs
from ..queries.rules import number
from .planning import NotYours
from .rules import DATA

MOST_LESSONS = 20
MOST_HOURS = Decimal(40)


class PlanExists(Refused):
    """The unit has a plan for the quarter."""


class PlanIssued(Refused):
    """A plan that was issued is not changed."""


class FirstLesson(Refused):
    """A plan does not begin with the Party Constitution (S2.6)."""


class GroupExists(Invalid):
    """The unit has a group of that name."""


class TaskTaken(Refused):
    """The task is closed, or the group has it already."""


def _check_keeps(by: User, unit: Org) -> None:
    if not keeps_register(by, unit.path):
        raise NotYours(_("您不负责%s的学习安排。") % unit.name)


@transaction.atomic
def draft_plan(*, unit: Org, year: int, quarter: int, by: User, at: datetime) -> StudyPlan:
    """Draw up a quarter's plan from the house's template (sample), to be changed and issued.

    :raises NotYours, PlanExists, Invalid:
    """
    _check_keeps(by, unit)
    if quarter not in (1, 2, 3, 4) or not 2000 <= year <= 2100:
        raise Invalid(_("请选择年度和季度。"), field="quarter")
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)  # two presses are one plan
    if StudyPlan.objects.filter(unit=unit, year=year, quarter=quarter).exists():
        raise PlanExists(
            _("%(year)d 年第 %(quarter)d 季度的学习计划已有。") % {"year": year, "quarter": quarter}
        )
    plan = StudyPlan.objects.create(
        unit=unit, year=year, quarter=quarter, made_by=by, made_at=at,
        title=_("%(unit)s %(year)d 年第 %(quarter)d 季度学习计划")
        % {"unit": unit.name, "year": year, "quarter": quarter},
    )  # fmt: skip
    rows = read_table(DATA / "study_template.csv", name="study_template.csv").rows
    wanted = [row for _line, row in rows if row["quarter"] == str(quarter)]
    Lesson.objects.bulk_create(
        Lesson(
            plan=plan, seq=int(row["seq"]), subject=row["subject"], title=row["title"],
            form=row["form"], hours=Decimal(row["hours"]), due_on=_end_of(year, int(row["month"])),
        )
        for row in wanted
    )  # fmt: skip
    return plan


def _end_of(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


@transaction.atomic
def save_lessons(
    *, plan: StudyPlan, lessons: list[dict[str, Any]], by: User, at: datetime
) -> StudyPlan:
    """Replace the lessons of a draft, in order: {"subject", "title", "form", "hours", "due_on"}.

    :raises NotYours, PlanIssued, Invalid:
    """
    plan = _draft(plan, by)
    if not 1 <= len(lessons) <= MOST_LESSONS:
        raise Invalid(_("学习计划要有 1 到 %d 课。") % MOST_LESSONS, field="lessons")
    months = range(plan.quarter * 3 - 2, plan.quarter * 3 + 1)
    rows = []
    for seq, given in enumerate(lessons, start=1):
        if given["subject"] not in Lesson.Subject.values:
            raise Invalid(_("请选择第 %d 课的类别。") % seq, field=f"subject_{seq}")
        if not 0 < Decimal(given["hours"]) <= MOST_HOURS:
            raise Invalid(_("第 %d 课的学时不对。") % seq, field=f"hours_{seq}")
        if given["due_on"].year != plan.year or given["due_on"].month not in months:
            raise Invalid(_("第 %d 课的完成时间不在本季度。") % seq, field=f"due_{seq}")
        label = _("第 %d 课的内容") % seq
        rows.append(
            Lesson(
                plan=plan, seq=seq, subject=given["subject"], hours=given["hours"],
                title=clean_text(given["title"], limit=100, field_label=label),
                form=clean_text(given.get("form", ""), limit=40, field_label=_("形式"), required=False),
                due_on=given["due_on"],
            )
        )  # fmt: skip
    plan.lessons.all().delete()
    Lesson.objects.bulk_create(rows)
    return plan


def _draft(plan: StudyPlan, by: User) -> StudyPlan:
    plan = StudyPlan.objects.select_for_update(of=("self",)).select_related("unit").get(pk=plan.pk)
    _check_keeps(by, plan.unit)
    if plan.state != StudyPlan.State.DRAFT:
        raise PlanIssued(_("学习计划已印发，不能再改。"))
    return plan


@transaction.atomic
def issue_plan(*, plan: StudyPlan, by: User, at: datetime) -> StudyPlan:
    """Issue a plan to the unit and those under it: their secretaries are told (S2.5).

    :raises NotYours, PlanIssued, FirstLesson: if it does not begin with the Party Constitution
    """
    plan = _draft(plan, by)
    first = plan.lessons.order_by("seq").first()
    wanted = number("study", "first_subject", localdate(at))
    if first is None or first.subject != wanted:
        raise FirstLesson(
            _("第一课应是%(wanted)s学习，现在是“%(now)s”。")
            % {"wanted": Lesson.Subject(wanted).label, "now": first.title if first else _("空")},
            field="lessons",
            remedy=_("请把党章学习排在第一课，再印发。"),
        )
    plan.state, plan.issued_by, plan.issued_at = StudyPlan.State.ISSUED, by, at
    plan.save(update_fields=["state", "issued_by", "issued_at"])
    units = Org.objects.public().filter(path__under=plan.unit.path)
    posts = Post.objects.held_on(localdate(at)).filter(role="secretary", org__in=units)
    tell(
        users=posts.exclude(user=by.pk).people(),
        title=_("印发学习计划：%s") % plan.title,
        text=_("共 %(n)d 课，第一课：%(first)s。")
        % {"n": plan.lessons.count(), "first": first.title},
        url=reverse("meetings:study-plan", args=[plan.pk]),
        key=f"study-plan:{plan.pk}",
        at=at,
    )
    write_log(
        unit=plan.unit, kind="study", text=_("印发%s。") % plan.title, at=at, recorded_at=at,
        source=f"meetings.studyplan:{plan.pk}", key=f"study-plan:{plan.pk}", actor=by,
    )  # fmt: skip
    return plan


@transaction.atomic
def finish_lesson(*, lesson: Lesson, unit: Org, by: User, at: datetime, note: str) -> LessonDone:
    """Say that a unit went through a lesson without a meeting here; with how, in a sentence.

    :raises NotYours, Invalid: for a unit the plan was not issued to
    """
    if not runs(by, unit.path):
        raise NotYours(_("您不负责%s的组织生活。") % unit.name)
    plan = StudyPlan.objects.select_related("unit").get(pk=lesson.plan_id)
    if plan.state != StudyPlan.State.ISSUED or not unit.path.startswith(plan.unit.path):
        raise Invalid(_("这份学习计划没有印发给%s。") % unit.name, field="unit")
    note = clean_text(note, limit=200, field_label=_("完成情况"))
    given = {"note": note, "by": by, "at": at}
    return LessonDone.objects.get_or_create(lesson=lesson, unit=unit, defaults=given)[0]


@transaction.atomic
def found_group(
    *, unit: Org, kind: str, name: str, leader: Person | None, members: Iterable[Person],
    founded_on: date, by: User, at: datetime,
) -> StudyGroup:  # fmt: skip
    """Found a study group of a unit; its leader is one of its members.

    :raises NotYours, GroupExists, Invalid:
    """
    _check_keeps(by, unit)
    if kind not in StudyGroup.Kind.values:
        raise Invalid(_("请选择小组类型。"), field="kind")
    name = clean_text(name, limit=60, field_label=_("小组名称"))
    people = {one.pk: one for one in members} | ({leader.pk: leader} if leader else {})
    if not people:
        raise Invalid(_("请选择小组成员。"), field="members")
    if founded_on > localdate(at):
        raise Invalid(_("成立日期还没到。"), field="founded_on")
    try:
        with transaction.atomic():
            group = StudyGroup.objects.create(
                unit=unit, kind=kind, name=name, leader=leader, founded_on=founded_on
            )
    except IntegrityError:
        raise GroupExists(
            _("%(unit)s已有“%(name)s”。") % {"unit": unit.name, "name": name}, field="name"
        ) from None
    group.members.set(people.values())
    write_log(
        unit=unit, kind="study", text=_("成立%(kind)s“%(name)s”，%(n)d 人。")
        % {"kind": group.get_kind_display(), "name": name, "n": len(people)},
        at=at, recorded_at=at, source=f"meetings.studygroup:{group.pk}",
        key=f"study-group:{group.pk}", actor=by,
    )  # fmt: skip
    return group


@transaction.atomic
def post_task(
    *, unit: Org, tag: str, title: str, text: str, due_on: date, by: User, at: datetime
) -> HardTask:
    """Post a hard task to the youth groups under a unit; their leaders are told (S2.10)."""
    _check_keeps(by, unit)
    if tag not in HardTask.Tag.values:
        raise Invalid(_("请选择任务类型。"), field="tag")
    if due_on < localdate(at):
        raise Invalid(_("完成时限已过。"), field="due_on")
    task = HardTask.objects.create(
        unit=unit, tag=tag, due_on=due_on, posted_by=by, posted_at=at,
        title=clean_text(title, limit=100, field_label=_("任务")),
        text=clean_text(text, limit=500, field_label=_("要求"), required=False, multiline=True),
    )  # fmt: skip
    groups = StudyGroup.objects.filter(
        kind=StudyGroup.Kind.YOUTH, ended_on=None, unit__path__under=unit.path
    )
    leaders = groups.filter(leader__user__isnull=False).values("leader__user")
    tell(
        users=User.objects.filter(pk__in=leaders, is_active=True),
        title=_("急难险重任务：%s") % task.title,
        text=task.text or task.get_tag_display(),
        url=reverse("meetings:task", args=[task.pk]),
        key=f"hard-task:{task.pk}",
        at=at,
    )
    return task


def leads(user: User, group: StudyGroup) -> bool:
    """Say whether a user speaks for a group: its leader, or who holds its unit's meetings."""
    return bool(group.leader and group.leader.user_id == user.pk) or runs(user, group.unit.path)


@transaction.atomic
def take_up(*, task: HardTask, group: StudyGroup, by: User, at: datetime) -> TakeUp:
    """Take a task for a youth group, by its leader or its unit. :raises NotYours, TaskTaken:"""
    task = HardTask.objects.select_for_update(of=("self",)).select_related("unit").get(pk=task.pk)
    if not leads(by, group):
        raise NotYours(_("只有小组组长或所在党组织可以认领。"))
    if group.kind != StudyGroup.Kind.YOUTH or not group.unit.path.startswith(task.unit.path):
        raise Invalid(_("这项任务面向%s的青年理论学习小组。") % task.unit.name, field="group")
    if task.closed_at:
        raise TaskTaken(_("任务已完成，不能再认领。"))
    if task.take_ups.filter(group=group).exists():
        raise TaskTaken(_("“%s”已认领这项任务。") % group.name)
    return TakeUp.objects.create(task=task, group=group, by=by, at=at)


@transaction.atomic
def report_task(*, taken: TakeUp, result: str, by: User, at: datetime) -> TakeUp:
    """Say what a group did; the task is closed when every group that took it has.

    :raises NotYours, TaskTaken:
    """
    task = HardTask.objects.select_for_update().get(pk=taken.task_id)
    if not leads(by, taken.group):
        raise NotYours(_("只有小组组长或所在党组织可以填报。"))
    if taken.done_at:
        raise TaskTaken(_("完成情况已填报。"))
    taken.result = clean_text(result, limit=300, field_label=_("完成情况"), multiline=True)
    taken.done_at = at
    taken.save(update_fields=["result", "done_at"])
    if not task.take_ups.filter(done_at=None).exists():
        task.closed_at = at
        task.save(update_fields=["closed_at"])
    write_log(
        unit=taken.group.unit, kind="study",
        text=_("“%(group)s”完成急难险重任务：%(task)s。")
        % {"group": taken.group.name, "task": task.title},
        at=at, recorded_at=at, source=f"meetings.takeup:{taken.pk}", key=f"take-up:{taken.pk}",
        actor=by,
    )  # fmt: skip
    return taken


@transaction.atomic
def count_app(*, unit: Org, registered: int, on: date, by: User, at: datetime) -> AppCount:
    """Write down how many members are registered in the learning app; of how many, we know.

    :raises NotYours, Invalid: if it is more than the register has
    """
    if not runs(by, unit.path):
        raise NotYours(_("您不负责%s的组织生活。") % unit.name)
    if on > localdate(at):
        raise Invalid(_("统计日期还没到。"), field="on")
    members = Membership.objects.members().filter(unit__path__under=unit.path).count()
    if not 0 <= registered <= members:
        raise Invalid(
            _("已注册 %(n)d 人，多于名册上的党员 %(members)d 人。")
            % {"n": registered, "members": members},
            field="registered",
        )
    given = {"members": members, "registered": registered, "by": by, "at": at}
    return AppCount.objects.update_or_create(unit=unit, on=on, defaults=given)[0]
