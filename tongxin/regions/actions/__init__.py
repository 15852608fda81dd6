"""Every write to land and its calendars, by verb."""

from .calendars import mark_day, set_work_hours
from .changes import (
    AlreadyClosed,
    CodeTaken,
    WrongLevel,
    WrongSuccessor,
    add_region,
    close_region,
    free_place,
    make_grids,
    merge_regions,
    split_grid,
)
from .imports import Imported, draw_district, import_divisions, import_polygons, import_regions
from .versions import land_changed

__all__ = [
    "AlreadyClosed",
    "CodeTaken",
    "Imported",
    "WrongLevel",
    "WrongSuccessor",
    "add_region",
    "close_region",
    "draw_district",
    "free_place",
    "import_divisions",
    "import_polygons",
    "import_regions",
    "land_changed",
    "make_grids",
    "mark_day",
    "merge_regions",
    "set_work_hours",
    "split_grid",
]
