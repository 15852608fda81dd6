"""Drafts of pacts and their tasks put right, and taken back, before both sides have signed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.text import clean_text

from ..models import Pact, PactTask
from .pacts import PactSigned, TaskDone, _locked, _only_either_side, check_due, check_term


def facts_of_pact(pact: Pact) -> dict[str, Any]:
    """Return what a pact says, as JSON, and who has signed."""
    return {
        "text": pact.text,
        "to_date": str(pact.to_date),
        "signed": [bool(pact.unit_signed_at), bool(pact.community_signed_at)],
    }


def facts_of_task(task: PactTask) -> dict[str, Any]:
    return {"title": task.title, "due_on": str(task.due_on), "done": task.done_on is not None}


def check_amendable(pact: Pact, task: PactTask | None = None) -> None:
    """Raise what changing a pact raises, or with `task` what changing one of its tasks raises.

    :raises PactSigned: once a side has signed the pact; a task's day stands once both have
    :raises TaskDone: once the task was reported
    """
    if task is None and (pact.unit_signed_at or pact.community_signed_at):
        raise PactSigned(_("协议已有一方签字，约定内容和到期日期不能再改"), remedy=_("请续签"))
    if task is not None and pact.is_signed:
        raise PactSigned(_("协议双方已签字，任务和期限不能再改"), remedy=_("请另加任务"))
    if task is not None and task.done_on is not None:
        raise TaskDone(_("这项任务已经填写完成情况。"))


@transaction.atomic
def amend_pact(*, pact: Pact, text: str, to_date: date, by: User, at: datetime) -> Pact:
    """Change the terms of a draft that nobody has signed.

    :raises NotYourUnit, PactSigned, BadTerm: as their names say
    """
    pact = _locked(pact)
    _only_either_side(pact.report, by)
    check_amendable(pact)
    check_term(pact.from_date, to_date, at)
    pact.text = clean_text(
        text, limit=5000, field_label=_("约定内容"), required=True, multiline=True
    )
    pact.to_date = to_date
    pact.save(update_fields=["text", "to_date"])
    return pact


@transaction.atomic
def amend_task(*, task: PactTask, title: str, due_on: date, by: User, at: datetime) -> PactTask:
    """Change a task, or the day it is due, until both sides have signed.

    :raises NotYourUnit, PactSigned, TaskDone, TaskElsewhen: as their names say
    """
    task = PactTask.objects.select_for_update().get(pk=task.pk)
    pact = _locked(task.pact)
    _only_either_side(pact.report, by)
    check_amendable(pact, task)
    check_due(pact.from_date, pact.to_date, due_on)
    task.title = clean_text(title, limit=80, field_label=_("任务"), required=True)
    task.due_on = due_on
    task.save(update_fields=["title", "due_on"])
    return task


@transaction.atomic
def take_back_task(*, task: PactTask, by: User, at: datetime) -> None:
    """Take away a task that was never reported. :raises NotYourUnit, TaskDone: as they say"""
    task = PactTask.objects.select_for_update().get(pk=task.pk)
    _only_either_side(_locked(task.pact).report, by)
    if task.done_on is not None:
        raise TaskDone(_("这项任务已经填写完成情况。"))
    task.delete()


@transaction.atomic
def take_back_pact(*, pact: Pact, by: User, at: datetime) -> None:
    """Take away a draft that nobody has signed, once its tasks are gone.

    :raises NotYourUnit, PactSigned: as their names say
    """
    pact = _locked(pact)
    _only_either_side(pact.report, by)
    check_amendable(pact)
    pact.delete()
