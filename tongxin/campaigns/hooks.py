"""What else happens when a task moves: its deadline on the clock, who does not check whom."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tongxin.cases.clocks import run_until
from tongxin.cases.flow import Move, Words
from tongxin.cases.models import Case

from .models import CampaignTask


def _task(case: Case) -> CampaignTask | None:
    return CampaignTask.objects.select_related("campaign").filter(case=case.pk).first()


# Guards and needs.


def photo_needed(case: Case, move: Move) -> str:
    task = _task(case) if move.name == "finish" else None
    return "photo" if task and task.campaign.needs_photo else ""


def is_answered(case: Case, actor) -> Words | None:
    task = _task(case)
    if task and task.campaign.items and not task.answered_at:
        return _("请先填报，再上报完成。")
    return None


def is_not_the_doer(case: Case, actor) -> Words | None:
    if actor is not None and case.holder_id == actor.pk:
        return _("不能核查自己办理的任务。")
    return None


# The clock: to the end of the campaign's last day.


def take_over(case: Case, event, given: dict) -> None:
    case.holder = event.actor
    if task := _task(case):
        run_until(case, task.due_on, since=event.at)


def run_again(case: Case, event, given: dict) -> None:
    """Set the clock anew by the task's own day; a task not yet taken keeps its short clock."""
    task = _task(case)
    if task and case.step == "accepted":
        run_until(case, task.due_on, since=event.at)
