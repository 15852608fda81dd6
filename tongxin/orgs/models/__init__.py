"""Organisations, posts, people and their membership, volunteers, and the log of a unit's life."""

from .batches import TakeOver, TakeOverItem, TakeOverQuerySet
from .care import (
    GrowthEntry,
    MemberPairing,
    MemberPairingQuerySet,
    MobileStay,
    MobileStayQuerySet,
    PairingVisit,
)
from .guidance import MethodUse, Pilot, Requirement, RequirementMark, WorkMethod
from .log import LogEntry
from .offices import (
    OFFICE_READERS,
    DutyMove,
    OfficeChange,
    OfficeDuty,
    OfficeKind,
    OfficeSeat,
    OfficeStandard,
    StreetOffice,
    StreetOfficeQuerySet,
)
from .org import Org, OrgQuerySet, Sector, UnitKind
from .people import Membership, MembershipQuerySet, Person, PersonQuerySet
from .posts import Post, PostQuerySet
from .ratings import ImprovementPlan, PlanMeasure, RatingLabel, UnitPairing, UnitRating
from .transfers import Transfer, TransferQuerySet
from .units import JointMember, OrgChange, UnitCover, UnitMember
from .volunteers import OpenDoor, Skill, Volunteer, VolunteerRequest, VolunteerTime

__all__ = [
    "OFFICE_READERS",
    "DutyMove",
    "OfficeChange",
    "OfficeDuty",
    "OfficeKind",
    "OfficeSeat",
    "OfficeStandard",
    "StreetOffice",
    "StreetOfficeQuerySet",
    "GrowthEntry",
    "ImprovementPlan",
    "JointMember",
    "LogEntry",
    "MemberPairing",
    "MemberPairingQuerySet",
    "Membership",
    "OpenDoor",
    "MembershipQuerySet",
    "MethodUse",
    "MobileStay",
    "MobileStayQuerySet",
    "Org",
    "OrgChange",
    "OrgQuerySet",
    "PairingVisit",
    "Person",
    "PersonQuerySet",
    "Pilot",
    "PlanMeasure",
    "Post",
    "PostQuerySet",
    "RatingLabel",
    "Requirement",
    "RequirementMark",
    "Sector",
    "Skill",
    "TakeOver",
    "TakeOverItem",
    "TakeOverQuerySet",
    "Transfer",
    "TransferQuerySet",
    "UnitCover",
    "UnitKind",
    "UnitMember",
    "UnitPairing",
    "UnitRating",
    "Volunteer",
    "VolunteerRequest",
    "VolunteerTime",
    "WorkMethod",
]
