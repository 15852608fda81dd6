"""Goals of a programme: set, changed with an audit, driven by entries, accepted by the lead (S4.5)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org, Post, Sector
from tongxin.orgs.scope import keeps_register

from ..models import Aim, Goal, GoalEntry, Programme
from ..queries import goal_views
from .common import BadYear, NotYours, key_of, must_keep, not_ahead
from .programmes import must_run


class BadTarget(Invalid):
    """The target is not a figure of its kind."""


class BadOwner(Invalid):
    """Who answers for a goal is the programme's unit or one below it."""


class GoalTaken(Refused):
    """The field has this goal in that year already."""


class GoalOver(Refused):
    """A goal that was accepted takes no entries."""


class BadCount(Invalid):
    """More was done than there is, or a per cent without its base."""


class BadCorrection(Refused):
    """Only an entry of the same goal is corrected, and once."""


class NotReached(Refused):
    """The figure does not reach the target."""


class CountedElsewhere(Refused):
    """The figure of this goal is computed, and entered by nobody."""


@transaction.atomic
def set_goal(
    *, programme: Programme, sector: str, year: int, title: str, measure: str, unit_of: str,
    target: Decimal, owner: Org, due: date, by: User, at: datetime, aim: Aim | None = None,
    counts: str = Goal.Counts.ENTRIES,
) -> Goal:  # fmt: skip
    """Set what a field is to reach in a year; who answers for it is told.

    :raises NotYours, ProgrammeOver, BadYear, BadTarget, BadOwner, GoalTaken, Invalid:
    """
    must_keep(by, programme.unit)
    must_run(programme)
    if sector and sector not in Sector.values:
        raise Invalid(_("请选择领域。"), field="sector")
    if year not in programme.years:
        words = {"first": programme.from_year, "last": programme.to_year}
        raise BadYear(_("年度要在 %(first)d 到 %(last)d 之间。") % words, field="year")
    _check_target(unit_of, target, counts)
    _check_owner(programme, owner)
    if not date(year, 1, 1) <= due <= date(year + 1, 3, 31):
        raise BadYear(_("完成期限应在 %d 年内，最晚到次年 3 月底。") % year, field="due")
    if aim is not None and aim.programme_id != programme.pk:
        raise Invalid(_("请选择本规划的目标方向。"), field="aim")
    title = clean_text(title, limit=120, field_label=_("任务"), required=True)
    try:
        with transaction.atomic():
            made = Goal.objects.create(
                programme=programme, sector=sector, year=year, title=title, aim=aim,
                measure=clean_text(measure, limit=60, field_label=_("指标"), required=True),
                unit_of=unit_of, target=target, counts=counts, owner=owner, due=due,
                made_by=by, made_at=at,
            )  # fmt: skip
    except IntegrityError as error:
        raise GoalTaken(_("这个领域当年已经有任务“%s”了。") % title, field="title") from error
    _tell_owner(made, _("新的年度任务"), f"standards.goal:{made.pk}:set", at)
    return made


def _check_target(unit_of: str, target: Decimal, counts: str) -> None:
    if unit_of not in Goal.Unit.values or counts not in Goal.Counts.values:
        raise Invalid(_("请选择计量和取数方式。"), field="unit_of")
    if target <= 0 or target >= 10**8:
        raise BadTarget(_("目标值要大于 0。"), field="target")
    if unit_of == Goal.Unit.PERCENT and target > 100:
        raise BadTarget(_("百分比目标不能超过 100。"), field="target")
    if counts == Goal.Counts.STANDARD and unit_of != Goal.Unit.PERCENT:
        raise BadTarget(_("达标率按百分比计。"), field="unit_of")


def _check_owner(programme: Programme, owner: Org) -> None:
    inside = owner.path.startswith(programme.unit.path)
    if owner.kind != Org.Kind.PARTY or owner.dissolved_on or not inside:
        words = {"unit": programme.unit.name}
        raise BadOwner(_("责任党组织应是%(unit)s或它的下级。") % words, field="owner")


def _tell_owner(goal: Goal, title: str, key: str, at: datetime) -> None:
    posts = Post.objects.held_on(localdate(at)).filter(org=goal.owner, role=Post.Role.SECRETARY)
    users = [post.user for post in posts.select_related("user")]
    words = {"title": goal.title, "due": goal.due}
    tell(
        users=users, title=title, text=_("%(title)s，%(due)s 前完成") % words,
        url=reverse("standards:goal", args=[goal.pk]), key=key, at=at,
    )  # fmt: skip


def _locked(goal: Goal) -> Goal:
    rows = Goal.objects.select_for_update(of=("self",))
    return rows.select_related("programme__unit", "owner").get(pk=goal.pk)


@transaction.atomic
def change_goal(
    *, goal: Goal, target: Decimal, due: date, owner: Org, reason: str, by: User, at: datetime
) -> Goal:
    """Change target, day or owner, with the reason; what was before stands in the audit.

    :raises NotYours, ProgrammeOver, GoalOver, BadTarget, BadOwner, BadYear, Invalid:
    """
    row = _locked(goal)
    must_keep(by, row.programme.unit)
    must_run(row.programme)
    if row.closed_on is not None:
        raise GoalOver(_("任务“%s”已经验收。") % row.title)
    reason = clean_text(reason, limit=300, field_label=_("理由"), required=True)
    _check_target(row.unit_of, target, row.counts)
    _check_owner(row.programme, owner)
    if not date(row.year, 1, 1) <= due <= date(row.year + 1, 3, 31):
        raise BadYear(_("完成期限应在 %d 年内，最晚到次年 3 月底。") % row.year, field="due")
    before = {"target": str(row.target), "due": str(row.due), "owner": row.owner_id}
    row.target, row.due, row.owner = target, due, owner
    row.save(update_fields=["target", "due", "owner"])
    after = {"target": str(target), "due": str(due), "owner": owner.pk}
    if after != before:
        detail = {"from": before, "to": after, "reason": reason}
        audit(actor=by, action="goal.change", object=str(row), at=at, detail=detail)
        _tell_owner(row, _("年度任务有调整"), f"standards.goal:{row.pk}:{at:%Y%m%d%H%M%S}", at)
    return row


@transaction.atomic
def add_entry(
    *, goal: Goal, on: date, text: str, by: User, at: datetime, done: int | None = None,
    total: int | None = None, evidence: str = "", corrects: GoalEntry | None = None, key: str = "",
) -> GoalEntry:  # fmt: skip
    """Write a step towards a goal. `done` is what is reached by that day in all, of `total`.

    An entry is never changed: a wrong one is corrected by one that names it. A retry with the same
    key writes once.

    :raises NotYours, GoalOver, ProgrammeOver, BadDay, BadCount, BadCorrection, CountedElsewhere:
    :raises KeyReused: if the key belongs to an entry of another goal
    """
    row = _locked(goal)
    known = GoalEntry.objects.filter(key=key_of(by, key)).first() if key else None
    if known is not None:
        if known.goal_id != row.pk:
            raise KeyReused(_("这个键已经用于别的填报。"))
        return known
    if not keeps_register(by, row.owner.path):
        raise NotYours(_("由%s填报进展。") % row.owner.name)
    must_run(row.programme)
    if row.closed_on is not None:
        raise GoalOver(_("任务“%s”已经验收，不再填报。") % row.title)
    not_ahead(on, at)
    _check_count(row, done, total)
    _check_correction(row, corrects)
    return GoalEntry.objects.create(
        goal=row, on=on, done=done, total=total, corrects=corrects, by=by, at=at,
        text=clean_text(text, limit=500, field_label=_("进展"), required=True, multiline=True),
        evidence=clean_text(evidence, limit=300, field_label=_("佐证")), key=key_of(by, key),
    )  # fmt: skip


def _check_count(goal: Goal, done: int | None, total: int | None) -> None:
    if done is None:
        if total is not None:
            raise BadCount(_("填了总数，请同时填完成数。"), field="done")
        return
    if goal.counts == Goal.Counts.STANDARD:
        raise CountedElsewhere(
            _("这项任务的达标率由考核结果计算，不用填数。"), field="done",
            remedy=_("请只写进展，或到“达标考核”确认考核结果。"),
        )  # fmt: skip
    if goal.unit_of == Goal.Unit.PERCENT:
        if total is None or total < 1:
            raise BadCount(_("百分比要有总数：完成数和总数都要填。"), field="total")
        if done > total:
            words = {"done": done, "total": total}
            raise BadCount(_("完成 %(done)d 个，总数 %(total)d 个，请核对。") % words, field="done")


def _check_correction(goal: Goal, corrects: GoalEntry | None) -> None:
    if corrects is None:
        return
    if corrects.goal_id != goal.pk:
        raise BadCorrection(_("只能更正本任务的填报。"), field="corrects")
    if GoalEntry.objects.filter(corrects=corrects).exists():
        raise BadCorrection(_("这条填报已经更正过了。"), field="corrects")


@transaction.atomic
def accept_goal(*, goal: Goal, on: date, note: str, by: User, at: datetime) -> Goal:
    """Accept a goal as done (验收), by who leads the programme; its figure must reach the target.

    :raises NotYours, GoalOver, NotReached, BadDay:
    """
    row = _locked(goal)
    must_keep(by, row.programme.unit)
    if row.closed_on is not None:
        raise GoalOver(_("任务“%s”已经验收。") % row.title)
    not_ahead(on, at)
    note = clean_text(note, limit=300, field_label=_("验收意见"), required=True)
    view = goal_views([row], localdate(at))[0]
    if row.unit_of != Goal.Unit.DONE and not view.reached:
        raise NotReached(
            _("还没有达到目标：%s。") % view.words, remedy=_("请先填报进展，或调整目标并写明理由。")
        )
    row.closed_on = on
    row.save(update_fields=["closed_on"])
    text = _("年度任务“%(title)s”通过验收：%(said)s。%(note)s")
    words = {"title": row.title, "said": view.words, "note": note}
    write_log(
        unit=row.owner, kind=LogEntry.Kind.ASSESSMENT, text=text % words, at=at, recorded_at=at,
        source=f"standards.goal:{row.pk}", key=f"goal:{row.pk}:accepted", actor=by,
    )  # fmt: skip
    return row
