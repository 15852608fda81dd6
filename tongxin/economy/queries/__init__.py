"""Reading what villages earn."""

from .due import economy_check
from .figures import (
    Count,
    FirmLine,
    VillageLine,
    areas_of,
    by_street,
    count_year,
    firms_of,
    kind_of,
    line_of,
    trend_of,
    villages_of,
)
from .people import sees_photo, verifiers_of

__all__ = [
    "Count",
    "FirmLine",
    "VillageLine",
    "areas_of",
    "by_street",
    "count_year",
    "economy_check",
    "firms_of",
    "kind_of",
    "line_of",
    "sees_photo",
    "trend_of",
    "verifiers_of",
    "villages_of",
]
