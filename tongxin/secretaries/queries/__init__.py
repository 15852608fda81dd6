"""What is read in more than one place: villages, help, surveys, honours, duties, what is due."""

from ..rules import in_force
from .checks import secretaries_check
from .help import masked_household, paid_by_plan, with_counts, wrong_subsidies
from .standing import (
    Suggestion,
    counted,
    honour_years,
    honours_of,
    removal_counts,
    standing_post,
    suggested,
    suggestion,
    survey_counts,
    units_below,
    with_progress,
)
from .village import (
    Coverage,
    Village,
    coverage_of,
    diary_hint,
    diary_stretches,
    double_post,
    missing_days,
    user_by_name,
    village_coverage,
    village_gaps,
    villages_of,
)

__all__ = [
    "Coverage",
    "Suggestion",
    "Village",
    "coverage_of",
    "diary_hint",
    "diary_stretches",
    "double_post",
    "honour_years",
    "honours_of",
    "in_force",
    "masked_household",
    "missing_days",
    "paid_by_plan",
    "removal_counts",
    "counted",
    "standing_post",
    "secretaries_check",
    "suggested",
    "suggestion",
    "survey_counts",
    "units_below",
    "user_by_name",
    "village_coverage",
    "village_gaps",
    "villages_of",
    "with_counts",
    "with_progress",
    "wrong_subsidies",
]
