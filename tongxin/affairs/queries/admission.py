"""Where a file of development stands: each step with its earliest and latest day, and the sum."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from tongxin.regions.queries import calendar_for

from ..dates import add_months
from ..models import Admission, AdmissionStep
from ..rules import Step, admission_steps

REVIEW_MONTHS = 6
# Between these steps a branch looks at somebody every half-year (细则第十一条，预备期同).
REVIEWED = (("recommend", "educate"), ("admit", "probation"))


@dataclass(frozen=True)
class Window:
    """Between which days a step may be taken, with the arithmetic in words."""

    earliest: date | None
    latest: date | None
    why: str
    early: str = ""  # what sets the earliest day

    def is_late(self, on: date) -> bool:
        return self.latest is not None and on > self.latest


@dataclass(frozen=True)
class StepView:
    """A step as the page shows it."""

    rule: Step
    state: str  # done, now, todo
    done: AdmissionStep | None
    window: Window
    failed: list[AdmissionStep]

    @property
    def papers(self) -> list[Any]:
        return list(self.done.papers.all()) if self.done else []


def done_days(admission: Admission) -> dict[str, date]:
    """Return {code: day} of the steps passed."""
    rows = admission.steps.filter(result=AdmissionStep.Result.DONE)
    return dict(rows.values_list("code", "done_on"))


def window_of(step: Step, days: dict[str, date], path: str) -> Window:
    """Return between which days a step may be taken, given the days of those before.

    `path` is the land whose working days count.
    """
    previous = max(days.values(), default=None)
    start = days.get(step.after) if step.after else None
    parts, earliest, latest = [], previous, None
    early = _("不早于上一步的日期 %s") % previous if previous else ""
    calendar = calendar_for(path)
    if start and step.least:
        least = step.least.after(start, calendar)
        parts.append(_("不早于 %(start)s + %(span)s = %(day)s") % _words(start, step.least, least))
        if previous is None or least >= previous:
            earliest, early = least, parts[-1]
    if start and step.most:
        latest = step.most.after(start, calendar)
        parts.append(_("不晚于 %(start)s + %(span)s = %(day)s") % _words(start, step.most, latest))
    if start and step.special:
        day = step.special.after(start, calendar)
        parts.append(_("特殊情况最迟 %s") % day)
    if "notice" in step.needs:
        count = int(step.needs["notice"])
        parts.append(_("公示不少于 %d 个工作日，首尾都算") % count)
        if start:
            earliest, early = calendar_days(start, count, path), parts[-1]
    return Window(earliest, latest, "；".join(parts), early)


def calendar_days(start: date, count: int, path: str) -> date:
    """Return the day on which a notice put up on `start` has hung for so many working days."""
    calendar, day = calendar_for(path), start
    left = count - calendar.is_workday(day)
    while left > 0:
        day += timedelta(days=1)
        left -= calendar.is_workday(day)
    return day


def _words(start: date, span: Any, day: date) -> dict[str, str]:
    return {"start": str(start), "span": str(span), "day": str(day)}


def schedule(admission: Admission) -> list[StepView]:
    """Return every step of a file, in order, with its window. Four queries."""
    path = admission.unit.region.path
    taken = admission.steps.prefetch_related("papers").select_related("by")
    passed = {row.code: row for row in taken if row.result == AdmissionStep.Result.DONE}
    failed = [row for row in taken if row.result == AdmissionStep.Result.FAILED]
    days = {code: row.done_on for code, row in passed.items()}
    views = []
    for step in admission_steps(admission.version):
        done = passed.get(step.code)
        is_next = admission.state == "open" and step.code == admission.next_code
        views.append(
            StepView(
                rule=step,
                state="done" if done else "now" if is_next else "todo",
                done=done,
                window=window_of(step, days, path),
                failed=[row for row in failed if row.code == step.code],
            )
        )
    return views


def next_step(admission: Admission) -> Step | None:
    """Return the step that comes next; None when the file is closed."""
    if admission.state != Admission.State.OPEN:
        return None
    return next(s for s in admission_steps(admission.version) if s.code == admission.next_code)


def next_review(admission: Admission, days: dict[str, date]) -> date | None:
    """Return by when the branch looks at the person again; None outside the two times of review."""
    for start, end in REVIEWED:
        if start in days and end not in days:
            reviews = admission.reviews.filter(on__gte=days[start]).order_by("-on")
            last = reviews.values_list("on", flat=True).first()
            return add_months(last or days[start], REVIEW_MONTHS)
    return None


def reviews_since(admission: Admission, step: Step, days: dict[str, date]) -> int:
    """Return how many reviews were made in the time that a step sums up."""
    start = next((first for first, last in REVIEWED if last == step.code), "")
    return admission.reviews.filter(on__gte=days[start]).count() if start in days else 0


def stages_of(views: list[StepView]) -> list[dict[str, Any]]:
    """Return the stages as `ui/parts/steps.html` draws them."""
    stages: dict[str, list[str]] = {}
    for view in views:
        stages.setdefault(view.rule.stage, []).append(view.state)
    shown = []
    for label, states in stages.items():
        done = all(state == "done" for state in states)
        state = "done" if done else "now" if "now" in states else "todo"
        shown.append({"label": label, "state": state})
    return shown
