"""Benchmarking in figures: who learns from whom, how much of the gap is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from ..models import BenchmarkProject, Pairing, Programme
from .targets import plain


@dataclass(frozen=True)
class Counts:
    units: int
    exemplars: int
    projects: int
    reached: int  # at the exemplar's figure
    on_target: int
    late: int


@dataclass(frozen=True)
class Gap:
    """How much of the way from baseline to target is done, and what is left to the exemplar."""

    percent: int | None
    left: Any
    state: str  # none, under way, target, exemplar, late
    why: str

    @property
    def tone(self) -> str:
        return {
            "none": "idle",
            "way": "working",
            "target": "done",
            "exemplar": "done",
            "late": "late",
        }[self.state]

    @property
    def label(self) -> str:
        return {"none": _("未检查"), "way": _("推进中"), "target": _("达到目标"),
                "exemplar": _("达到标杆"), "late": _("逾期未达")}[self.state]  # fmt: skip


def gap_of(project: BenchmarkProject, today: date) -> Gap:
    """Return where a project is on its way; every state says why."""
    if project.result is None:
        is_late = project.due_on < today
        why = _("还没有检查过现值。")
        return Gap(None, abs(project.theirs - project.baseline), "late" if is_late else "none", why)
    way = project.target - project.baseline
    percent = int((project.result - project.baseline) * 100 / way)
    sign = -1 if project.less_is_better else 1
    left = max(sign * (project.theirs - project.result), 0 * way)
    words = {"from": plain(project.baseline), "now": plain(project.result), "goal": plain(project.target),
             "theirs": plain(project.theirs), "percent": percent}  # fmt: skip
    why = (
        _("基线 %(from)s，现值 %(now)s，目标 %(goal)s，标杆 %(theirs)s，已走完 %(percent)d%%。")
        % words
    )
    if sign * (project.result - project.theirs) >= 0:
        return Gap(percent, left, "exemplar", why)
    if percent >= 100:
        return Gap(percent, left, "target", why)
    return Gap(percent, left, "late" if project.due_on < today else "way", why)


def counts_of(programme: Programme, actor: Any, today: date) -> Counts:
    """Return units, exemplars and projects that a reader sees. Two queries."""
    pairs = list(Pairing.objects.visible_to(actor).filter(programme=programme))
    projects = BenchmarkProject.objects.visible_to(actor).filter(pairing__programme=programme)
    return counts_from(pairs, [gap_of(one, today) for one in projects])


def counts_from(pairs: Sequence[Pairing], gaps: Sequence[Gap]) -> Counts:
    states = [gap.state for gap in gaps]
    return Counts(
        len({one.org_id for one in pairs}), len({one.exemplar_id for one in pairs}), len(states),
        states.count("exemplar"), states.count("target"), states.count("late"),
    )  # fmt: skip
