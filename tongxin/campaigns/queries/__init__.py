"""Every read of campaigns that has more than one user."""

from .admission import (
    COUNTED,
    Admission,
    Burdens,
    admission_of,
    burdens_of,
    leave_of_plan,
    month_of,
    months_until,
    plates_in,
    times_used,
    turns_of,
)
from .campaigns import (
    OPEN_STEPS,
    Progress,
    areas_of,
    own_tasks,
    progress_of,
    sums_of,
    table_of,
    tallies_of,
    targets_of,
    tasks_of,
)
from .words import in_words

__all__ = [
    "COUNTED",
    "OPEN_STEPS",
    "Admission",
    "Burdens",
    "Progress",
    "admission_of",
    "areas_of",
    "burdens_of",
    "in_words",
    "leave_of_plan",
    "month_of",
    "months_until",
    "own_tasks",
    "plates_in",
    "progress_of",
    "sums_of",
    "table_of",
    "tallies_of",
    "targets_of",
    "tasks_of",
    "times_used",
    "turns_of",
]
