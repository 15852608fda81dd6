"""What is read of a centre's day by more than one reader."""

from .catalogue import Offered, offered_counts, offers_of, services_on, where_offered
from .figures import (
    CONVENIENCE,
    POLITICAL,
    PlaceUse,
    RoomUse,
    Use,
    Windows,
    month_span,
    rooms_in_use,
    use_by_place,
    use_of,
    windows_of,
)
from .links import matter_by_number, matter_of, progress_url
from .queue import Hall, ahead_of, hall_of

__all__ = [
    "CONVENIENCE",
    "POLITICAL",
    "Hall",
    "Offered",
    "PlaceUse",
    "RoomUse",
    "Use",
    "Windows",
    "ahead_of",
    "hall_of",
    "matter_by_number",
    "matter_of",
    "month_span",
    "offered_counts",
    "offers_of",
    "progress_url",
    "rooms_in_use",
    "services_on",
    "use_by_place",
    "use_of",
    "where_offered",
    "windows_of",
]
