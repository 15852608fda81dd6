"""Reading what villages earn."""

from .due import economy_check
from .figures import (
    Count,
    FirmLine,
    VillageBooks,
    VillageLine,
    areas_of,
    books_of,
    by_street,
    count_year,
    firms_of,
    kind_of,
    line_of,
    mark_of_year,
    villages_of,
)
from .people import sees_photo, verifiers_of

__all__ = [
    "Count",
    "FirmLine",
    "VillageBooks",
    "VillageLine",
    "areas_of",
    "books_of",
    "by_street",
    "count_year",
    "economy_check",
    "firms_of",
    "kind_of",
    "line_of",
    "mark_of_year",
    "sees_photo",
    "verifiers_of",
    "villages_of",
]
