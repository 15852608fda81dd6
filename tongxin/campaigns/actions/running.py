"""A campaign under way: answered, reported, chased, put off, closed with its report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.cases.actions import make_move
from tongxin.cases.models import Case
from tongxin.kit.errors import Invalid
from tongxin.kit.text import clean_text

from ..models import Campaign, CampaignTask
from ..models.campaigns import ISSUERS
from ..queries import OPEN_STEPS, sums_of
from .campaigns import MOST_DAYS, BadCampaign, State, WrongState, hold
from .common import must_hold

CHASED = 100


class BadAnswers(Invalid):
    """An answer is missing, or is of another kind than was asked."""


@transaction.atomic
def answer_task(
    task: CampaignTask, *, answers: dict[str, Any], at: datetime, by: User
) -> CampaignTask:
    """Write down what a task was asked for; until it is reported it may be put right.

    :raises BadAnswers: for an answer that is missing or of another kind
    :raises WrongState: unless the task has been taken over and not yet reported
    :raises NotPermitted: unless `by` works there
    """
    task = (
        CampaignTask.objects.select_for_update(of=("self",))
        .select_related("campaign", "case")
        .get(pk=task.pk)
    )
    must_hold(by, ("grid_worker", "dispatcher"), task.case.area, what=_("填报这项任务"))
    if task.case.step != "accepted":
        raise WrongState(_("签收以后、上报以前才能填报。"))
    task.answers = {
        item["code"]: _answer(item, answers.get(item["code"])) for item in task.campaign.items
    }
    task.answered_by, task.answered_at = by, at
    task.save(update_fields=["answers", "answered_by", "answered_at"])
    return task


def _answer(item: dict[str, Any], value: Any) -> Any:
    if value in (None, ""):
        raise BadAnswers(_("请填写“%s”。") % item["text"], field=item["code"])
    if item["kind"] == "yes_no":
        if value not in (True, False, "yes", "no"):
            raise BadAnswers(_("“%s”请选是或否。") % item["text"], field=item["code"])
        return value in (True, "yes")
    if item["kind"] == "number":
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise BadAnswers(_("“%s”请填数字。") % item["text"], field=item["code"]) from None
        if not 0 <= number < 1e9:
            raise BadAnswers(_("“%s”不会是这个数，请核对。") % item["text"], field=item["code"])
        return int(number) if number == int(number) else number
    return clean_text(str(value), limit=200, field_label=item["text"], required=True)


@transaction.atomic
def finish_task(
    task: CampaignTask, *, answers: dict[str, Any], note: str, at: datetime, by: User,
    evidence: Sequence[Any] = (), key: str | None = None,
) -> Case:  # fmt: skip
    """Answer and report a task in one go; a retry with the same key acts once.

    :raises BadAnswers, WrongState, NotPermitted: as `answer_task`; the case's own refusals as they are
    """
    step = Case.objects.filter(pk=task.pk).values_list("step", flat=True).get()
    if task.campaign.items and step == "accepted":  # a retry is answered by the engine
        answer_task(task, answers=answers, at=at, by=by)
    return make_move(
        task.case, "finish", at=at, actor=by, note=note, evidence=list(evidence), key=key
    ).case


@transaction.atomic
def chase_campaign(
    campaign: Campaign, *, at: datetime, by: User, note: str = ""
) -> tuple[int, int]:
    """Urge who has not reported yet, at most a hundred at a time, the longest waiting first.

    Returns (how many were urged, how many are left). A task is urged once a day.

    :raises WrongState: unless it is under way
    """
    campaign = hold(campaign)
    must_hold(by, ("officer", "leader"), campaign.region.path, what=_("催办这项专项任务"))
    if campaign.state not in (State.ISSUING, State.RUNNING):
        raise WrongState(_("“%s”没有在进行。") % campaign.name)
    today = localdate(at)
    rows = (
        CampaignTask.objects.filter(campaign=campaign, case__step__in=OPEN_STEPS)
        .exclude(case__events__name="urge", case__events__at__date=today)
        .select_related("case")
        .order_by("case__step", "region__path")
    )
    total = rows.count()
    for task in rows[:CHASED]:
        make_move(task.case, "urge", at=at, actor=by, note=note)
    return min(total, CHASED), max(0, total - CHASED)


@transaction.atomic
def extend_campaign(
    campaign: Campaign, *, due_on: date, reason: str, at: datetime, by: User
) -> Campaign:
    """Put the day off; the worker moves the clocks of the tasks still open.

    :raises WrongState: unless it is under way
    :raises BadCampaign: for a day that is not later, or without a reason
    """
    campaign = hold(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("延期这项专项任务"))
    if campaign.state != State.RUNNING:
        raise WrongState(_("进行中的专项任务才能延期。"))
    if due_on <= campaign.due_on:
        raise BadCampaign(_("新的期限应比 %s 晚。") % campaign.due_on, field="due_on")
    if (due_on - campaign.from_on).days > MOST_DAYS:
        raise BadCampaign(_("一次专项任务最长一年。"), field="due_on")
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    detail = {"from": str(campaign.due_on), "to": str(due_on)}
    campaign.due_on = due_on
    campaign.save(update_fields=["due_on"])
    audit(
        actor=by,
        action="campaigns.extend",
        object=campaign.name,
        at=at,
        reason=reason,
        detail=detail,
    )
    return campaign


@transaction.atomic
def close_campaign(campaign: Campaign, *, report: str, at: datetime, by: User) -> Campaign:
    """End a campaign with its report; the figures of this moment are written before the words.

    :raises WrongState: unless it is under way
    """
    campaign = hold(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("结束这项专项任务"))
    if campaign.state != State.RUNNING:
        raise WrongState(_("进行中的专项任务才能结束。"))
    words = clean_text(report, limit=2000, field_label=_("总结"), required=True, multiline=True)
    campaign.state, campaign.closed_at = State.CLOSED, at
    campaign.report = f"{_figures(campaign)}\n{words}"
    campaign.save(update_fields=["state", "closed_at", "report"])
    audit(actor=by, action="campaigns.close", object=campaign.name, at=at)
    return campaign


def _figures(campaign: Campaign) -> str:
    steps = list(
        CampaignTask.objects.filter(campaign=campaign).values_list("case__step", flat=True)
    )
    reported = sum(step in ("done", "closed") for step in steps)
    words = {
        "total": len(steps), "reported": reported, "checked": steps.count("closed"),
        "open": len(steps) - reported - steps.count("void"),
    }  # fmt: skip
    line = (
        _("下发 %(total)d 件，上报 %(reported)d 件，核查通过 %(checked)d 件，未完成 %(open)d 件。")
        % words
    )
    sums = "；".join(f"{text}：{value}" for text, value in sums_of(campaign, campaign.region.path))
    return f"{line}{sums}。" if sums else line


@transaction.atomic
def withdraw_campaign(campaign: Campaign, *, reason: str, at: datetime, by: User) -> Campaign:
    """Take a campaign back; its tasks are taken back by the worker, burdens stay on the books.

    :raises WrongState: once it has ended
    """
    campaign = hold(campaign)
    must_hold(by, ISSUERS, campaign.region.path, what=_("撤销这项专项任务"))
    if campaign.state in (State.CLOSED, State.WITHDRAWN):
        raise WrongState(_("“%s”已经结束。") % campaign.name)
    reason = clean_text(reason, limit=200, field_label=_("理由"), required=True)
    campaign.state, campaign.closed_at = State.WITHDRAWN, at
    campaign.report = reason
    campaign.save(update_fields=["state", "closed_at", "report"])
    audit(actor=by, action="campaigns.withdraw", object=campaign.name, at=at, reason=reason)
    return campaign
