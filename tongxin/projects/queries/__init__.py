"""What others may ask about programmes, targets, benchmarks, promises and schedules."""

from .benchmarks import Counts, Gap, counts_of, gap_of
from .programmes import (
    Tally,
    Tree,
    board_of,
    by_org,
    by_year,
    elapsed,
    gantt_of,
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
from .targets import Rolled, matrix_of, plain, rolled

__all__ = [
    "Appraisal",
    "Counts",
    "Gap",
    "Monthly",
    "Rolled",
    "Tally",
    "Tree",
    "appraise",
    "appraise_all",
    "board_of",
    "by_org",
    "by_year",
    "counts_of",
    "duty_rows",
    "elapsed",
    "gantt_of",
    "gap_of",
    "items_of",
    "matrix_of",
    "monthly",
    "open_items",
    "paragraphs",
    "plain",
    "quarter_of",
    "ready",
    "rolled",
    "rows_of",
    "standing_of",
    "tallies_of",
    "tree_of",
]
