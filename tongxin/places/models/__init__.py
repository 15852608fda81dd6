"""Centres, their rooms, hours, signs, papers and scores; bookings; sessions of care."""

from .bookings import Booking, BookingQuerySet, BookingRule, BookingSeries
from .care import CareSession, CareSessionQuerySet, CareSignUp, CareSignUpQuerySet
from .centres import (
    AreaChange,
    Centre,
    CentrePhoto,
    CentreQuerySet,
    CentreService,
    DayNotice,
    OpeningWeek,
    Room,
    RoomKind,
    RoomQuerySet,
)
from .standards import (
    CentrePaper,
    CentrePaperQuerySet,
    PhaseAnswer,
    PhaseItem,
    PhaseScore,
    Sign,
    SignStandard,
)

__all__ = [
    "AreaChange",
    "Booking",
    "BookingQuerySet",
    "BookingRule",
    "BookingSeries",
    "CareSession",
    "CareSessionQuerySet",
    "CareSignUp",
    "CareSignUpQuerySet",
    "Centre",
    "CentrePaper",
    "CentrePaperQuerySet",
    "CentrePhoto",
    "CentreQuerySet",
    "CentreService",
    "DayNotice",
    "OpeningWeek",
    "PhaseAnswer",
    "PhaseItem",
    "PhaseScore",
    "Room",
    "RoomKind",
    "RoomQuerySet",
    "Sign",
    "SignStandard",
]
