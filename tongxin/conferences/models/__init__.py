"""Bodies and their sessions, resolutions, lists that meet, packages and shared activities."""

from .bodies import BodyMember, Charter, ConferenceBody
from .lists import (
    CONSUMED,
    GIVES,
    UNITS,
    Consultation,
    ItemChange,
    ListBook,
    ListItem,
    ListKind,
    Matter,
    Opinion,
    Series,
)
from .matching import Agreement, Match, MatchRun
from .packages import ActivityPart, JointActivity, Package, PackageItem
from .resolutions import Resolution, ResolutionTask
from .rules import BodyRule, Level, MemberKind
from .sessions import AgendaItem, BodyReminder, Session

__all__ = [
    "CONSUMED",
    "GIVES",
    "UNITS",
    "ActivityPart",
    "AgendaItem",
    "Agreement",
    "BodyMember",
    "BodyReminder",
    "BodyRule",
    "Charter",
    "ConferenceBody",
    "Consultation",
    "ItemChange",
    "JointActivity",
    "Level",
    "ListBook",
    "ListItem",
    "ListKind",
    "Match",
    "MatchRun",
    "Matter",
    "MemberKind",
    "Opinion",
    "Package",
    "PackageItem",
    "Resolution",
    "ResolutionTask",
    "Series",
    "Session",
]
