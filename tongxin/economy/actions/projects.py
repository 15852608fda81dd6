"""A village's one project, step by step; its start-up money; subsidies after building; sales."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.funds import actions as funds
from tongxin.funds.models import Account, Allocation, Source
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.photos.models import Photo
from tongxin.regions.models import Region

from ..models import BuildSubsidy, SalesHelp, VillageProject, VillageStage
from .common import (
    SHORT,
    BadDay,
    NotVerifier,
    check_fen,
    check_past,
    must_look_over,
    must_work_in,
    scoped,
)

State = VillageProject.State
Step = BuildSubsidy.State
MOST_STAGES = 12


class ProjectThere(Refused):
    """A village has one project at a time (一村一策一项目)."""


class ProjectOver(Refused):
    """Nothing is added to a project that has ended."""


class BadStages(Invalid):
    """Stages have names and days in their order."""


class StagesOpen(Refused):
    """A project earns once all its stages are done."""


class StageDone(Refused):
    """A stage is done once."""


class WrongOrder(Refused):
    """A subsidy goes from applied to built to accepted to granted, and no other way."""


class SameHands(NotVerifier):
    """Who applied or built does not accept."""


class NoProof(Invalid):
    """What was built is shown by a photo."""


@transaction.atomic
def plan_project(
    *, village: Region, title: str, policy: str, started_on: date, earns_by: date, by: User,
    at: datetime, stages: Sequence[tuple[str, date]] = (), industry: str = "", planned_fen: int = 0,
    goal_fen: int = 0, helper: Org | None = None,
) -> VillageProject:  # fmt: skip
    """Begin a village's project; `stages` are (name, day) in their order.

    :raises ProjectThere: while another of the village runs
    :raises BadStages, BadDay, BadAmount, NotReporter, NotAVillage: as their names say
    """
    must_work_in(by, village)
    if earns_by < started_on:
        raise BadDay(_("预计见效日期应在开始日期之后。"), field="earns_by")
    _check_stages(stages)
    try:
        with transaction.atomic():
            project = VillageProject.objects.create(
                village=village, started_on=started_on, earns_by=earns_by, helper=helper, by=by,
                at=at, title=clean_text(title, limit=80, field_label=_("项目"), required=True),
                policy=clean_text(policy, limit=300, field_label=_("发展思路"), required=True),
                industry=clean_text(industry, limit=40, field_label=_("产业")),
                planned_fen=check_fen(planned_fen, field="planned", least=0),
                goal_fen=check_fen(goal_fen, field="goal", least=0),
            )  # fmt: skip
    except IntegrityError as error:
        raise ProjectThere(
            _("%s 已有一个在办的项目。") % village.name,
            field="title",
            remedy=_("一村一策一项目：先结束或中止原来的项目。"),
        ) from error
    VillageStage.objects.bulk_create(
        [
            VillageStage(project=project, seq=n, due_on=due_on,
                         name=clean_text(name, limit=40, field_label=_("阶段"), required=True))
            for n, (name, due_on) in enumerate(stages, 1)
        ]
    )  # fmt: skip
    return project


def _check_stages(stages: Sequence[tuple[str, date]]) -> None:
    if len(stages) > MOST_STAGES:
        raise BadStages(_("阶段最多 %d 个。") % MOST_STAGES, field="stages")
    days = [day for _name, day in stages]
    if days != sorted(days):
        raise BadStages(_("各阶段的计划完成日期应依次往后。"), field="stages")


def _locked(project: VillageProject) -> VillageProject:
    rows = VillageProject.objects.select_for_update(of=("self",)).select_related("village")
    project = rows.get(pk=project.pk)
    if project.state in VillageProject.OVER:
        raise ProjectOver(_("项目“%s”已结束。") % project.title)
    return project


@transaction.atomic
def finish_stage(
    *, stage: VillageStage, on: date, by: User, at: datetime, note: str = "",
    photo: Photo | None = None,
) -> VillageStage:  # fmt: skip
    """Say that a stage is done, on which day; the first one begins the building.

    :raises StageDone, ProjectOver, BadDay, NotReporter: as their names say
    """
    project = _locked(stage.project)
    must_work_in(by, project.village)
    stage = VillageStage.objects.select_for_update().get(pk=stage.pk)
    if stage.done_on is not None:
        raise StageDone(_("“%s”已完成。") % stage.name)
    check_past(on, at)
    stage.done_on, stage.done_by, stage.photo = on, by, photo
    stage.note = clean_text(note, limit=SHORT, field_label=_("完成情况"))
    stage.save()
    if project.state == State.PLANNED:
        project.state = State.BUILDING
        project.save(update_fields=["state"])
    return stage


@transaction.atomic
def begin_earning(
    *, project: VillageProject, result: str, by: User, at: datetime
) -> VillageProject:
    """Say that a project earns, and what it brings. :raises StagesOpen, ProjectOver, NotReporter"""
    project = _locked(project)
    must_work_in(by, project.village)
    left = project.stages.filter(done_on__isnull=True).count()
    if left:
        raise StagesOpen(_("还有 %d 个阶段没有完成。") % left)
    project.result = clean_text(result, limit=300, field_label=_("成效"), required=True)
    project.state = State.EARNING
    project.save(update_fields=["result", "state"])
    return project


@transaction.atomic
def end_project(
    *, project: VillageProject, result: str, by: User, at: datetime, stopped: bool = False
) -> VillageProject:
    """End a project with its result, or stop it with the reason; another may begin then.

    :raises ProjectOver, NotVerifier: as their names say; the street ends, not the village
    """
    project = _locked(project)
    must_look_over(by, project.village)
    label = _("中止原因") if stopped else _("成效")
    project.result = clean_text(result, limit=300, field_label=label, required=True)
    project.state = State.STOPPED if stopped else State.ENDED
    project.over_on = localdate(at)
    project.save(update_fields=["result", "state", "over_on"])
    return project


def url_of(project: VillageProject) -> str:
    return reverse("economy:project", args=[project.pk])


@transaction.atomic
def grant_start_up(
    *, project: VillageProject, account: Account, source: Source, amount_fen: int, by: User,
    at: datetime, due_on: date | None = None, key: str | None = None,
) -> Allocation:  # fmt: skip
    """Give start-up money (代管党费、党费划拨, S4.59) out of an account; the ledger follows it from there.

    :raises ProjectOver: and all that `funds.actions.allocate` raises
    """
    project = _locked(project)
    return funds.allocate(
        account=account, source=source, amount_fen=amount_fen, by=by, at=at, key=key,
        purpose=_("启动资金：%s") % project.title, region=project.village,
        to=("village_project", str(project.pk), f"{project.village.name} {project.title}"[:120], url_of(project)),
        payables=((due_on, amount_fen),) if due_on else (),
    )  # fmt: skip


# Subsidies after building.


@transaction.atomic
def apply_subsidy(
    *, project: VillageProject, title: str, asked_fen: int, by: User, at: datetime
) -> BuildSubsidy:
    """Ask for a subsidy before building. :raises ProjectOver, BadAmount, NotReporter: as named"""
    project = _locked(project)
    must_work_in(by, project.village)
    return BuildSubsidy.objects.create(
        project=project, by=by, at=at, asked_fen=check_fen(asked_fen, field="asked"),
        title=clean_text(title, limit=120, field_label=_("建设内容"), required=True),
    )  # fmt: skip


def _subsidy(subsidy: BuildSubsidy, *steps: str) -> BuildSubsidy:
    rows = BuildSubsidy.objects.select_for_update(of=("self",))
    subsidy = rows.select_related("project__village").get(pk=subsidy.pk)
    if subsidy.state not in steps:
        raise WrongOrder(
            _("这笔补助现在是“%s”：先建成，再由他人验收，合格后才能拨付。")
            % subsidy.get_state_display()
        )
    return subsidy


@transaction.atomic
def report_built(
    *, subsidy: BuildSubsidy, photo: Photo | None, on: date, by: User, at: datetime
) -> BuildSubsidy:
    """Say that it is built, with a photo. :raises NoProof, WrongOrder, BadDay, NotReporter: as named"""
    subsidy = _subsidy(subsidy, Step.APPLIED, Step.FAILED)
    must_work_in(by, subsidy.project.village)
    if photo is None:
        raise NoProof(_("请上传建成后的照片。"), field="photo")
    check_past(on, at)
    if on < localdate(subsidy.at):
        raise BadDay(_("先申报、后建设：建成日期应在申报之后。"), field="on")
    subsidy.state, subsidy.built_on, subsidy.built_by, subsidy.proof = Step.BUILT, on, by, photo
    subsidy.save()
    return subsidy


@transaction.atomic
def accept_subsidy(
    *, subsidy: BuildSubsidy, passed: bool, opinion: str, by: User, at: datetime,
    granted_fen: int = 0, photo: Photo | None = None,
) -> BuildSubsidy:  # fmt: skip
    """Look at what was built on the spot, and say what is granted; somebody of the street or above.

    :raises SameHands: for who applied or built
    :raises NotVerifier, WrongOrder, BadAmount: as their names say; NoProof: if passed without a photo
    """
    subsidy = _subsidy(subsidy, Step.BUILT)
    must_look_over(by, subsidy.project.village)
    if by.pk in (subsidy.by_id, subsidy.built_by_id):
        raise SameHands(_("申报和报建成的人不能验收，请换一人。"))
    if passed and photo is None:
        raise NoProof(_("请上传验收现场的照片。"), field="photo")
    if passed and check_fen(granted_fen, field="granted") > subsidy.asked_fen:
        raise WrongOrder(_("核定补助不能超过申报的金额。"), field="granted")
    subsidy.opinion = clean_text(opinion, limit=SHORT, field_label=_("验收意见"), required=True)
    subsidy.accepted_on, subsidy.accepted_by = localdate(at), by
    subsidy.acceptance_proof = photo
    subsidy.granted_fen = granted_fen if passed else 0
    subsidy.state = Step.ACCEPTED if passed else Step.FAILED
    subsidy.save()
    return subsidy


@transaction.atomic
def grant_subsidy(
    *, subsidy: BuildSubsidy, account: Account, source: Source, by: User, at: datetime,
    due_on: date | None = None,
) -> BuildSubsidy:  # fmt: skip
    """Give what was granted out of an account, once; paid from there as any other money.

    :raises SameHands: for who applied or accepted
    :raises WrongOrder: before it was accepted; and all that `funds.actions.allocate` raises
    """
    subsidy = _subsidy(subsidy, Step.ACCEPTED)
    if by.pk in (subsidy.by_id, subsidy.accepted_by_id):
        raise SameHands(_("申报人和验收人不能办理拨付，请换一人。"))
    project = subsidy.project
    subsidy.allocation = funds.allocate(
        account=account, source=source, amount_fen=subsidy.granted_fen, by=by, at=at,
        purpose=_("先建后补：%s") % subsidy.title, region=project.village,
        to=("village_project", str(project.pk), f"{project.village.name} {project.title}"[:120], url_of(project)),
        payables=((due_on, subsidy.granted_fen),) if due_on else (),
    )  # fmt: skip
    subsidy.state = Step.GRANTED
    subsidy.save()
    return subsidy


@transaction.atomic
def refuse_subsidy(*, subsidy: BuildSubsidy, reason: str, by: User, at: datetime) -> BuildSubsidy:
    """Refuse what was not granted yet. :raises NotVerifier, WrongOrder: as named"""
    subsidy = _subsidy(subsidy, Step.APPLIED, Step.BUILT, Step.FAILED, Step.ACCEPTED)
    must_look_over(by, subsidy.project.village)
    subsidy.opinion = clean_text(reason, limit=SHORT, field_label=_("原因"), required=True)
    subsidy.state, subsidy.granted_fen = Step.REFUSED, 0
    subsidy.save()
    return subsidy


@transaction.atomic
def record_sale(
    *, village: Region, product: str, amount_fen: int, on: date, by: User, at: datetime,
    channel: str = SalesHelp.Channel.ONLINE, quantity: str = "", helper: str = "",
    key: str | None = None,
) -> SalesHelp:  # fmt: skip
    """Write down what was sold for a village. :raises NotReporter, BadAmount, BadDay: as named"""
    must_work_in(by, village)
    kept = scoped(by, key)
    if kept and (old := SalesHelp.objects.filter(key=kept).first()):
        if (old.amount_fen, old.village_id) != (amount_fen, village.pk):
            raise KeyReused(_("这个 Idempotency-Key 已用于另一笔。"), field="Idempotency-Key")
        return old
    if channel not in SalesHelp.Channel.values:
        raise Invalid(_("没有“%s”这个选项。") % channel[:20], field="channel")
    check_past(on, at)
    return SalesHelp.objects.create(
        village=village, channel=channel, on=on, by=by, at=at, key=kept,
        amount_fen=check_fen(amount_fen),
        product=clean_text(product, limit=60, field_label=_("产品"), required=True),
        quantity=clean_text(quantity, limit=40, field_label=_("数量")),
        helper=clean_text(helper, limit=80, field_label=_("帮卖单位")),
    )  # fmt: skip
