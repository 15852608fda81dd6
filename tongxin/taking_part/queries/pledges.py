"""How far a campaign of items is: by unit and by item, never by person."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from tongxin.orgs.models import Membership

from ..models import ItemCampaign, ItemPick

LEAST = 5  # of units with fewer members only the sum is shown


def coverage_of(campaign: ItemCampaign) -> dict[str, Any]:
    """Return {"units": [{name, members, picked, done}], "items": [{item, picked, done}], totals}.

    `picked` and `done` of a unit count members who picked enough, or did all of that. Small units are
    drawn together: nobody is made out. No order but the name's: it is no ranking. Three queries.
    """
    members = dict(
        Membership.objects.members()
        .filter(unit__path__under=campaign.org.path)
        .values_list("unit")
        .annotate(n=Count("pk"))
    )
    names = dict(
        Membership.objects.members()
        .filter(unit__path__under=campaign.org.path)
        .values_list("unit", "unit__name")
        .distinct()
    )
    people = ItemPick.objects.filter(item__campaign=campaign).values("unit", "user").annotate(
        picked=Count("pk"), done=Count("pk", filter=Q(done_at__isnull=False))
    )  # fmt: skip
    rows: dict[int, dict[str, Any]] = {
        pk: {"name": names[pk], "members": n, "picked": 0, "done": 0} for pk, n in members.items()
    }
    for one in people:
        row = rows.get(one["unit"])
        if row is not None:
            row["picked"] += one["picked"] >= campaign.least
            row["done"] += one["done"] >= campaign.least
    shown = [row for row in rows.values() if row["members"] >= LEAST]
    small = [row for row in rows.values() if row["members"] < LEAST]
    total = {
        name: sum(row[name] for row in rows.values()) for name in ("members", "picked", "done")
    }
    items = list(
        campaign.items.annotate(
            picked=Count("picks"), done=Count("picks", filter=Q(picks__done_at__isnull=False))
        ).order_by("pk")
    )
    return {
        "units": sorted(shown, key=lambda row: row["name"]),
        "small": {"n": len(small), **{k: sum(r[k] for r in small) for k in ("members", "picked", "done")}},
        "total": total, "items": items,
        "share": round(100 * total["done"] / total["members"], 1) if total["members"] else None,
    }  # fmt: skip
