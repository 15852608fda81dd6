"""Files of people who need care, visits, help in kind and money, errands, people here for a time."""

from .aid import Aid, AidRound, Fund, FundEntry, RoundHousehold
from .errands import Errand, Mark
from .files import (
    CareDuty,
    CareFile,
    CareFileQuerySet,
    Carer,
    Impact,
    Look,
    NumberRow,
    RightsRequest,
)
from .pairings import Measure, Pairing, QuarterReport
from .rules import CareKind, CareRule
from .stays import Stay, StayQuerySet, StayService
from .visits import CareVisit, ExtraRound

__all__ = [
    "Aid",
    "AidRound",
    "CareDuty",
    "CareFile",
    "CareFileQuerySet",
    "CareKind",
    "CareRule",
    "CareVisit",
    "Carer",
    "Errand",
    "ExtraRound",
    "Fund",
    "FundEntry",
    "Impact",
    "Look",
    "Mark",
    "Measure",
    "NumberRow",
    "Pairing",
    "QuarterReport",
    "RightsRequest",
    "RoundHousehold",
    "Stay",
    "StayQuerySet",
    "StayService",
]
