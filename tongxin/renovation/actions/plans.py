"""One plan for each place: written, decided by the committee, its stages done in their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import tell
from tongxin.accounts.models import User
from tongxin.kit.backplan import Span, back_from, latest_start, slipped
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.models import Org
from tongxin.orgs.scope import posts_of
from tongxin.regions.queries import calendar_for

from ..models import PlanStage, Site, SitePlan, SlipRequest
from ..models.campaigns import REPORTERS, Mode
from .common import NotYet, hold_site, may_decide, must_hold, note, past

BUILD, ACCEPT = "build", "accept"
PLANNERS = ("officer", "secretary", "first_secretary")
MOST_TASKS = 20


class PlanThere(Refused):
    """The place has its plan: one for each (一村（居）一策, S1.28)."""


class BadPlan(Invalid):
    """A plan needs a way of working, words, tasks with somebody for each, and days that fit."""


class PlanClosed(Refused):
    """The plan was submitted or decided; it is not changed behind the committee's back."""


class PastFinal(Refused):
    """The campaign's last day is fixed; no stage slips past it (卡死后门, S1.29)."""


class NotYourOwn(Refused):
    """Nobody decides what they asked for themselves."""


def plan_url(site: Site) -> str:
    return f"/renovation/sites/{site.pk}/"


@transaction.atomic
def make_plan(
    site: Site, *, mode: str, text: str, lead: User, by: User, at: datetime, builder: str = "",
    tasks: Sequence[dict[str, str]] = (),
) -> SitePlan:  # fmt: skip
    """Write the one plan of a place; its stages are counted back from the campaign's last day.

    :raises PlanThere: if it has one
    :raises BadPlan: for an unknown mode, no words, or a last day that cannot be kept any more
    :raises NotYet: for an exempt place
    """
    site = hold_site(site)
    must_hold(by, PLANNERS, site.path, what=_("编制这里的方案"))
    if site.state == Site.State.EXEMPT:
        raise NotYet(_("%s已免建，不用编制方案。") % site.name)
    if mode not in Mode.values:
        raise BadPlan(_("请选择新建、改造或扩建。"), field="mode")
    spans = _spans(site, mode, localdate(at))
    try:
        with transaction.atomic():
            plan = SitePlan.objects.create(
                site=site, mode=mode, lead=lead, by=by, at=at, tasks=clean_tasks(tasks),
                text=clean_text(text, limit=4000, field_label=_("方案"), required=True, multiline=True),
                builder=clean_text(builder, limit=100, field_label=_("施工单位")),
            )  # fmt: skip
    except IntegrityError as error:
        raise PlanThere(
            _("%s已有方案，一村（居）一策。") % site.name, remedy=_("请在原方案上修改。")
        ) from error
    _write_stages(plan, spans)
    site.state = Site.State.PLANNED
    _stand(site, plan)
    note(site, "plan", _("编制方案：%s") % plan.get_mode_display(), on=localdate(at), by=by, at=at)
    return plan


def _spans(site: Site, mode: str, today: date) -> list[tuple[str, Span]]:
    norms = list(site.campaign.stage_norms.filter(mode=mode))
    if not norms or norms[-1].code != ACCEPT or BUILD not in {norm.code for norm in norms}:
        raise BadPlan(_("这种方式没有工期标准，请先设定。"), field="mode")
    stages = [(norm.code, norm.days) for norm in norms]
    works = calendar_for(site.path).is_workday
    last = site.campaign.final_on
    spans = back_from(last, stages, is_workday=works)
    if spans[0].start < today:
        by_day = latest_start(last, stages, is_workday=works)
        words = {"mode": Mode(mode).label, "last": last, "day": by_day}
        raise BadPlan(
            _("按%(mode)s的工期倒排，最迟应在 %(day)s 开始，才能在 %(last)s 前完成。") % words,
            field="mode", remedy=_("请换一种工期更短的方式，或压缩工期标准。"),
        )  # fmt: skip
    return [(norm.name, span) for norm, span in zip(norms, spans, strict=True)]


def _write_stages(plan: SitePlan, spans: list[tuple[str, Span]]) -> None:
    PlanStage.objects.bulk_create(
        PlanStage(plan=plan, place=n, code=span.code, name=name, start_on=span.start, end_on=span.end)
        for n, (name, span) in enumerate(spans, start=1)
    )  # fmt: skip


def clean_tasks(tasks: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return the lines of a task sheet (任务书) as they are kept. :raises BadPlan:"""
    if len(tasks) > MOST_TASKS:
        raise BadPlan(_("任务书最多 %d 条。") % MOST_TASKS, field="tasks")
    found = []
    for task in tasks:
        what = clean_text(task.get("what", ""), limit=100, field_label=_("任务"), required=True)
        who = clean_text(task.get("who", ""), limit=40, field_label=_("责任人"))
        if not who:
            raise BadPlan(_("“%s”要写明责任人。") % what, field="tasks")
        by = clean_text(task.get("by", ""), limit=20, field_label=_("完成时间"))
        found.append({"what": what, "who": who, "by": by})
    return found


def hold_plan(plan: SitePlan) -> tuple[Site, SitePlan]:
    """Lock a plan with its place."""
    site = hold_site(plan.site)
    return site, SitePlan.objects.select_for_update().get(pk=plan.pk)


def _stand(site: Site, plan: SitePlan) -> None:
    """Keep on the place which stage is under way and by when."""
    current = plan.stages.filter(done_on=None).order_by("place").first()
    site.stage = current.name if current else ""
    site.due_on = current.end_on if current else None
    site.save()


@transaction.atomic
def change_plan(plan: SitePlan, *, by: User, at: datetime, **changes: Any) -> SitePlan:
    """Change mode, text, lead, builder or tasks while it is a draft or was sent back.

    :raises PlanClosed: once it was submitted
    """
    site, plan = hold_plan(plan)
    must_hold(by, PLANNERS, site.path, what=_("修改这里的方案"))
    if plan.state not in (SitePlan.State.DRAFT, SitePlan.State.RETURNED):
        raise PlanClosed(
            _("方案已提请审议，不能再改。"), remedy=_("请等审议结果；退回后可以修改。")
        )
    if unknown := set(changes) - {"mode", "text", "lead", "builder", "tasks"}:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    mode = changes.get("mode", plan.mode)
    if mode != plan.mode:
        if mode not in Mode.values:
            raise BadPlan(_("请选择新建、改造或扩建。"), field="mode")
        spans = _spans(site, mode, localdate(at))
        plan.stages.all().delete()
        _write_stages(plan, spans)
    plan.mode, plan.lead = mode, changes.get("lead", plan.lead)
    plan.text = clean_text(
        changes.get("text", plan.text), limit=4000, field_label=_("方案"), required=True, multiline=True
    )  # fmt: skip
    plan.builder = clean_text(
        changes.get("builder", plan.builder), limit=100, field_label=_("施工单位")
    )
    plan.tasks = clean_tasks(changes.get("tasks", plan.tasks))
    plan.save()
    _stand(site, plan)
    note(site, "plan", _("修改方案"), on=localdate(at), by=by, at=at)
    return plan


@transaction.atomic
def submit_plan(plan: SitePlan, *, committee: Org, by: User, at: datetime) -> SitePlan:
    """Submit a plan to the standing committee of an area it lies in (S1.23).

    :raises PlanClosed: if it was submitted already
    :raises BadPlan: for a committee that is none, or of other land
    """
    site, plan = hold_plan(plan)
    must_hold(by, PLANNERS, site.path, what=_("提请审议这里的方案"))
    if plan.state not in (SitePlan.State.DRAFT, SitePlan.State.RETURNED):
        raise PlanClosed(_("方案已提请审议。"))
    is_committee = committee.kind == Org.Kind.PARTY and committee.unit_kind in ("committee", "work_committee")  # fmt: skip
    if not is_committee or not site.path.startswith(committee.region.path):
        raise BadPlan(_("请选择管这里的党委（党工委）。"), field="committee")
    plan.state, plan.committee = SitePlan.State.SUBMITTED, committee
    plan.submitted_at, plan.submitted_by = at, by
    plan.save()
    note(site, "plan", _("提请%s审议") % committee.name, on=localdate(at), by=by, at=at)
    return plan


@transaction.atomic
def decide_plan(
    plan: SitePlan, *, approve: bool, decision: str, on: date, by: User, at: datetime
) -> SitePlan:
    """Write down what the committee decided on a plan; by who keeps its books, not who submitted it.

    :raises NotYet: unless it was submitted
    :raises NotPermitted: unless `by` is secretary, organiser or commissioner of that committee
    :raises NotYourOwn: if `by` submitted it
    """
    site, plan = hold_plan(plan)
    if plan.state != SitePlan.State.SUBMITTED or plan.committee is None:
        raise NotYet(_("方案还没有提请审议。"))
    keeps = ("secretary", "organiser", "commissioner")
    if not any(post.org_id == plan.committee_id and post.role in keeps for post in posts_of(by)):
        raise NotPermitted(_("审议结果由%s登记。") % plan.committee.name)
    if by.pk == plan.submitted_by_id:
        raise NotYourOwn(_("不能登记自己提请的方案的审议结果。"))
    past(on, at, since=localdate(plan.submitted_at), field="on")
    plan.decision = clean_text(decision, limit=300, field_label=_("审议意见"), required=True)
    plan.state = SitePlan.State.APPROVED if approve else SitePlan.State.RETURNED
    plan.decided_on, plan.decided_by = on, by
    plan.save()
    words = {"who": plan.committee.name, "word": _("通过") if approve else _("退回"), "text": plan.decision}  # fmt: skip
    note(site, "plan", _("%(who)s审议%(word)s：%(text)s") % words, on=on, by=by, at=at)
    tell(
        users=filter(None, [plan.submitted_by]), title=_("方案审议%s") % words["word"], text=f"{site.name}：{plan.decision}",
        url=plan_url(site), key=f"renovation-decided:{plan.pk}:{at:%Y%m%d%H%M}", at=at,
    )  # fmt: skip
    return plan


@transaction.atomic
def start_work(plan: SitePlan, *, on: date, by: User, at: datetime) -> SitePlan:
    """Begin to build (早开工, S1.45): after the committee's approval, not before.

    :raises NotYet: for a plan that was not approved
    :raises PlanClosed: if it was begun already
    """
    site, plan = hold_plan(plan)
    must_hold(by, REPORTERS, site.path, what=_("登记这里的开工"))
    if plan.state != SitePlan.State.APPROVED:
        raise NotYet(_("方案还没有审议通过，不能开工。"), remedy=_("请先提请党委审议。"))
    if plan.started_on:
        raise PlanClosed(_("%s已于 %s 开工。") % (site.name, plan.started_on))
    plan.started_on = past(on, at, since=plan.decided_on)
    plan.save(update_fields=["started_on"])
    site.state = Site.State.BUILDING
    _stand(site, plan)
    note(site, "stage", _("开工"), on=on, by=by, at=at)
    return plan


@transaction.atomic
def finish_stage(plan: SitePlan, *, code: str, on: date, by: User, at: datetime) -> PlanStage:
    """Finish the stage under way; stages are done in their order, and the last one is acceptance's.

    :raises NotYet: for a stage whose turn it is not, or building that was never begun
    :raises BadPlan: for a stage the plan does not have
    """
    site, plan = hold_plan(plan)
    must_hold(by, REPORTERS, site.path, what=_("登记这里的工序"))
    stages = list(plan.stages.all())
    stage = next((one for one in stages if one.code == code), None)
    if stage is None:
        raise BadPlan(_("方案里没有这道工序。"), field="code")
    if stage.done_on:
        raise PlanClosed(_("“%s”已完成。") % stage.name)
    before = [one for one in stages if one.place < stage.place]
    if waiting := next((one for one in before if one.done_on is None), None):
        raise NotYet(_("“%s”还没有完成。") % waiting.name)
    if code == ACCEPT:
        raise NotYet(_("验收由验收人登记，不能自行办结。"))
    if plan.started_on is None and any(one.code == BUILD for one in [*before, stage]):
        raise NotYet(_("还没有登记开工。"), remedy=_("请先登记开工日期。"))
    since = before[-1].done_on if before else localdate(plan.at)
    stage.done_on = past(on, at, since=since)
    stage.save(update_fields=["done_on"])
    following = next(one for one in stages if one.place > stage.place)
    if following.code == ACCEPT:
        plan.built_on = on
        plan.save(update_fields=["built_on"])
        site.state = Site.State.CHECKING
    _stand(site, plan)
    late = (on - stage.end_on).days
    words = _("完成“%s”") % stage.name
    if late > 0:
        words += _("，比计划晚 %d 天") % late
    note(site, "stage", words, on=on, by=by, at=at)
    return stage


@transaction.atomic
def ask_slip(stage: PlanStage, *, to_on: date, reason: str, by: User, at: datetime) -> SlipRequest:
    """Ask to end a stage later; nothing moves until somebody else agrees (S1.29).

    :raises PastFinal: if the campaign's last day could not be kept
    :raises BadPlan: for an earlier day, a stage that is done, or a wish that waits already
    """
    site, plan = hold_plan(stage.plan)
    must_hold(by, REPORTERS, site.path, what=_("申请调整这里的工序"))
    stage = plan.stages.get(pk=stage.pk)
    if stage.done_on:
        raise BadPlan(_("“%s”已完成，不用调整。") % stage.name)
    if to_on <= stage.end_on:
        raise BadPlan(_("新的截止日应在 %s 之后。") % stage.end_on, field="to_on")
    _fits(site, plan, stage, to_on)
    if SlipRequest.objects.filter(stage=stage, verdict="").exists():
        raise BadPlan(_("这道工序已有一条调整申请在等审批。"))
    asked = SlipRequest.objects.create(
        stage=stage, site=site, from_on=stage.end_on, to_on=to_on, asked_by=by, asked_at=at,
        reason=clean_text(reason, limit=300, field_label=_("理由"), required=True),
    )  # fmt: skip
    words = {"name": stage.name, "day": to_on, "why": asked.reason}
    note(site, "stage", _("申请把“%(name)s”调整到 %(day)s：%(why)s") % words, on=localdate(at), by=by, at=at)  # fmt: skip
    return asked


def _fits(site: Site, plan: SitePlan, stage: PlanStage, to_on: date) -> list[PlanStage]:
    """Return the open stages with their new days. :raises PastFinal: if the last day is missed"""
    stages = [one for one in plan.stages.all() if one.done_on is None]
    spans = [Span(one.code, one.start_on, one.end_on) for one in stages]
    final = site.campaign.final_on
    found = slipped(
        spans, stage.code, to_on, end=final, is_workday=calendar_for(site.path).is_workday
    )
    if found.over_by or found.spans[-1].end > final:
        over = found.over_by or (found.spans[-1].end - final).days
        raise PastFinal(
            _("这样会超过最后期限 %(final)s（晚 %(days)d 个工作日），不能调整。") % {"final": final, "days": over},
            field="to_on", remedy=_("最后期限不变。请压缩后面的工序，或把困难作为难点上报。"),
        )  # fmt: skip
    for one, span in zip(stages, found.spans, strict=True):
        one.start_on, one.end_on = span.start, span.end
    return stages


@transaction.atomic
def decide_slip(
    asked: SlipRequest, *, approve: bool, by: User, at: datetime, words: str = ""
) -> SlipRequest:
    """Answer a wish to slip; the stages behind it move as far as they are pushed.

    :raises NotYourOwn: for one's own wish
    :raises NotPermitted: unless `by` decides for the campaign or commands the area with that power
    :raises PastFinal: if the last day could not be kept any more
    """
    site, plan = hold_plan(asked.stage.plan)
    asked = SlipRequest.objects.select_for_update().get(pk=asked.pk)
    if asked.verdict:
        raise PlanClosed(_("这条申请已审批。"))
    if asked.asked_by_id == by.pk:
        raise NotYourOwn(_("不能审批自己的申请。"))
    if not may_decide(by, site, "slip"):
        raise NotPermitted(_("工序调整要由本次改造的牵头单位，或得到授权的战区指挥长审批。"))
    asked.note = clean_text(words, limit=300, field_label=_("审批意见"), required=not approve)
    asked.verdict = "approved" if approve else "refused"
    asked.decided_by, asked.decided_at = by, at
    if approve:
        stage = plan.stages.get(pk=asked.stage_id)
        if stage.done_on:
            raise PlanClosed(_("“%s”已完成，不用调整。") % stage.name)
        moved = _fits(site, plan, stage, asked.to_on)
        PlanStage.objects.bulk_update(moved, ["start_on", "end_on"])
        _stand(site, plan)
    asked.save()
    word = _("同意") if approve else _("不同意")
    text = _("%(word)s把“%(name)s”调整到 %(day)s") % {"word": word, "name": asked.stage.name, "day": asked.to_on}  # fmt: skip
    note(site, "stage", text, on=localdate(at), by=by, at=at)
    tell(
        users=[asked.asked_by], title=_("工序调整%s") % word, text=f"{site.name}：{text}",
        url=plan_url(site), key=f"renovation-slip:{asked.pk}", at=at,
    )  # fmt: skip
    return asked
