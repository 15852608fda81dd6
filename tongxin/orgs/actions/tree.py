"""The places of organisations in their tree."""

from __future__ import annotations

from django.db import transaction

from ..models import Org


@transaction.atomic
def place_orgs() -> int:
    """Give a path to every organisation written in bulk, which has none yet; return how many."""
    waiting = list(Org.objects.filter(path="").only("pk", "parent"))
    placed: dict[int, str] = dict(Org.objects.exclude(path="").values_list("pk", "path"))
    found = []
    while waiting:
        ready = [org for org in waiting if org.parent_id is None or org.parent_id in placed]
        if not ready:
            break  # a circle, which `check_parent` never lets in
        for org in ready:
            above = placed[org.parent_id] if org.parent_id else ""
            org.path = placed[org.pk] = f"{above}{org.pk}/"
        found += ready
        waiting = [org for org in waiting if org.pk not in placed]
    Org.objects.bulk_update(found, ["path"], batch_size=500)
    return len(found)
