"""A kept draw, computed again."""

from __future__ import annotations

from ..models import SampledPerson, SamplingPlan
from .drawing import draw


def recomputed(plan: SamplingPlan) -> bool:
    """Say whether the seed, frame and pool of a draw give exactly what was kept; two queries."""
    found = draw(
        seed=plan.seed, frame=[tuple(one) for one in plan.frame], per_stratum=plan.per_stratum,
        pool=plan.pool, barred=plan.barred, per_site=plan.per_site,
    )  # fmt: skip
    kept = list(plan.sites.order_by("order").values_list("site__code", "stratum"))
    people: dict[str, set[int]] = {code: set() for code, _stratum in kept}
    rows = SampledPerson.objects.filter(row__plan=plan).values_list("row__site__code", "user")
    for code, user in rows:
        people[code].add(user)
    return kept == list(found.sites) and people == {
        code: set(drawn) for code, drawn in found.people.items()
    }
