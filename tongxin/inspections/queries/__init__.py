"""Every read of supervision that has more than one user."""

from .drawing import Drawn, draw
from .draws import recomputed
from .figures import (
    DEFINITIONS,
    Counts,
    Cover,
    Figure,
    common_findings,
    counts_of,
    coverage_of,
    figures_of,
    findings_of,
    per_hundred,
    sequence_of,
    streets_of,
    teams_of,
)
from .impartial import conflicts
from .report import report_of

__all__ = [
    "DEFINITIONS",
    "Counts",
    "Cover",
    "Drawn",
    "Figure",
    "common_findings",
    "conflicts",
    "counts_of",
    "coverage_of",
    "draw",
    "figures_of",
    "findings_of",
    "per_hundred",
    "recomputed",
    "report_of",
    "sequence_of",
    "streets_of",
    "teams_of",
]
