"""What linked figures say of a promise, which duties a quarter lacks, the checklist of a point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tongxin.dual_report.models import ContactPoint
from tongxin.orgs.models import Org

from ..models import DutyItem, DutyList, DutyTick, Promise
from .programmes import standing_of
from .targets import plain, rolled

PARTLY = (
    50  # from this mean on a promise that is not whole counts as partly kept: a suggestion only
)


@dataclass(frozen=True)
class Appraisal:
    """What the figures suggest; the verdict is a person's."""

    verdict: str  # kept, partly, not; "" without figures
    percent: int | None
    lines: tuple[str, ...]

    @property
    def sentence(self) -> str:
        if not self.lines:
            return _("没有关联目标或任务，请凭佐证材料考核。")
        words = {"lines": "；".join(self.lines), "percent": self.percent}
        return _("%(lines)s。平均完成 %(percent)d%%。") % words

    @property
    def label(self) -> str:
        return str(Promise.Verdict(self.verdict).label) if self.verdict else ""


def appraise(promise: Promise, *, on: date) -> Appraisal:
    """Return what the linked targets and tasks come to on a day."""
    return appraise_all([promise], on=on)[promise.pk]


def appraise_all(promises: Sequence[Promise], *, on: date) -> dict[int, Appraisal]:
    """Return {promise: appraisal}; a fixed number of queries for any number of promises."""
    rows = list(
        Promise.objects.filter(pk__in=[one.pk for one in promises]).prefetch_related(
            "targets__region", "tasks__case", "tasks__programme"
        )
    )
    figures = rolled({target for one in rows for target in one.targets.all()})
    found = {}
    for one in rows:
        shares: list[int] = []
        lines: list[str] = []
        for target in one.targets.all():
            known = figures[target.pk]
            shares.append(min(known.percent or 0, 100))
            words = {"name": target.name, "actual": plain(known.actual), "value": plain(target.value),
                     "unit": target.unit, "percent": known.percent or 0}  # fmt: skip
            lines.append(
                _("目标“%(name)s”完成 %(actual)s/%(value)s %(unit)s（%(percent)d%%）") % words
            )
        for task in one.tasks.all():
            state = standing_of(task, on)
            shares.append(100 if state.state == "done" else task.percent)
            lines.append(_("任务“%(name)s”%(state)s（%(percent)d%%）") % {"name": task.title, "state": state.label, "percent": shares[-1]})  # fmt: skip
        found[one.pk] = _judged(shares, tuple(lines))
    return found


def _judged(shares: list[int], lines: tuple[str, ...]) -> Appraisal:
    if not shares:
        return Appraisal("", None, ())
    mean = round(sum(shares) / len(shares))
    verdict = "kept" if min(shares) >= 100 else "partly" if mean >= PARTLY else "not"
    return Appraisal(verdict, mean, lines)


# Duties.


def quarter_of(day: date) -> int:
    return (day.month - 1) // 3 + 1


def items_of(level: str, day: date) -> list[DutyItem]:
    """Return what a level answers for on a day: the items of the lists in force."""
    lists = DutyList.objects.on(day).filter(level=level)
    return list(
        DutyItem.objects.filter(list__in=lists).select_related("list").order_by("list", "n")
    )


def open_items(point: ContactPoint, today: date) -> list[DutyItem]:
    """Return what of the checklist was not done at a contact point in this year."""
    done = DutyTick.objects.filter(point=point, year=today.year).values_list("item", flat=True)
    ticked = set(done)
    return [item for item in items_of(DutyList.Level.LEADER, today) if item.pk not in ticked]


@dataclass(frozen=True)
class DutyRow:
    """One unit (or contact point) in a quarter: what it did, what it lacks."""

    subject: Any
    label: str
    done: dict[int, DutyTick]
    items: Sequence[DutyItem]

    @property
    def missing(self) -> list[DutyItem]:
        return [item for item in self.items if item.pk not in self.done]

    @property
    def percent(self) -> int:
        return round(100 * len(self.done) / len(self.items)) if self.items else 0


def duty_rows(
    actor: Any, subjects: Iterable[Org | ContactPoint], items: Sequence[DutyItem], *, year: int,
    quarter: int | None,
) -> list[DutyRow]:  # fmt: skip
    """Return what units or points did of a list in a quarter (None: the whole year). One query."""
    subjects = list(subjects)
    rows = DutyTick.objects.visible_to(actor).filter(item__in=items, year=year)
    if quarter is not None:
        rows = rows.filter(quarter=quarter)
    ticks: dict[tuple[str, int | None], dict[int, DutyTick]] = defaultdict(dict)
    for tick in rows.select_related("by").order_by("pk"):
        key = ("org", tick.org_id) if tick.org_id else ("point", tick.point_id)
        ticks[key][tick.item_id] = tick
    found = []
    for one in subjects:
        if isinstance(one, Org):
            done, label = ticks["org", one.pk], one.name
        else:
            done, label = ticks["point", one.pk], f"{one.leader} · {one.region.name}"
        found.append(DutyRow(one, label, done, items))
    return found
