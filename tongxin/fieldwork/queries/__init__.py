"""What others ask of visits: a day's round, what a phone takes along, marks in words."""

from .admitting import Leave, burden_of, count_asked, guard_plans, leave_of, mend_url
from .asking import asked_items, rule_in_words, value_in_words
from .coverage import (
    Matrix,
    Share,
    coverage,
    coverage_of_source,
    figures_by_kind,
    figures_by_land,
    named_in,
    share_of,
    shares_of_plans,
)
from .crews import crews_of, goers_in, targets_in, users_by_id
from .known import finding_kinds, findings_of
from .lists import counts_of, filtered, page_of_visits, rows_of, state_tone, within
from .marks import sentences
from .norms import norms_on
from .ordering import shortest
from .owed import visits_check
from .points import coming_points, point_figures, points_seen
from .reading import with_whole
from .results import dimensions_of
from .rhythm import next_slots, period_of, rhythm_in_words, slots_between
from .rounds import (
    ASKS_MOOD,
    as_offline,
    done_on,
    in_order,
    offline_bundle,
    offline_checklist,
    offline_done,
    place_of,
    round_of,
)
from .stages import has_passed, stage_name, waits_for

__all__ = [
    "ASKS_MOOD",
    "Leave",
    "Matrix",
    "Share",
    "as_offline",
    "asked_items",
    "burden_of",
    "count_asked",
    "counts_of",
    "coverage",
    "coverage_of_source",
    "crews_of",
    "dimensions_of",
    "done_on",
    "figures_by_kind",
    "figures_by_land",
    "filtered",
    "finding_kinds",
    "findings_of",
    "goers_in",
    "guard_plans",
    "has_passed",
    "in_order",
    "leave_of",
    "mend_url",
    "named_in",
    "next_slots",
    "norms_on",
    "offline_bundle",
    "offline_checklist",
    "offline_done",
    "page_of_visits",
    "period_of",
    "place_of",
    "coming_points",
    "point_figures",
    "points_seen",
    "rhythm_in_words",
    "round_of",
    "rows_of",
    "rule_in_words",
    "sentences",
    "share_of",
    "shares_of_plans",
    "shortest",
    "slots_between",
    "stage_name",
    "state_tone",
    "targets_in",
    "users_by_id",
    "value_in_words",
    "visits_check",
    "waits_for",
    "with_whole",
    "within",
]
