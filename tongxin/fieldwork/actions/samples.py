"""The house's sample checklists and norms, brought in once; a district copies and changes them."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

from django.db import transaction

from ..models import Checklist, FieldNorm, Item
from .checklists import check_conditions, item_fields

DATA = Path(__file__).parent.parent / "data"
SINCE = date(2020, 1, 1)


@transaction.atomic
def load_samples(*, at: datetime) -> int:
    """Bring in the sample checklists and norms that are not in yet; return how many are new."""
    new = 0
    for row in _rows("norms.csv"):
        _norm, made = FieldNorm.objects.get_or_create(
            code=row["code"], effective_from=SINCE,
            defaults={"value": int(row["value"]), "source": row["source"], "is_sample": True},
        )  # fmt: skip
        new += made
    items: dict[str, list[dict[str, str]]] = {}
    for row in _rows("items.csv"):
        items.setdefault(row["checklist"], []).append(row)
    for row in _rows("checklists.csv"):
        if Checklist.objects.filter(code=row["code"]).exists():
            continue
        made_list = Checklist.objects.create(
            code=row["code"], name=row["name"], kind=row["kind"], about=row["about"],
            source=row["source"], version=1, effective_from=SINCE, is_sample=True, made_at=at,
            published_at=at, after_code=row["after_code"],
            pass_percent=int(row["pass_percent"] or 0),
        )  # fmt: skip
        kept = [
            Item(checklist=made_list, number=n, code=cells["code"], **item_fields(cells))
            for n, cells in enumerate(items[row["code"]], start=1)
        ]
        check_conditions(kept)
        Item.objects.bulk_create(kept)
        new += 1
    return new


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
