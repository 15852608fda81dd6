"""Every write of orgs, gathered from the files of this folder."""

from .logbook import (
    log_payload,
    write_log,
)
from .posts import (
    BadDates,
    BadGrid,
    BadParent,
    BadReach,
    NotStanding,
    PostHeld,
    PostOver,
    StillNeeded,
    check_grids,
    check_parent,
    check_post,
    dissolve_org,
    end_post,
    give_post,
)
from .tree import (
    place_orgs,
)
from .volunteers import (
    MOST_ORDERS,
    AlreadyVolunteer,
    BadCap,
    NotACommunity,
    register_volunteer,
    set_volunteer,
)

__all__ = [
    "AlreadyVolunteer",
    "BadCap",
    "BadDates",
    "BadGrid",
    "BadParent",
    "BadReach",
    "MOST_ORDERS",
    "NotACommunity",
    "NotStanding",
    "PostHeld",
    "PostOver",
    "StillNeeded",
    "check_grids",
    "check_parent",
    "check_post",
    "dissolve_org",
    "end_post",
    "give_post",
    "log_payload",
    "place_orgs",
    "register_volunteer",
    "set_volunteer",
    "write_log",
]
