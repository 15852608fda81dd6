"""The tables of supervision, gathered from the files of this folder."""

from .dispatches import Dispatch, DispatchMember, Mode, SiteVisit
from .operations import POLICY_TAGS, Operation, Subject, SubjectKind, Team, TeamMember
from .resuming import Condition, FirmClass, ResumeBatch, Resumption, ResumptionAnswer
from .sampling import SampledPerson, SampledSite, SamplingPlan
from .sites import Site, SiteKind

__all__ = [
    "POLICY_TAGS",
    "Condition",
    "Dispatch",
    "DispatchMember",
    "FirmClass",
    "Mode",
    "Operation",
    "ResumeBatch",
    "Resumption",
    "ResumptionAnswer",
    "SampledPerson",
    "SampledSite",
    "SamplingPlan",
    "Site",
    "SiteKind",
    "SiteVisit",
    "Subject",
    "SubjectKind",
    "Team",
    "TeamMember",
]
