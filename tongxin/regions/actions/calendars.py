from __future__ import annotations

from datetime import date

from django.db import transaction

from ..models import DayException, Region, WorkHours, parse_spans
from .versions import land_changed


@transaction.atomic
def set_work_hours(*, region: Region, effective_from: date, spans: str) -> WorkHours:
    """Working hours of a region and all below it from a day on: "08:30-12:00 14:00-17:30".

    Raises kit's BadWorkHours.
    """
    parse_spans(spans)
    hours, _created = WorkHours.objects.update_or_create(
        region=region, effective_from=effective_from, defaults={"spans": spans}
    )
    land_changed()
    return hours


@transaction.atomic
def mark_day(*, region: Region, day: date, is_workday: bool, name: str) -> DayException:
    """A day on which a region and all below it depart from the State Council's calendar."""
    exception, _created = DayException.objects.update_or_create(
        region=region, day=day, defaults={"is_workday": is_workday, "name": name}
    )
    land_changed()
    return exception
