"""Writing down that a duty was done in a building (S3.40)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.accounts.models import User
from tongxin.kit.errors import Invalid, KeyReused, Refused
from tongxin.kit.text import clean_text
from tongxin.orgs.actions import write_log
from tongxin.orgs.models import LogEntry, Org
from tongxin.regions.models import Region

from ..models import BuildingDuty, DutyRecord
from .common import key_of, must_keep, not_ahead


class NotCovered(Refused):
    """The unit does not cover that building."""


@transaction.atomic
def record_duty(
    *, unit: Org, building: Region, duty: str, on: date, text: str, by: User, at: datetime,
    key: str = "",
) -> DutyRecord:  # fmt: skip
    """Write down what a unit did in a building it covers; it stands in its book. Once for a key.

    :raises NotYours, NotCovered, BadDay, Invalid, KeyReused:
    """
    Org.objects.select_for_update().only("pk").get(pk=unit.pk)
    known = DutyRecord.objects.filter(key=key_of(by, key)).first() if key else None
    if known is not None:
        if known.building_id != building.pk or known.unit_id != unit.pk:
            raise KeyReused(_("这个键已经用于别的记录。"))
        return known
    must_keep(by, unit)
    if duty not in BuildingDuty.values:
        raise Invalid(_("请选择职责。"), field="duty")
    not_ahead(on, at)
    if unit.dissolved_on or not unit.grids.filter(pk=building.pk).exists():
        raise NotCovered(
            _("%(unit)s没有覆盖%(building)s。") % {"unit": unit.name, "building": building.name},
            remedy=_("请先在组织页面“调整网格”里绑定这栋楼。"),
        )
    made = DutyRecord.objects.create(
        unit=unit, building=building, duty=duty, on=on, by=by, at=at, key=key_of(by, key),
        text=clean_text(text, limit=300, field_label=_("做了什么"), required=True),
    )  # fmt: skip
    words = {"building": building.short_name or building.name,
             "duty": made.get_duty_display(), "text": made.text}  # fmt: skip
    write_log(
        unit=unit, kind=LogEntry.Kind.SERVICE, text=_("%(building)s %(duty)s：%(text)s") % words,
        at=at, recorded_at=at, source=f"standards.dutyrecord:{made.pk}",
        key=f"building-duty:{made.pk}", actor=by,
    )  # fmt: skip
    return made
