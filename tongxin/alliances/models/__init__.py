"""Tables of alliances, projects, approvals, parks and their problems."""

from .alliances import Alliance, AllianceMember, Desk, DeskMember
from .approvals import (
    ApprovalChain,
    ApprovalFile,
    ApprovalItem,
    ChainStep,
    Dossier,
    Gate,
    JointReview,
    JointVerdict,
    Letter,
    Prerequisite,
)
from .parks import Enterprise, FacilityUse, IndexRule, Park, TalentCount
from .problems import EnterpriseProblem, ProblemType, ProjectProblem
from .projects import (
    AllianceProject,
    DeskTurn,
    Indicator,
    IndicatorReading,
    Industry,
    Satisfaction,
)

__all__ = [
    "Alliance",
    "AllianceMember",
    "AllianceProject",
    "ApprovalChain",
    "ApprovalFile",
    "ApprovalItem",
    "ChainStep",
    "Desk",
    "DeskMember",
    "DeskTurn",
    "Dossier",
    "Enterprise",
    "EnterpriseProblem",
    "FacilityUse",
    "Gate",
    "IndexRule",
    "Indicator",
    "IndicatorReading",
    "Industry",
    "JointReview",
    "JointVerdict",
    "Letter",
    "Park",
    "Prerequisite",
    "ProblemType",
    "ProjectProblem",
    "Satisfaction",
    "TalentCount",
]
