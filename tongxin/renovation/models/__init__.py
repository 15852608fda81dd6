"""Tables of the renovation campaign: who leads it, every place, its plan, the ledgers, what was seen."""

from .campaigns import (
    AreaNorm,
    CommandArea,
    Criterion,
    FollowUp,
    FollowUpMark,
    GroupMember,
    PlaceKind,
    RenovationCampaign,
    StageNorm,
)
from .going import (
    Bulletin,
    Charge,
    LeaderVisit,
    ResearchTeam,
    Rhythm,
    RhythmMeeting,
    TeamMember,
    VisitDecision,
)
from .ledgers import Holding, HoldingChange, HoldingCheck, Match, MatchRun
from .plans import (
    Acceptance,
    Difficulty,
    PlanStage,
    SitePart,
    SitePlan,
    SlipRequest,
    UseCheck,
)
from .sites import Site, SiteEvent

__all__ = [
    "Acceptance",
    "AreaNorm",
    "Bulletin",
    "Charge",
    "CommandArea",
    "Criterion",
    "Difficulty",
    "FollowUp",
    "FollowUpMark",
    "GroupMember",
    "Holding",
    "HoldingChange",
    "HoldingCheck",
    "LeaderVisit",
    "Match",
    "MatchRun",
    "PlaceKind",
    "PlanStage",
    "RenovationCampaign",
    "ResearchTeam",
    "Rhythm",
    "RhythmMeeting",
    "Site",
    "SiteEvent",
    "SitePart",
    "SitePlan",
    "SlipRequest",
    "StageNorm",
    "TeamMember",
    "UseCheck",
    "VisitDecision",
]
