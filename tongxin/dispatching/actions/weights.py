"""A district's officer changes what weighs how much, from a day on; nothing is changed backwards."""

from __future__ import annotations

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from tongxin.accounts.actions import audit
from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, NotPermitted, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.scope import roles_over
from tongxin.regions.models import Region

from ..models import Weighting
from ..queries.weights import NUMBERS, PEOPLE, UNITS

FULL = 100
MOST_M, MOST_FLOOR = 50_000, 50


class NotFull(Invalid):
    """The weights of people, or those of units, do not sum to a hundred."""


class WeightsTaken(Refused):
    """Weights from that day on are there already."""


def set_weights(
    *,
    region: Region,
    effective_from: date,
    numbers: dict[str, int],
    source: str,
    at: datetime,
    by: User,
) -> Weighting:
    """Set the weights of a district from a day on; `numbers` has every criterion and NUMBERS.

    :raises NotPermitted: unless an officer of the whole district
    :raises NotFull: if the weights of people, or of units, do not sum to 100
    :raises Invalid: for a number missing or out of range, a day that has begun
    :raises WeightsTaken: if there are weights from that very day on
    """
    if region.level != Region.Level.DISTRICT or "officer" not in roles_over(by, region.path):
        raise NotPermitted(_("只有区级负责人可以调整本区的推荐权重。"))
    source = clean_text(source, limit=200, field_label=_("依据"), required=True)
    if effective_from < localdate(at):
        raise Invalid(_("施行日期不能早于今天：过去的推荐按当时的权重。"), field="effective_from")
    _check(numbers)
    weighting = Weighting(
        region=region,
        effective_from=effective_from,
        weights={code: numbers[code] for code in (*PEOPLE, *UNITS)},
        **{name: numbers[name] for name in NUMBERS},
        source=source,
        by=by,
        at=at,
    )
    try:
        with transaction.atomic():
            weighting.save(force_insert=True)
            audit(
                actor=by,
                action="dispatching.weights",
                at=at,
                object=str(weighting),
                reason=source,
                detail={"effective_from": str(effective_from), **numbers},
            )
    except IntegrityError:
        raise WeightsTaken(
            _("这一天起的权重已经定过，请另选日期。"), field="effective_from"
        ) from None
    return weighting


def _check(numbers: dict[str, int]) -> None:
    for codes in (PEOPLE, UNITS):
        for code in codes:
            if not 0 <= numbers.get(code, -1) <= FULL:
                raise Invalid(_("“%s”应在 0 到 100 之间。") % codes[code], field=code)
        total = sum(numbers[code] for code in codes)
        if total != FULL:
            raise NotFull(
                _("各项合计应为 100，现在是 %d。") % total, field=next(iter(codes)), total=total
            )
    if not 500 <= numbers.get("far_m", 0) <= MOST_M:
        raise Invalid(_("距离计分上限应在 500 米到 50 公里之间。"), field="far_m")
    if not numbers["far_m"] <= numbers.get("limit_m", 0) <= MOST_M:
        raise Invalid(_("最远推荐距离不应小于计分上限，最多 50 公里。"), field="limit_m")
    if not 1 <= numbers.get("floor", 0) <= MOST_FLOOR:
        raise Invalid(_("评单计分的最少件数应在 1 到 50 之间。"), field="floor")
