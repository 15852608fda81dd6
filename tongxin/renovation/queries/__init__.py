"""Every read of the renovation campaign that has more than one user."""

from .access import may_on, own_lands, own_paths, sees_photo
from .alarms import Alarm, alarms_of
from .board import (
    STATES,
    SYMBOLS,
    Board,
    Figures,
    Place,
    board_of,
    forget_boards,
    is_late,
)
from .going import (
    SOURCE,
    TeamLine,
    charges_of,
    lead_times,
    open_troubles,
    unannounced,
    visit_matrix,
    visits_by_leader,
)
from .solving import Gap, Pair, Room, Solution, covered_of, pairs_of, solve

__all__ = [
    "SOURCE",
    "STATES",
    "SYMBOLS",
    "Alarm",
    "Board",
    "Figures",
    "Gap",
    "Pair",
    "Place",
    "Room",
    "Solution",
    "TeamLine",
    "alarms_of",
    "board_of",
    "charges_of",
    "covered_of",
    "forget_boards",
    "is_late",
    "lead_times",
    "may_on",
    "open_troubles",
    "own_lands",
    "own_paths",
    "pairs_of",
    "sees_photo",
    "solve",
    "unannounced",
    "visit_matrix",
    "visits_by_leader",
]
