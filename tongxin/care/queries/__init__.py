"""What is known here: numbers in force, files by need, visits due, help, errands, stays, figures."""

from . import files, lists
from .figures import aid_sums, grid_figures, hidden, household_count, wish_count
from .files import (
    contents_of,
    expiring,
    found_by_name,
    impacts_for,
    impacts_seen,
    listed,
    looked,
    looks_at,
    masked_line,
    own_file,
    own_files,
    sheet_of,
)
from .photos import may_see_photo
from .rules import Kind, kind_of, kinds, number
from .visits import contents_of_visit, next_due_on, overdue, promises_open, visits_of

__all__ = [
    "Kind",
    "aid_sums",
    "contents_of",
    "contents_of_visit",
    "expiring",
    "files",
    "found_by_name",
    "grid_figures",
    "hidden",
    "household_count",
    "impacts_for",
    "impacts_seen",
    "kind_of",
    "kinds",
    "listed",
    "lists",
    "looked",
    "looks_at",
    "masked_line",
    "may_see_photo",
    "next_due_on",
    "number",
    "overdue",
    "own_file",
    "own_files",
    "promises_open",
    "sheet_of",
    "visits_of",
    "wish_count",
]
