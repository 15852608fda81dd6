"""Brands as they are read: families, values by period against the target, points of a map."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from ..models import Brand, BrandFamily, Exemplar

TONES = {"growing": "working", "standing": "done", "retired": "idle"}


def family_rows() -> Any:
    """Return the families in their order; they are open to everybody."""
    return BrandFamily.objects.order_by("order", "pk")


def families() -> list[BrandFamily]:
    return list(family_rows())


def indicators_of(brand: Brand) -> dict[str, Any]:
    """Return {"periods", "rows"}: each indicator with its value in every period, and how far to the target."""
    rows: list[dict[str, Any]] = []
    periods: set[str] = set()
    for one in brand.indicators.prefetch_related("values"):
        values = {value.period: value.value for value in one.values.all()}
        periods |= set(values)
        latest = values[max(values)] if values else None
        share = round(100 * latest / one.target) if latest is not None and one.target else None
        rows.append({"one": one, "values": values, "latest": latest, "share": share})
    told = sorted(periods)[-8:]
    for row in rows:
        row["cells"] = [row["values"].get(period) for period in told]
    return {"periods": told, "rows": rows}


def points_of(brands: list[Brand], name: str) -> list[dict[str, Any]]:
    """Return the points of a map: each brand where its village or unit lies."""
    return [
        {
            "lng": one.region.lng, "lat": one.region.lat, "title": one.name,
            "note": f"{one.region.name} · {one.family.name}", "url": reverse(name, args=[one.pk]),
            "tone": TONES[one.state], "char": one.name[:1],
        }
        for one in brands
        if one.region.lng is not None
    ]  # fmt: skip


def methods() -> Any:
    """Return the published methods a brand may go by (S2.27, S4.79)."""
    return Exemplar.objects.public().filter(kind__code="method").order_by("-pk")
