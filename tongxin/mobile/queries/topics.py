"""The catalogue as a phone needs it: by the three sorts a round brings home, the common ones first."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db.models import Sum
from django.utils.timezone import localtime

from tongxin.cases.models import Tally, Topic

SORTS = Path(__file__).parent.parent / "data" / "sorts.csv"
COMMON = 8
FACILITY = "facility"


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[str, str, str], ...]:
    with SORTS.open(encoding="utf-8", newline="") as file:
        return tuple((row["sort"], row["by"], row["value"]) for row in csv.DictReader(file))


def sort_of(topic: Topic) -> str:
    """Return "dispute" (邻里纠纷), "need" (老人等有困难的人) or "facility" (设施、环境) (S4.34)."""
    words = f"{topic.category.name} {topic.name}"
    for sort, by, value in _rules():
        if (by == "word" and value in words) or (by == "kind" and value == topic.kind):
            return sort
    return FACILITY


def offline_topics(path: str, at: datetime) -> dict[str, Any]:
    """Return {"common": eight codes, "items": all active topics}; most used in the place first."""
    topics = list(Topic.objects.filter(is_active=True).select_related("category"))
    since = (localtime(at) - timedelta(days=90)).date().replace(day=1)
    counted = Tally.objects.filter(path=path, kind="request", span="m", dim="t", start__gte=since)
    n_of = dict(counted.values_list("key").annotate(n=Sum("n")).order_by()) if path else {}
    asked = sorted(topics, key=lambda one: (-n_of.get(str(one.pk), 0), sort_of(one) != FACILITY))
    return {
        "common": [one.code for one in asked[:COMMON]],
        "items": [
            {
                "code": one.code,
                "name": one.name,
                "category": one.category.name,
                "kind": one.kind,
                "sort": sort_of(one),
                "urgent": one.is_urgent,
                "public": one.is_public,
                "questions": one.questions,
            }
            for one in topics
        ],
    }
