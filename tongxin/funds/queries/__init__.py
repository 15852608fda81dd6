"""Reading the books."""

from .due import funds_check
from .ledger import lowest_from, paid_to_on, payload_of, threshold_for, wrong_ledgers
from .lists import (
    AskedLines,
    Leaning,
    allocations_of,
    asked_lines,
    budget_of,
    leaning,
    ledger_table,
    lines_of,
    overdue_of,
    overdue_sum,
    page_of_allocations,
    page_of_lines,
    totals_of,
    waiting_for,
    with_overdue,
    year_of,
)
from .people import approvers_of, inspectors_of, keepers_of, sees_photo
from .subjects import of_subject, of_subjects
from .words import wan, yuan

__all__ = [
    "AskedLines",
    "Leaning",
    "allocations_of",
    "asked_lines",
    "budget_of",
    "leaning",
    "ledger_table",
    "lines_of",
    "overdue_of",
    "overdue_sum",
    "page_of_allocations",
    "page_of_lines",
    "totals_of",
    "waiting_for",
    "with_overdue",
    "year_of",
    "approvers_of",
    "funds_check",
    "inspectors_of",
    "keepers_of",
    "lowest_from",
    "of_subject",
    "of_subjects",
    "paid_to_on",
    "payload_of",
    "sees_photo",
    "threshold_for",
    "wan",
    "wrong_ledgers",
    "yuan",
]
