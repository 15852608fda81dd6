"""Benchmarking: exemplars, who learns from which, projects with baseline, target and result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted
from tongxin.orgs.models import Org
from tongxin.orgs.scope import roles_over

from ..models import BenchmarkCheck, BenchmarkProject, Exemplar, Pairing, Programme
from ..models.common import OVERSEERS
from .common import BadAmount, BadDates, WrongState, amount, is_of, line, lines, must_lead
from .programmes import NameTaken

Verdict = BenchmarkCheck.Verdict


@transaction.atomic
def pair(
    *, programme: Programme, org: Org, exemplar: str, kind: str, by: User, at: datetime
) -> Pairing:
    """Let a unit learn from an exemplar; both are found again where they are there already.

    :raises WrongState: unless the programme is one of benchmarking and open
    """
    _check_open(programme, by)
    if kind not in Exemplar.Kind.values:
        raise Invalid(_("标杆类型应为城市、开发区或园区。"), field="kind")
    name = line(exemplar, limit=40, label=_("标杆"), required=True)
    one, _new = Exemplar.objects.get_or_create(
        programme=programme, name=name, defaults={"kind": kind}
    )
    if one.kind != kind:
        words = {"name": name, "kind": one.get_kind_display()}
        raise Invalid(_("“%(name)s”已登记为%(kind)s。") % words, field="kind")
    paired, _new = Pairing.objects.get_or_create(programme=programme, org=org, exemplar=one)
    return paired


def _check_open(programme: Programme, by: User) -> None:
    must_lead(by, programme.region.path, what=_("安排对标"))
    if programme.kind != "benchmark":
        raise WrongState(_("对标关系要建在“对标改革”类的方案里。"))
    if programme.state == Programme.State.CLOSED:
        raise WrongState(_("“%s”已经完结，不能再改。") % programme.name)


@transaction.atomic
def add_project(
    *, pairing: Pairing, name: str, measure: str, baseline: Any, theirs: Any, target: Any,
    due_on: date, by: User, at: datetime, unit: str = "", less_is_better: bool = False,
    gap: str = "", measures: str = "",
) -> BenchmarkProject:  # fmt: skip
    """Write down a project: baseline, the exemplar's figure, the target, gap and measures.

    :raises BadAmount: unless the target is better than the baseline
    :raises NameTaken, BadDates, NotPermitted: as their names say
    """
    programme = pairing.programme
    if not is_of(by, pairing.org):
        _check_open(programme, by)
    name = line(name, limit=80, label=_("对标项目"), required=True)
    if pairing.projects.filter(name=name).exists():
        raise NameTaken(_("这里已有同名项目“%s”。") % name, field="name")
    if not programme.start_on <= due_on <= programme.end_on:
        raise BadDates(_("完成期限应在方案的起止日期之内。"), field="due_on")
    base, other, goal = (
        _number(value, label, field)
        for value, label, field in (
            (baseline, _("基线值"), "baseline"), (theirs, _("标杆值"), "theirs"), (target, _("目标值"), "target"),
        )
    )  # fmt: skip
    if (goal >= base) if less_is_better else (goal <= base):
        raise BadAmount(_("目标值应好于基线值。"), field="target")
    return BenchmarkProject.objects.create(
        pairing=pairing, name=name, measure=line(measure, limit=60, label=_("指标"), required=True),
        unit=line(unit, limit=12, label=_("单位")), less_is_better=less_is_better, baseline=base,
        theirs=other, target=goal, due_on=due_on, gap=lines(gap, limit=500, label=_("差距和原因")),
        measures=lines(measures, limit=1000, label=_("改进措施")),
    )  # fmt: skip


def _number(value: Any, label: str, field: str) -> Any:
    number = amount(value, label=label, field=field)
    if number is None:
        raise BadAmount(_("请填“%s”。") % label, field=field)
    return number


@transaction.atomic
def check_project(
    project: BenchmarkProject, *, on: date, value: Any, verdict: str, note: str, by: User,
    at: datetime,
) -> BenchmarkCheck:  # fmt: skip
    """Check a project on the way or at its end: the figure, the finding, the evidence.

    Who works in the unit does not check it.

    :raises NotPermitted: unless `by` overlooks the programme's place and is not of the unit
    :raises BadDates: in the future, or before the last check
    """
    rows = BenchmarkProject.objects.select_for_update(of=("self",))
    project = rows.select_related("pairing__programme__region", "pairing__org").get(pk=project.pk)
    path = project.pairing.programme.region.path
    if roles_over(by, path).isdisjoint(OVERSEERS) or is_of(by, project.pairing.org):
        raise NotPermitted(_("对标项目由督办单位检查，本单位不能检查自己。"))
    if on > localdate(at):
        raise BadDates(_("检查日期不能晚于今天。"), field="on")
    last = project.checks.order_by("-on").first()
    if last is not None and on < last.on:
        raise BadDates(_("上次检查是 %s，不能补记更早的。") % last.on, field="on")
    if verdict not in Verdict.values:
        raise Invalid(_("请选检查结论。"), field="verdict")
    number = _number(value, _("现值"), "value")
    reached = number <= project.theirs if project.less_is_better else number >= project.theirs
    if verdict == Verdict.AHEAD and not reached:
        raise Invalid(_("现值还没有达到标杆值，不能写“达到标杆”。"), field="verdict")
    project.result, project.result_on = number, on
    project.save(update_fields=["result", "result_on"])
    return BenchmarkCheck.objects.create(
        project=project, on=on, value=number, verdict=verdict, by=by, at=at,
        note=lines(note, limit=500, label=_("情况和佐证"), required=True),
    )  # fmt: skip


@transaction.atomic
def take_back(*, pairings: Sequence[int], projects: Sequence[int], by: User, at: datetime) -> None:
    """Take back what a sheet brought in: projects nobody checked yet, pairings without others.

    :raises WrongState: if one of the projects was checked
    """
    rows = BenchmarkProject.objects.select_for_update().filter(pk__in=projects)
    if BenchmarkCheck.objects.filter(project__in=rows).exists():
        raise WrongState(_("有对标项目已经检查过，不能撤销导入。"))
    count = rows.delete()[0]
    Pairing.objects.filter(pk__in=pairings, projects=None).delete()
    audit(actor=by, action="projects.take_back", object="benchmarks", at=at, detail={"rows": count})
