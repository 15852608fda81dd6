"""The quick answers a desk starts with."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from tongxin.kit.tables import read_table

from ..models import QuickAnswer

SAMPLE = Path(__file__).parent.parent / "data" / "answers.csv"


@transaction.atomic
def load_answers() -> dict[str, QuickAnswer]:
    """Bring the sample answers where their codes are not there yet; return all of them by code."""
    known = QuickAnswer.objects.in_bulk(field_name="code")
    rows = [dict(row) for _line, row in read_table(SAMPLE, name=SAMPLE.name).rows]
    fresh = [QuickAnswer(is_sample=True, **row) for row in rows if row["code"] not in known]
    QuickAnswer.objects.bulk_create(fresh)
    return QuickAnswer.objects.in_bulk(field_name="code")
