"""The kinds the house comes with: a sample that a district changes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from django.db import transaction

from ..models import FindingKind

DATA = Path(__file__).parent.parent / "data"


@transaction.atomic
def load_kinds() -> int:
    """Bring in the sample kinds that are not there yet; return how many are new."""
    known = set(FindingKind.objects.values_list("code", flat=True))
    with (DATA / "kinds.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["code"] not in known]
    made = [
        FindingKind(
            **{**row, "days": int(row["days"])},
            effective_from=date(2020, 1, 1),
            source="样例，供各区按实际修改",
            is_sample=True,
        )
        for row in rows
    ]
    return len(FindingKind.objects.bulk_create(made))
