"""The data a new installation starts with: kinds of room, standards of signs, checklists, limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.kit.tables import read_table

from ..models import BookingRule, PhaseItem, RoomKind, SignStandard

DATA = Path(__file__).parent.parent / "data"
SINCE = date(2024, 1, 1)


def _rows(name: str) -> list[dict]:
    path = DATA / name
    return [dict(row) for _line, row in read_table(path.read_bytes(), name=name).rows]


@transaction.atomic
def load_samples() -> int:
    """Load what is missing of the samples; return how many rows were new. Nothing is changed."""
    made = 0
    for n, row in enumerate(_rows("room_kinds.csv"), start=1):
        made += RoomKind.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"], "use": row["use"], "is_service": row["is_service"] == "1",
                "is_care": row["is_care"] == "1", "sort": n, "is_sample": True,
            },
        )[1]  # fmt: skip
    source = _("自编样例，请按本地文件核定")
    for row in _rows("sign_standards.csv"):
        given = {"name": row["name"], "text": row["text"], "kinds": row["kinds"]}
        made += SignStandard.objects.get_or_create(
            code=row["code"], version=1,
            defaults=given | {"is_required": row["is_required"] == "1", "effective_from": SINCE,
                              "source": source, "is_sample": True},
        )[1]  # fmt: skip
    for row in _rows("phase_items.csv"):
        given = {"phase": row["phase"], "text": row["text"], "points": int(row["points"])}
        made += PhaseItem.objects.get_or_create(
            code=row["code"], version=1,
            defaults=given | {"effective_from": SINCE, "source": source, "is_sample": True},
        )[1]  # fmt: skip
    made += BookingRule.objects.get_or_create(
        region=None, kind=None, room=None, effective_from=SINCE,
        defaults={"most_minutes": 240, "lead_minutes": 60, "ahead_days": 14, "most_open": 3,
                  "source": source, "is_sample": True},
    )[1]  # fmt: skip
    return made
