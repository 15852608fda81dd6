"""Emergency mode: operations, the pool of cadres, allocation, secondment, rating, crews, points."""

from .crews import CrewDuty, CrewMember, GridCrew, RotationPoint, RotationTurn
from .operations import Guide, GuideReading, Operation, Phase
from .pool import Need, PoolEntry, Together
from .ratings import DailyRating, RatingChange, RatingCriterion
from .rules import Rule
from .runs import AllocationRun, Placement, PlacementChange
from .secondments import Secondment, SecondmentEvent, SecondmentQuerySet

__all__ = [
    "AllocationRun",
    "CrewDuty",
    "CrewMember",
    "DailyRating",
    "GridCrew",
    "Guide",
    "GuideReading",
    "Need",
    "Operation",
    "Phase",
    "Placement",
    "PlacementChange",
    "PoolEntry",
    "RatingChange",
    "RatingCriterion",
    "RotationPoint",
    "RotationTurn",
    "Rule",
    "Secondment",
    "SecondmentEvent",
    "SecondmentQuerySet",
    "Together",
]
