"""Packages with what was paid, service projects by series (S2.46, S2.47)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from tongxin.funds.queries import of_subjects, yuan

from ..models import JointActivity, ListItem, Package, PackageItem, Series


def items_of(package: Package) -> list[dict[str, Any]]:
    """Return the projects of a package, each with what the ledger says was allocated and paid."""
    rows = list(package.items.select_related("reported_by", "confirmed_by").order_by("kind", "pk"))
    money = of_subjects("package_item", [row.pk for row in rows])
    return [
        {"item": row, **money[str(row.pk)], "yuan": yuan(row.amount_fen),
         "paid_yuan": yuan(money[str(row.pk)]["paid"])}
        for row in rows
    ]  # fmt: skip


def packages_board(actor, year: int) -> dict[str, Any]:
    """Return the packages of a year by street, with how many projects are there. Three queries."""
    rows = list(
        Package.objects.visible_to(actor).filter(year=year).select_related("street", "org")
        .annotate(
            n=Count("items"), there=Count("items", filter=Q(items__state="confirmed")),
        ).order_by("street__path", "pk")
    )  # fmt: skip
    sums = dict(
        PackageItem.objects.filter(package__in=rows).order_by().values_list("kind")
        .annotate(n=Count("pk"))
    )  # fmt: skip
    fen: dict[int, int] = {}
    items = PackageItem.objects.filter(package__in=rows).values_list("package", "amount_fen")
    for package, amount in items:
        fen[package] = fen.get(package, 0) + amount
    return {
        "rows": [{"package": row, "yuan": yuan(fen.get(row.pk, 0))} for row in rows],
        "kinds": [(label, sums.get(kind, 0)) for kind, label in PackageItem.Kind.choices],
        "yuan": yuan(sum(fen.values())),
        "streets": len({row.street_id for row in rows}),
    }


def series_board(projects: QuerySet[ListItem]) -> list[dict[str, Any]]:
    """Return the three series of practical deeds with their projects (S2.46, S2.47). One query."""
    counted = {
        (series, state): n
        for series, state, n in projects.order_by()
        .values_list("series", "state")
        .annotate(n=Count("pk", distinct=True))
    }
    return [
        {
            "series": series.value, "label": series.label,
            "total": sum(n for (one, _s), n in counted.items() if one == series.value),
            "open": counted.get((series.value, "open"), 0),
            "done": counted.get((series.value, "closed"), 0),
        }
        for series in Series
    ]  # fmt: skip


def activities(actor, path: str, most: int = 60) -> list[JointActivity]:
    rows = JointActivity.objects.visible_to(actor).filter(region__path__under=path)
    return list(
        rows.select_related("host", "region").annotate(
            units=Count("parts", filter=Q(parts__answer="joins"))
        ).order_by("-starts_at")[:most]
    )  # fmt: skip
