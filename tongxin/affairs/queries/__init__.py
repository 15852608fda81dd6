"""Every read of affairs with more than one user, gathered from the files of this folder."""

from .admission import next_step, schedule, stages_of
from .checks import affairs_check, keeping, kept_units, waiting_for
from .disclosure import expected, gaps, item_of
from .dues import (
    accounts_of,
    arrears_of,
    balances,
    base_on,
    forwarded_in,
    ledger_faults,
    ledger_of,
    members_of,
    open_base,
    quarter_sheet,
    uncharged,
    units_under,
)
from .elections import (
    committee_of,
    counted,
    electorate,
    full_members,
    line_of,
    may_stand,
    proposed_posts,
    standing_in,
)

__all__ = [
    "accounts_of",
    "affairs_check",
    "arrears_of",
    "balances",
    "base_on",
    "committee_of",
    "counted",
    "electorate",
    "expected",
    "forwarded_in",
    "full_members",
    "gaps",
    "item_of",
    "keeping",
    "kept_units",
    "ledger_faults",
    "ledger_of",
    "line_of",
    "may_stand",
    "members_of",
    "next_step",
    "open_base",
    "proposed_posts",
    "quarter_sheet",
    "schedule",
    "stages_of",
    "standing_in",
    "uncharged",
    "units_under",
    "waiting_for",
]
