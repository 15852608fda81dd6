"""Hard problems: raised, planned, worked on, looked at by conferences, taken up a level (S4.71)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.cases.actions import make_move, open_case
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.kit.ids import uuid7
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import HardProblem, ProblemKind, ProblemReview, ProblemStep
from ..models.common import LEADS
from .common import BadDates, WrongState, line, lines, scoped
from .duties import source_of
from .promises import check_secretary

KEEPER = frozenset({"keeper"})
RAISERS = (*LEADS, "secretary", "leader")
OVER = ("officer", "leader")  # who sees the case of a problem on their land
MOST_STEPS = 20


class NotHigher(Invalid):
    """A problem is taken up: to a unit of a level above the one that has it."""


@transaction.atomic
def raise_problem(
    *, kind: str, title: str, goal: str, region: Region, org: Org, owner: User, due_on: date,
    by: User, at: datetime, text: str = "", key: str | None = None,
) -> HardProblem:  # fmt: skip
    """Put a problem on the list, in the hands of a secretary: a case of the flow `hard_problem`.

    :raises NotASecretary: unless the owner is the secretary of the unit
    :raises NotPermitted: unless `by` is the owner, or leads the place
    """
    today = localdate(at)
    kept = scoped(by, key)
    if kept and (made := HardProblem.objects.filter(key=kept).first()):
        return made
    if by.pk != owner.pk and roles_over(by, region.path).isdisjoint(RAISERS):
        raise NotPermitted(_("难题由书记自己领，或由上级安排。"))
    check_secretary(owner, org, today)
    if not region.path.startswith(org.region.path):
        raise Invalid(_("“%s”管不到这个地方。") % org.name, field="org")
    if kind not in ProblemKind.values:
        raise Invalid(_("请选难题类型。"), field="kind")
    if due_on < today:
        raise BadDates(_("攻坚期限不能早于今天。"), field="due_on")
    title = line(title, limit=110, label=_("难题"), required=True)
    goal = line(goal, limit=300, label=_("要达到什么"), required=True)
    id = uuid7(at)
    case = open_case(
        kind="hard_problem", title=title, text=lines(text, limit=3000, label=_("情况")),
        region=region, at=at, actor=by, handler=org, holder=owner, is_private=True,
        data={"problem": str(id), "owner": owner.name, "due_on": str(due_on)},
    )  # fmt: skip
    return HardProblem.objects.create(
        id=id, case=case, kind=kind, title=title, goal=goal, region=region, at_region=org.region,
        owner=owner, org=org, raised_by=by, due_on=due_on, at=at, key=kept,
    )  # fmt: skip


@transaction.atomic
def plan_problem(
    problem: HardProblem, *, plan: str, steps: Sequence[tuple[str, date]], by: User, at: datetime
) -> HardProblem:
    """Write the plan with its steps; planned anew, steps that are done stay.

    :raises NotPermitted: unless `by` is the owner
    :raises BadDates: for a step due before today or after the problem's own day
    """
    problem, case = _held(problem)
    _must_own(problem, by)
    words = lines(plan, limit=3000, label=_("攻坚方案"), required=True)
    if not 1 <= len(steps) <= MOST_STEPS:
        raise Invalid(_("请写 1 到 %d 个步骤。") % MOST_STEPS, field="steps")
    rows = []
    done = list(problem.steps.filter(done_at__isnull=False))
    for n, (text, due_on) in enumerate(steps, max((one.n for one in done), default=0) + 1):
        if not localdate(at) <= due_on <= problem.due_on:
            raise BadDates(
                _("“%(step)s”的期限应在今天到 %(due)s 之间。") % {"step": text[:20], "due": problem.due_on},
                field="steps",
            )  # fmt: skip
        said = line(text, limit=200, label=_("步骤"), required=True)
        rows.append(ProblemStep(problem=problem, n=n, text=said, due_on=due_on))
    make_move(case, "plan", at=at, actor=by, note=words[:2000], parts=KEEPER)
    problem.steps.filter(done_at=None).delete()
    ProblemStep.objects.bulk_create(rows)
    problem.plan = words
    problem.save(update_fields=["plan"])
    return problem


@transaction.atomic
def finish_step(step: ProblemStep, *, note: str, by: User, at: datetime) -> ProblemStep:
    """Say that a step is done; it is written on the case as progress."""
    problem, case = _held(step.problem)
    _must_own(problem, by)
    step = ProblemStep.objects.select_for_update().get(pk=step.pk)
    if step.done_at is not None:
        raise WrongState(_("这一步已经完成。"))
    step.note, step.done_at = line(note, limit=300, label=_("完成情况"), required=True), at
    make_move(case, "report", at=at, actor=by, note=f"{step.text}：{step.note}", parts=KEEPER)
    step.save(update_fields=["note", "done_at"])
    return step


@transaction.atomic
def review_problem(
    problem: HardProblem, *, on: date, text: str, meeting: Sequence[str], by: User, at: datetime
) -> ProblemReview:
    """Write down what a conference found; `meeting` is (kind, id, label, url) of another app's record.

    :raises NotPermitted: unless `by` is the owner or leads the place
    """
    problem, case = _held(problem)
    if by.pk != problem.owner_id and roles_over(by, problem.at_region.path).isdisjoint(OVER):
        raise NotPermitted(_("研究意见由领办人或督办单位记录。"))
    if on > localdate(at):
        raise BadDates(_("研究日期不能晚于今天。"), field="on")
    label = line(meeting[2], limit=120, label=_("会议"), required=True)
    said = line(text, limit=500, label=_("研究意见"), required=True)
    make_move(case, "review", at=at, actor=by, note=f"{label}：{said}", parts=KEEPER)
    source = source_of((meeting[0], meeting[1], label, meeting[3]))
    return ProblemReview.objects.create(problem=problem, on=on, text=said, by=by, at=at, **source)


@transaction.atomic
def escalate_problem(
    problem: HardProblem, *, org: Org, owner: User, reason: str, by: User, at: datetime
) -> HardProblem:
    """Take a problem up: to the secretary of a unit of a level above, who plans anew.

    :raises NotHigher: unless that unit's place lies above
    :raises NotASecretary: unless the new owner is its secretary
    :raises NotPermitted: unless `by` is the owner or leads the place
    """
    problem, case = _held(problem)
    if by.pk != problem.owner_id and roles_over(by, problem.at_region.path).isdisjoint(OVER):
        raise NotPermitted(_("由领办人或督办单位提请上一级。"))
    at_path, above = problem.at_region.path, org.region.path
    if not (at_path.startswith(above) and len(above) < len(at_path)):
        raise NotHigher(
            _("“%(org)s”不是%(place)s的上一级。") % {"org": org.name, "place": problem.at_region.name},
            field="org",
        )  # fmt: skip
    check_secretary(owner, org, localdate(at))
    reason = lines(reason, limit=1000, label=_("提请理由"), required=True)
    make_move(
        case, "escalate", at=at, actor=by, note=reason, parts=KEEPER, holder=owner,
        handler=org,
    )  # fmt: skip
    problem.org, problem.owner, problem.at_region = org, owner, org.region
    problem.save(update_fields=["org", "owner", "at_region"])
    return problem


def _must_own(problem: HardProblem, by: User) -> None:
    if by.pk != problem.owner_id:
        raise NotPermitted(_("攻坚由领办书记本人主持。"))


def _held(problem: HardProblem) -> tuple[HardProblem, Case]:
    rows = HardProblem.objects.select_for_update(of=("self",))
    held = rows.select_related("at_region", "case", "org", "owner").get(pk=problem.pk)
    return held, held.case
