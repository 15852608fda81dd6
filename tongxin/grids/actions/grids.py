"""A grid's own register: its size, its head, what it offers; hard problems of the community."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org, Post
from tongxin.regions.models import Region

from ..models import GridProfile, GridService, Problem, ProblemNote
from ..models.grids import GRID_KEEPERS
from .common import must_hold, scoped

HEADS = ("grid_worker", "dispatcher", "secretary", "commissioner", "cadre", "first_secretary", "officer")  # fmt: skip
MOST = 100_000
PROBLEM_KEEPERS = (*GRID_KEEPERS, "organiser")


class BadGrid(Invalid):
    """What is said of a grid does not fit it."""


class BadProblem(Invalid):
    """A hard problem needs words, who leads, and a day that comes after."""


class ProblemClosed(Refused):
    """The problem has been written off."""


def _must_be_grid(region: Region) -> None:
    if region.level != Region.Level.GRID:
        raise BadGrid(_("“%s”不是网格。") % region, field="region")


@transaction.atomic
def set_profile(
    *, region: Region, households: int, population: int, at: datetime, by: User, note: str = ""
) -> GridProfile:
    """Write down how large a grid is.

    :raises BadGrid: for land that is no grid, or numbers that cannot be
    :raises NotPermitted: unless `by` keeps grids there
    """
    _must_be_grid(region)
    must_hold(by, GRID_KEEPERS, region.path, what=_("填写网格情况"))
    for name, value in (("households", households), ("population", population)):
        if not 0 <= value <= MOST:
            raise BadGrid(_("数字应在 0 到 %d 之间。") % MOST, field=name)
    if population and households > population:
        raise BadGrid(_("户数不会比人口多，请核对。"), field="households")
    note = clean_text(note, limit=300, field_label=_("备注"))
    values = {"households": households, "population": population, "note": note}
    profile, _new = GridProfile.objects.update_or_create(region=region, defaults=values)
    audit(actor=by, action="grids.profile", object=region.code, at=at, detail=values)
    return profile


@transaction.atomic
def set_head(*, region: Region, head: User | None, on: date, at: datetime, by: User) -> GridProfile:
    """Name the head of a grid (网格长), or take the name away (`head` None).

    :raises BadGrid: for somebody without a working post that reaches the grid
    :raises NotPermitted: unless `by` keeps grids there
    """
    _must_be_grid(region)
    must_hold(by, GRID_KEEPERS, region.path, what=_("指定网格长"))
    if head is not None:
        posts = Post.objects.held_on(on).filter(user=head, role__in=HEADS)
        paths = posts.values_list("region__path", flat=True)
        if not any(region.path.startswith(path) for path in paths):
            raise BadGrid(
                _("%s 在这个网格没有岗位，不能当网格长。") % head, field="head",
                remedy=_("先在“岗位”里给他一个管到这个网格的岗位。"),
            )  # fmt: skip
    profile, _new = GridProfile.objects.update_or_create(
        region=region, defaults={"head": head, "head_since": on if head else None}
    )
    detail = {"head": head.pk if head else None, "on": str(on)}
    audit(actor=by, action="grids.head", object=region.code, at=at, detail=detail)
    if head is not None:
        tell(
            users=[head], title=_("您已任网格长：%s") % region.name, url=f"/grids/{region.code}/",
            text=_("请查看网格情况和在办事项。"), key=f"grid-head:{region.pk}:{on}", at=at,
        )  # fmt: skip
    return profile


@transaction.atomic
def add_service(
    *, region: Region, name: str, at: datetime, by: User, place: str = "", hours: str = "",
    phone: str = "",
) -> GridService:  # fmt: skip
    """Add something residents find in a grid.

    :raises BadGrid: without a name, or for one that is there
    :raises NotPermitted: unless `by` keeps grids there
    """
    _must_be_grid(region)
    must_hold(by, GRID_KEEPERS, region.path, what=_("登记网格服务"))
    name = clean_text(name, limit=60, field_label=_("名称"), required=True)
    if GridService.objects.filter(region=region, name=name, ended_on=None).exists():
        raise BadGrid(_("这个网格已经登记了“%s”。") % name, field="name")
    service = GridService.objects.create(
        region=region, name=name, place=clean_text(place, limit=100, field_label=_("地点")),
        hours=clean_text(hours, limit=60, field_label=_("时间")),
        phone=clean_text(phone, limit=30, field_label=_("公开电话")),
    )  # fmt: skip
    audit(actor=by, action="grids.service", object=f"{region.code} {name}", at=at)
    return service


@transaction.atomic
def end_service(*, service: GridService, on: date, at: datetime, by: User) -> None:
    """:raises NotPermitted: unless `by` keeps grids there"""
    must_hold(by, GRID_KEEPERS, service.region.path, what=_("停用网格服务"))
    if service.ended_on is None:
        service.ended_on = on
        service.save(update_fields=["ended_on"])
        audit(
            actor=by, action="grids.service.end", at=at,
            object=f"{service.region.code} {service.name}",
        )  # fmt: skip


# 重点难点问题 (S4.32)


@transaction.atomic
def list_problem(
    *, region: Region, title: str, lead: Org, due_on: date, at: datetime, by: User, text: str = "",
    measures: str = "", urgency: str = Problem.Urgency.HARD, key: str = "",
) -> Problem:  # fmt: skip
    """Put a hard problem on the list of a community or grid; the unit that leads is told.

    :raises BadProblem: without words, for land above a community, or a day that has passed
    :raises NotPermitted: unless `by` keeps the community's list
    """
    kept = scoped(by, key)
    if kept and (old := Problem.objects.filter(key=kept).first()):
        return old
    if region.level not in (Region.Level.COMMUNITY, Region.Level.GRID):
        raise BadProblem(_("问题列在社区（村）或网格名下。"), field="region")
    must_hold(by, PROBLEM_KEEPERS, region.path, what=_("登记重点难点问题"))
    today = localdate(at)
    if due_on <= today:
        raise BadProblem(_("计划解决日期应在今天之后。"), field="due_on")
    if urgency not in Problem.Urgency.values:
        raise BadProblem(_("类型应是重点或难点。"), field="urgency")
    problem = Problem.objects.create(
        region=region, lead=lead, found_on=today, due_on=due_on, urgency=urgency, by=by, at=at,
        title=clean_text(title, limit=100, field_label=_("问题"), required=True),
        text=clean_text(text, limit=2000, field_label=_("情况"), multiline=True),
        measures=clean_text(measures, limit=2000, field_label=_("措施"), multiline=True), key=kept,
    )  # fmt: skip
    _tell_lead(problem, _("牵头解决：%s") % problem.title, key="listed", at=at)
    return problem


@transaction.atomic
def note_problem(
    *,
    problem: Problem,
    text: str,
    at: datetime,
    by: User,
    due_on: date | None = None,
    key: str = "",
) -> ProblemNote:
    """Write how far a problem is; with `due_on`, put its day off, for the reason given.

    :raises ProblemClosed: if it has been written off
    :raises NotPermitted: unless `by` keeps the list or belongs to the unit that leads
    :raises BadProblem: for a new day that is not later
    """
    kept = scoped(by, key)
    if kept and (old := ProblemNote.objects.filter(key=kept).first()):
        return old
    problem = (
        Problem.objects.select_for_update(of=("self",)).select_related("region").get(pk=problem.pk)
    )
    _must_work_on(problem, by, at)
    text = clean_text(text, limit=500, field_label=_("进展"), required=True, multiline=True)
    note = ProblemNote(problem=problem, text=text, by=by, at=at, key=kept)
    if due_on is not None and due_on != problem.due_on:
        must_hold(by, PROBLEM_KEEPERS, problem.region.path, what=_("推迟计划解决日期"))
        if due_on < problem.due_on or due_on <= localdate(at):
            raise BadProblem(_("新的日期应比原来的 %s 晚。") % problem.due_on, field="due_on")
        note.due_before, note.due_after = problem.due_on, due_on
        problem.due_on = due_on
        problem.save(update_fields=["due_on"])
    note.save()
    return note


def _must_work_on(problem: Problem, by: User, at: datetime) -> None:
    if problem.closed_on:
        raise ProblemClosed(_("这个问题已于 %s 销号。") % problem.closed_on)
    if not Post.objects.held_on(localdate(at)).filter(user=by, org=problem.lead_id).exists():
        must_hold(by, PROBLEM_KEEPERS, problem.region.path, what=_("填写这个问题的进展"))


@transaction.atomic
def close_problem(*, problem: Problem, result: str, on: date, at: datetime, by: User) -> Problem:
    """Write a problem off (销号), with what came of it. Who leads it does not write it off alone.

    :raises ProblemClosed: if it is closed
    :raises NotPermitted: unless `by` keeps the community's list
    :raises BadProblem: without a result
    """
    problem = (
        Problem.objects.select_for_update(of=("self",)).select_related("region").get(pk=problem.pk)
    )
    if problem.closed_on:
        raise ProblemClosed(_("这个问题已于 %s 销号。") % problem.closed_on)
    must_hold(by, PROBLEM_KEEPERS, problem.region.path, what=_("给问题销号"))
    result = clean_text(result, limit=500, field_label=_("结果"), required=True, multiline=True)
    problem.closed_on, problem.result = max(on, problem.found_on), result
    problem.save(update_fields=["closed_on", "result"])
    audit(actor=by, action="grids.problem.close", object=problem.title, at=at)
    return problem


def problems_due(*, at: datetime, limit: int = 50) -> int:
    """Remind who leads a problem, once when its day has passed; return how many problems."""
    today = localdate(at)
    rows = Problem.objects.open().filter(due_on__lt=today, reminded_on=None)
    n = 0
    for pk in list(rows.order_by("due_on").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            if not Problem.objects.filter(pk=pk, reminded_on=None).update(reminded_on=today):
                continue  # another worker got there first
            problem = Problem.objects.select_related("lead", "region").get(pk=pk)
            _tell_lead(
                problem, _("到期未解决：%s") % problem.title, key=f"late:{problem.due_on}", at=at
            )
            n += 1
    return n


def _tell_lead(problem: Problem, title: str, *, key: str, at: datetime) -> None:
    posts = Post.objects.held_on(localdate(at)).filter(org=problem.lead).select_related("user")
    users: list[Any] = [post.user for post in posts]
    words = {"place": problem.region.name, "day": problem.due_on}
    tell(
        users=users, title=title, url=f"/grids/problems/{problem.pk}/",
        text=_("%(place)s，计划 %(day)s 前解决。") % words, key=f"problem:{problem.pk}:{key}", at=at,
    )  # fmt: skip
