"""Every read of supervision that has more than one user."""

from .drawing import Drawn, draw
from .draws import recomputed
from .figures import (
    DEFINITIONS,
    VISIT_FIELDS,
    Counts,
    Cover,
    Figure,
    TeamLine,
    common_findings,
    counts_of,
    coverage_of,
    figures_of,
    findings_of,
    is_weekend_unannounced,
    per_hundred,
    sequence_of,
    streets_of,
    teams_of,
)
from .impartial import conflicts
from .people import crew_of, people_for, seats_of
from .report import report_of
from .resuming import by_class, conditions_for

__all__ = [
    "DEFINITIONS",
    "VISIT_FIELDS",
    "Counts",
    "Cover",
    "Drawn",
    "Figure",
    "TeamLine",
    "by_class",
    "common_findings",
    "conditions_for",
    "conflicts",
    "counts_of",
    "coverage_of",
    "crew_of",
    "draw",
    "figures_of",
    "findings_of",
    "is_weekend_unannounced",
    "people_for",
    "per_hundred",
    "recomputed",
    "report_of",
    "seats_of",
    "sequence_of",
    "streets_of",
    "teams_of",
]
