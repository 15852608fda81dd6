"""Goals as they stand on a day: figure against target, state, the matrix of fields and years (S4.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.orgs.models import Org, Sector

from ..models import Goal, GoalEntry, Programme
from .assessed import Branch, rates

SOON = timedelta(days=30)
STATES = ("late", "working", "waiting", "done")


@dataclass(frozen=True)
class GoalView:
    """A goal on a day: `done` of `total` (None of a count), and the last entry that says so."""

    goal: Goal
    done: int | None
    total: int | None
    entries: int
    on: date

    @property
    def figure(self) -> float | None:
        """The figure in the target's own unit; None while nothing was counted."""
        if self.done is None:
            return None
        if self.goal.unit_of == Goal.Unit.PERCENT:
            return round(100 * self.done / self.total, 1) if self.total else None
        return self.done

    @property
    def reached(self) -> bool:
        if self.goal.unit_of == Goal.Unit.PERCENT:
            # Compared as it was counted: 79.96 % is shown as 80.0 and is not 80.
            return bool(self.total) and 100 * (self.done or 0) >= self.goal.target * (
                self.total or 0
            )
        return self.done is not None and self.done >= self.goal.target

    @property
    def state(self) -> str:
        """Return done, late, working or waiting."""
        if self.goal.closed_on or (self.reached and self.goal.unit_of != Goal.Unit.DONE):
            return "done"
        if self.goal.due < self.on:
            return "late"
        return "working" if self.entries or self.done else "waiting"

    @property
    def is_soon(self) -> bool:
        return self.state in ("working", "waiting") and self.goal.due - self.on <= SOON

    @property
    def state_words(self) -> str:
        if self.goal.closed_on:
            return _("已验收")
        return {
            "done": _("达到目标"), "late": _("逾期"), "working": _("推进中"), "waiting": _("未启动"),
        }[self.state]  # fmt: skip

    @property
    def words(self) -> str:
        """Say figure and target with their base: "81.7%（1568/1919），目标 80%"."""
        goal = self.goal
        if goal.unit_of == Goal.Unit.DONE:
            return _("完成即可")
        mark = "%" if goal.unit_of == Goal.Unit.PERCENT else ""
        target = f"{goal.target.normalize():f}{mark}"
        if self.figure is None:
            return _("还没有数，目标 %s") % target
        base = f"（{self.done}/{self.total}）" if mark else ""
        said = {"figure": f"{self.figure:g}{mark}", "base": base, "target": target}
        return _("%(figure)s%(base)s，目标 %(target)s") % said

    @property
    def why(self) -> str:
        """Say in a sentence why the state is what it is."""
        words = {"said": self.words, "due": self.goal.due, "n": self.entries}
        if self.state == "late":
            return _("%(said)s；期限 %(due)s 已过") % words
        if self.state == "done":
            return self.words
        return _("%(said)s；期限 %(due)s，已填报 %(n)d 次") % words


def goal_views(goals: Sequence[Goal], on: date) -> list[GoalView]:
    """Return goals as they stand on a day. Goals come with their programme and its unit.

    One query for the entries, two more for each programme and year whose rate is computed.
    """
    latest: dict[int, GoalEntry] = {}
    counts: dict[int, int] = defaultdict(int)
    ids = [goal.pk for goal in goals]
    rows = GoalEntry.objects.filter(goal__in=ids, on__lte=on, correction=None)
    for entry in rows.order_by("on", "pk"):
        counts[entry.goal_id] += 1
        if entry.done is not None:
            latest[entry.goal_id] = entry
    known: dict[tuple[int, int], list[Branch]] = {}
    return [_view(goal, latest.get(goal.pk), counts[goal.pk], known, on) for goal in goals]


def _view(goal: Goal, entry: GoalEntry | None, n: int, known: dict[Any, Any], on: date) -> GoalView:
    if goal.counts != Goal.Counts.STANDARD:
        return GoalView(goal, entry.done if entry else None, entry.total if entry else None, n, on)
    key = (goal.programme.unit_id, goal.year)
    if key not in known:
        known[key] = rates(goal.programme.unit, goal.year)
    mine = [row for row in known[key] if not goal.sector or row.sector == goal.sector]
    judged = any(row.passed is not None for row in mine)
    done = sum(row.passed is True for row in mine) if judged else None
    return GoalView(goal, done, len(mine) if judged else None, n, on)


def matrix(programme: Programme, views: Iterable[GoalView]) -> list[dict[str, Any]]:
    """Return a line for each field that has goals, with the goals of each year of the programme."""
    cells: dict[str, dict[int, list[GoalView]]] = defaultdict(lambda: defaultdict(list))
    for view in views:
        cells[view.goal.sector][view.goal.year].append(view)
    labels = {"": _("全部领域"), **{value: str(label) for value, label in Sector.choices}}
    return [
        {
            "sector": value,
            "label": label,
            "cells": [
                {"year": year, "views": cells[value].get(year, [])} for year in programme.years
            ],
        }
        for value, label in labels.items()
        if value in cells
    ]


def check_goals(units: Collection[Org], on: date) -> list[dict[str, Any]]:
    """Return the goals that are late or due within a month, of the units that answer for them.

    Findings as `affairs_check` gives them: unit, kind, sentence, due, url, late.
    """
    rows = Goal.objects.filter(owner__in=units, closed_on=None, due__lte=on + SOON)
    goals = list(rows.select_related("programme__unit", "owner").order_by("due", "pk"))
    found = []
    for view in goal_views(goals, on):
        if view.state == "done":
            continue
        words = {"title": view.goal.title, "said": view.words, "due": view.goal.due}
        text = _("年度任务“%(title)s”：%(said)s，期限 %(due)s") % words
        url = reverse("standards:goal", args=[view.goal.pk])
        found.append(
            {"unit": view.goal.owner, "kind": "goal", "sentence": text, "due": view.goal.due,
             "url": url, "late": view.state == "late"}
        )  # fmt: skip
    return found
