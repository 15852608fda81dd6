"""What others may ask about programmes, targets, benchmarks, promises and schedules."""

from .benchmarks import Counts, Gap, counts_from, counts_of, gap_of
from .calendars import calendar_of
from .names import person_in, written_parts
from .programmes import (
    Row,
    Standing,
    Tally,
    Tree,
    add_serving,
    board_of,
    by_org,
    by_year,
    elapsed,
    gantt_of,
    open_parts,
    ready,
    rows_of,
    standing_of,
    tallies_of,
    tree_of,
)
from .promises import (
    Appraisal,
    appraise,
    appraise_all,
    duty_rows,
    items_of,
    open_items,
    quarter_of,
)
from .reports import Monthly, monthly, paragraphs
from .schedules import sentence_of as stages_sentence
from .schedules import slip_of
from .schedules import standing_of as stages_standing
from .targets import Rolled, fitting, matrix_of, plain, rolled

__all__ = [
    "Appraisal",
    "Counts",
    "Gap",
    "Monthly",
    "Rolled",
    "Row",
    "Standing",
    "Tally",
    "Tree",
    "add_serving",
    "appraise",
    "appraise_all",
    "board_of",
    "by_org",
    "by_year",
    "calendar_of",
    "counts_from",
    "counts_of",
    "duty_rows",
    "elapsed",
    "fitting",
    "gantt_of",
    "gap_of",
    "items_of",
    "matrix_of",
    "monthly",
    "open_items",
    "open_parts",
    "paragraphs",
    "person_in",
    "plain",
    "quarter_of",
    "ready",
    "rolled",
    "rows_of",
    "slip_of",
    "stages_sentence",
    "stages_standing",
    "standing_of",
    "tallies_of",
    "tree_of",
    "written_parts",
]
