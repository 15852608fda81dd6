"""What a task and a problem add to the page of their case, and to what programs are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from tongxin.cases.flow import Option
from tongxin.cases.models import Case
from tongxin.cases.queries import OpenMove
from tongxin.orgs.models import Org
from tongxin.regions.queries import prefixes

from .hooks import problem_of, task_of

MOST_UNITS = 300


def of_task(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    task = task_of(case)
    if task is None:
        return []
    does = case.step == "taken" and bool(parts & {"holder", "handler_org"})
    return [
        {
            "template": "projects/parts/task_panel.html",
            "task": task,
            "parts": list(task.parts.select_related("org")),
            "may_report": does,
            "url": reverse("projects:task", args=[task.pk]),
        }
    ]


def details(case: Case) -> dict[str, Any]:
    task = task_of(case)
    if task is None:
        return {}
    return {
        "task": str(task.pk), "programme": task.programme.name, "due_on": task.due_on,
        "is_fixed": task.is_fixed, "percent": task.percent,
        "target": None if task.target is None else float(task.target),
        "actual": None if task.actual is None else float(task.actual),
    }  # fmt: skip


def of_problem(
    case: Case, *, parts: frozenset[str], at: datetime, moves: list[OpenMove]
) -> list[dict[str, Any]]:
    problem = problem_of(case)
    if problem is None:
        return []
    return [
        {
            "template": "projects/parts/problem_panel.html",
            "problem": problem,
            "steps": list(problem.steps.all()),
            "url": reverse("projects:problem", args=[problem.pk]),
        }
    ]


def problem_details(case: Case) -> dict[str, Any]:
    problem = problem_of(case)
    if problem is None:
        return {}
    return {
        "problem": str(problem.pk), "kind": problem.kind, "owner": problem.owner.name,
        "at_region": problem.at_region.code, "due_on": problem.due_on,
    }  # fmt: skip


def units(case: Case, *, at: datetime, text: str, chosen: list[str]) -> list[Option]:
    """Return the organisations a task may be given to: those of its area and of the land above."""
    found = Org.objects.public().filter(region__path__in=[*prefixes(case.area)])
    below = Org.objects.public().filter(region__path__under=case.area)
    rows = (found | below).exclude(kind=Org.Kind.TEAM).order_by("region__path", "name", "pk")
    return [Option(org.pk, org.name) for org in rows[:MOST_UNITS]]
