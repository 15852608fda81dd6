"""What a campaign adds to the page of its task, and to what programs are told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove

from .models import CampaignTask
from .queries import in_words


def of_task(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    task = CampaignTask.objects.select_related("campaign__org").filter(case=case.pk).first()
    if task is None:
        return []
    may_answer = case.step == "accepted" and bool(parts & {"holder", "grid_worker", "dispatcher"})
    return [
        {
            "template": "campaigns/parts/task.html",
            "task": task,
            "campaign": task.campaign,
            "answers": answers_in_words(task),
            "may_answer": may_answer and bool(task.campaign.items),
        }
    ]


def answers_in_words(task: CampaignTask) -> list[tuple[str, str]]:
    """Return what a task answered: [(question, answer)]."""
    return [
        (item["text"], in_words(item, task.answers.get(item["code"])))
        for item in task.campaign.items
    ]


def details(case: Case) -> dict[str, Any]:
    task = CampaignTask.objects.select_related("campaign").filter(case=case.pk).first()
    if task is None:
        return {}
    return {
        "campaign": {"id": task.campaign_id, "name": task.campaign.name},
        "due_on": task.due_on,
        "items": task.campaign.items,
        "answers": task.answers,
    }
