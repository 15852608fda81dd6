"""What each criterion weighs: the district's own numbers of that day, or those we come with."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from tongxin.regions.queries import prefixes

from ..models import Weighting

SAMPLE = Path(__file__).parent.parent / "data" / "weights.csv"
PEOPLE = {
    "skill": _("技能"),
    "way": _("距离"),
    "time": _("空闲时间"),
    "load": _("手上的单"),
    "done": _("同类经验"),
    "rating": _("同类评单"),
    "fair": _("均衡"),
    "rest": _("间隔"),
}
UNITS = {
    "unit_duty": _("就近承办"),
    "unit_done": _("同类经验"),
    "unit_ontime": _("按时办结"),
    "unit_load": _("在办数量"),
}
NUMBERS = ("far_m", "limit_m", "floor")
SAMPLE_SOURCE = _("样例权重，由系统附带，请按本地情况调整")


@dataclass(frozen=True)
class Weights:
    """Weights of a day: {criterion: points of 100}, metres, and the least number of ratings."""

    of: dict[str, int]
    far_m: int
    limit_m: int
    floor: int
    effective_from: date | None  # None: those we come with
    source: str

    @property
    def is_sample(self) -> bool:
        return self.effective_from is None


@cache
def sample_numbers() -> dict[str, int]:
    """Return what `data/weights.csv` says: {code: value}."""
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        return {row["code"]: int(row["value"]) for row in csv.DictReader(file)}


def sample_weights() -> Weights:
    numbers = sample_numbers()
    return Weights(
        of={code: numbers[code] for code in (*PEOPLE, *UNITS)},
        **{name: numbers[name] for name in NUMBERS},
        effective_from=None,
        source=str(SAMPLE_SOURCE),
    )


def weights_on(area: str, day: date) -> Weights:
    """Return the weights in force over an area on a day. One query."""
    rows = Weighting.objects.filter(region__path__in=list(prefixes(area)), effective_from__lte=day)
    row = rows.order_by("-effective_from", "-id").first()
    if row is None:
        return sample_weights()
    return Weights(row.weights, row.far_m, row.limit_m, row.floor, row.effective_from, row.source)
