"""Taking a project on, handing it to another desk, its indicators, ending it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit, tell
from tongxin.accounts.models import User
from tongxin.cases.actions import system_move
from tongxin.kit.errors import Invalid, Refused
from tongxin.orgs.models import Org
from tongxin.regions.models import Region

from ..models import (
    AllianceProject,
    ApprovalChain,
    Desk,
    DeskTurn,
    Indicator,
    IndicatorReading,
    Industry,
    ProjectProblem,
)
from ..queries.parts import keeps_alliance, runs_project
from .approvals import open_dossier
from .common import BadDay, OverAlready, lines, money, must, not_to_come, scoped, text
from .satisfaction import ask_owner

TEXTS = {"name": (80, True), "address": (120, False)}


class ProjectTaken(Refused):
    """A project stands in one desk; it is handed over, not taken on a second time."""


class StillOpen(Refused):
    """Problems are open: the project is not finished."""


@transaction.atomic
def take_on(
    *, desk: Desk, name: str, owner: Org, region: Region, starts_on: date, by: User, at: datetime,
    contact: User | None = None, industry: str = "other", investment_fen: int = 0,
    is_major: bool = False, about: str = "", address: str = "", lng: float | None = None,
    lat: float | None = None, chain: ApprovalChain | None = None, key: str = "",
) -> AllianceProject:  # fmt: skip
    """Take a project on at a desk and open its approvals; a repeated `key` returns the first one.

    :raises NotYours: unless `by` keeps the alliance
    :raises ProjectTaken: if a desk of any alliance has it already
    :raises BadDay, Invalid, OverAlready:
    """
    kept = scoped(by, key)
    if kept and (before := AllianceProject.objects.filter(key=kept).first()):
        return before
    alliance = desk.alliance
    must(keeps_alliance(by, alliance), what=_("登记联盟项目"), remedy=_("请由召集单位办理。"))
    if alliance.ended_on is not None:
        raise OverAlready(_("“%s”已结束。") % alliance.name)
    if starts_on < alliance.founded_on:
        raise BadDay(_("项目启动日期不能早于联盟成立日期。"), field="starts_on")
    if not region.path.startswith(alliance.region.path):
        raise Invalid(_("项目所在区域不在联盟范围内。"), field="region")
    if industry not in Industry.values:
        raise Invalid(_("请选择行业。"), field="industry")
    name = text(name, _("项目名称"), limit=80)
    try:
        with transaction.atomic():
            project = AllianceProject.objects.create(
                alliance=alliance, desk=desk, name=name, owner=owner, contact=contact,
                region=region, address=text(address, _("地址"), limit=120, required=False),
                lng=lng, lat=lat, industry=industry, is_major=is_major, starts_on=starts_on,
                investment_fen=money(investment_fen, field="investment_fen"),
                text=lines(about, _("简介"), required=False), by=by, at=at, key=kept,
            )  # fmt: skip
    except IntegrityError:
        raise _taken(owner, name) from None
    DeskTurn.objects.create(
        project=project, desk=desk, from_on=max(starts_on, alliance.founded_on), by=by
    )
    open_dossier(
        subject=("alliance_project", str(project.pk), project.name, project_url(project)),
        project=project, region=region, owner=owner, keeper=alliance.convenor, chain=chain,
        starts_on=starts_on, by=by, at=at,
    )  # fmt: skip
    if contact is not None:
        tell(
            users=[contact], title=_("您的项目由%s服务：%s") % (desk.name, name),
            text=_("可以在“党建联盟”里提出问题、查看审批进度。"), url=project_url(project),
            key=f"alliance-project:{project.pk}", at=at,
        )  # fmt: skip
    return project


def _taken(owner: Org, name: str) -> Refused:
    before = AllianceProject.objects.select_related("desk__alliance").get(owner=owner, name=name)
    words = {"name": name, "desk": before.desk.name, "alliance": before.desk.alliance.name}
    return ProjectTaken(
        _("“%(name)s”已由%(alliance)s的%(desk)s承接，一个项目只归一个工作部。") % words,
        field="name", remedy=_("要换工作部，请在项目页办理移交。"),
    )  # fmt: skip


def project_url(project: AllianceProject) -> str:
    return reverse("alliances:project", args=[project.pk])


def locked(project: AllianceProject) -> AllianceProject:
    rows = AllianceProject.objects.select_for_update(of=("self",))
    return rows.select_related("alliance__region", "alliance__convenor", "desk", "owner").get(
        pk=project.pk
    )


def _running(project: AllianceProject) -> AllianceProject:
    """:raises OverAlready: once it has ended"""
    project = locked(project)
    if project.state != AllianceProject.State.ACTIVE:
        raise OverAlready(_("“%s”已结束。") % project.name)
    return project


@transaction.atomic
def change_project(
    project: AllianceProject, *, by: User, at: datetime, **changes: Any
) -> AllianceProject:
    """Change what is said of a project: name, contact, industry, investment_fen, is_major, text, address.

    :raises NotYours, OverAlready, Invalid, ProjectTaken:
    """
    project = _running(project)
    must(runs_project(by, project), what=_("修改项目"))
    for name, (limit, required) in TEXTS.items():
        if name in changes:
            label = _("项目名称") if name == "name" else _("地址")
            changes[name] = text(changes[name], label, limit=limit, required=required)
    if "investment_fen" in changes:
        money(changes["investment_fen"], field="investment_fen")
    if changes.get("industry", Industry.OTHER) not in Industry.values:
        raise Invalid(_("请选择行业。"), field="industry")
    for name, value in changes.items():
        setattr(project, name, value)
    try:
        with transaction.atomic():
            project.save(update_fields=[*changes])
    except IntegrityError:
        raise _taken(project.owner, project.name) from None
    return project


@transaction.atomic
def hand_to_desk(
    project: AllianceProject, *, desk: Desk, reason: str, by: User, at: datetime
) -> AllianceProject:
    """Hand a project to another desk of its alliance, its open problems with it.

    :raises NotYours, OverAlready, Invalid:
    """
    project = _running(project)
    must(keeps_alliance(by, project.alliance), what=_("移交项目"))
    if desk.alliance_id != project.alliance_id:
        raise Invalid(_("只能移交给同一联盟的工作部。"), field="desk")
    if desk.pk == project.desk_id:
        raise Invalid(_("项目已在%s。") % desk.name, field="desk")
    today = localdate(at)
    reason = text(reason, _("原因"))
    DeskTurn.objects.filter(project=project, to_on=None).update(to_on=today)
    DeskTurn.objects.create(project=project, desk=desk, from_on=today, reason=reason, by=by)
    project.desk = desk
    project.save(update_fields=["desk"])
    if desk.head is not None:
        rows = ProjectProblem.objects.filter(project=project, case__closed_at=None)
        for row in rows.select_related("case").order_by("pk"):
            system_move(row.case, "hand_over", at=at, holder=desk.head, note=reason)
    audit(actor=by, action="alliances.hand_over", object=project.name, at=at, reason=reason)
    return project


# Indicators (S0.6).


@transaction.atomic
def set_indicator(
    project: AllianceProject, *, name: str, needed: Decimal, by: User, at: datetime,
    unit: str = "", rule: str = "least", due_on: date | None = None, basis: str = "",
) -> Indicator:  # fmt: skip
    """Say what figure a project has to meet, or change what was said.

    :raises NotYours, OverAlready, Invalid, BadDay:
    """
    project = _running(project)
    must(runs_project(by, project), what=_("设置规划指标"))
    if rule not in Indicator.Rule.values:
        raise Invalid(_("请选择不低于或不高于。"), field="rule")
    if due_on is not None and due_on < project.starts_on:
        raise BadDay(_("期限不能早于项目启动日期 %s。") % project.starts_on, field="due_on")
    values = {
        "unit": text(unit, _("单位"), limit=12, required=False), "rule": rule, "due_on": due_on,
        "needed": _figure(needed, "needed"),
        "basis": text(basis, _("依据"), limit=120, required=False),
    }  # fmt: skip
    indicator, _made = Indicator.objects.update_or_create(
        project=project, name=text(name, _("指标"), limit=60), defaults=values
    )
    return _judge(indicator, localdate(at))


def _figure(value: Decimal, field: str) -> Decimal:
    if not value.is_finite() or abs(value) >= 10**12:
        raise Invalid(_("数值不会是这个数，请核对。"), field=field)
    return value


def _judge(indicator: Indicator, on: date) -> Indicator:
    indicator.met_on = (indicator.met_on or on) if indicator.is_met else None
    indicator.save()
    return indicator


@transaction.atomic
def read_indicator(
    indicator: Indicator, *, value: Decimal, on: date, by: User, at: datetime, note: str = ""
) -> Indicator:
    """Write down what an indicator is on a day; the latest day is what it is now.

    :raises NotYours, OverAlready, BadDay, Invalid:
    """
    project = _running(indicator.project)
    must(runs_project(by, project), what=_("填报规划指标"))
    not_to_come(on, at, field="on")
    if on < project.starts_on:
        raise BadDay(_("日期不能早于项目启动日期 %s。") % project.starts_on, field="on")
    indicator = Indicator.objects.select_for_update().get(pk=indicator.pk)
    IndicatorReading.objects.create(
        indicator=indicator, on=on, value=_figure(value, "value"), by=by, at=at,
        note=text(note, _("说明"), required=False),
    )  # fmt: skip
    latest = indicator.readings.order_by("-on", "-pk")[0]
    indicator.now = latest.value
    return _judge(indicator, latest.on)


# The end.


@transaction.atomic
def finish_project(
    project: AllianceProject, *, on: date, by: User, at: datetime
) -> AllianceProject:
    """Finish a project whose problems are all solved; its owner is asked how satisfied it is (S0.10).

    :raises NotYours, OverAlready, StillOpen, BadDay:
    """
    project = _running(project)
    must(runs_project(by, project), what=_("办结项目"))
    not_to_come(on, at, field="on")
    if on < project.starts_on:
        raise BadDay(_("结束日期不能早于项目启动日期 %s。") % project.starts_on, field="on")
    if n := project.problems.filter(case__closed_at=None).count():
        raise StillOpen(_("还有 %d 个问题没有销号，销号后才能办结项目。") % n)
    project.state, project.closed_on = AllianceProject.State.FINISHED, on
    project.save(update_fields=["state", "closed_on"])
    ask_owner(project, moment="end", label=_("项目办结"), at=at)
    audit(actor=by, action="alliances.finish", object=project.name, at=at)
    return project


@transaction.atomic
def withdraw_project(
    project: AllianceProject, *, reason: str, by: User, at: datetime
) -> AllianceProject:
    """Take a project out of the alliance before it is finished. :raises NotYours, OverAlready, StillOpen:"""
    project = _running(project)
    must(keeps_alliance(by, project.alliance), what=_("退出项目"))
    if n := project.problems.filter(case__closed_at=None).count():
        raise StillOpen(_("还有 %d 个问题没有办完，撤回或销号后才能退出。") % n)
    project.state, project.closed_on = AllianceProject.State.WITHDRAWN, localdate(at)
    project.save(update_fields=["state", "closed_on"])
    audit(
        actor=by,
        action="alliances.withdraw",
        object=project.name,
        at=at,
        reason=text(reason, _("原因")),
    )
    return project
