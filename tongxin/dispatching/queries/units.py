"""The units an order could go to, with the arithmetic of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.cases.models import Case
from tongxin.orgs.models import Org
from tongxin.regions.models import DEPTH
from tongxin.requests.queries import handlers_of

from .advice import Mark
from .criteria import NEUTRAL, PRACTISED
from .crowd import YEAR
from .weights import UNITS, Weights, weights_on

FINISHED = ("done", "verified", "closed")
MANY = 20  # open orders of a unit beyond which more makes no difference


@dataclass(frozen=True)
class AdvisedUnit:
    org: Org
    marks: list[Mark]

    @property
    def score(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def why(self) -> str:
        return "，".join(mark.why for mark in self.marks)


def advise_units(
    case: Case, *, at: datetime, limit: int = 10, weights: Weights | None = None
) -> list[AdvisedUnit]:
    """Return the units that answer for the place, best first. One query, two without weights."""
    weights = weights or weights_on(case.area, localdate(at))
    same = Q(topic=case.topic_id, step__in=FINISHED) if case.topic_id else Q(pk__in=[])
    counted = (
        Case.objects.filter(handler=OuterRef("pk"), kind="request")
        .filter(Q(opened_at__gte=at - YEAR) | Q(closed_at__isnull=True))
        .order_by()
        .values("handler")
        .annotate(
            done=Count("pk", filter=same),
            in_time=Count("pk", filter=same & Q(is_late=False)),
            held=Count("pk", filter=Q(closed_at__isnull=True) & ~Q(step__in=FINISHED)),
        )
        .values(all=JSONObject(done="done", in_time="in_time", held="held"))
    )
    orgs = handlers_of(case).select_related("region").annotate(counted=Subquery(counted))
    found = [AdvisedUnit(org, _marks(org, org.counted or {}, weights)) for org in orgs]
    return sorted(found, key=lambda one: (-round(one.score, 6), one.org.pk))[:limit]


def _marks(org: Org, counts: dict[str, int], weights: Weights) -> list[Mark]:
    done, in_time, open_now = (counts.get(name, 0) for name in ("done", "in_time", "held"))
    near = DEPTH[org.region.level] / DEPTH["community"]
    practised = _("一年内办过同类 %d 件") % done if done else _("还没办过同类")
    if done < weights.floor:
        timely, words = NEUTRAL, _("同类不足 %d 件，不计是否按时") % weights.floor
    else:
        timely, words = in_time / done, _("其中 %d 件按时") % in_time
    held = _("在办 %d 件") % open_now if open_now else _("没有在办的")
    found = [
        ("unit_duty", near, _("承办范围：%s") % org.region.short_name),
        ("unit_done", done / PRACTISED, practised),
        ("unit_ontime", timely, words),
        ("unit_load", 1 - open_now / MANY, held),
    ]
    return [
        Mark(code, str(UNITS[code]), min(max(value, 0.0), 1.0), weights.of[code], why)
        for code, value, why in found
    ]
