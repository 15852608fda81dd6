"""First secretaries, village teams and help; surveys, grades, removals, honours, duties."""

from .grading import Removal, SecretarySurvey, SurveyMark, SurveyRound
from .help import AssistancePlan, HelpItem, Subsidy, SubsidyEntry
from .honours import DutyItem, DutyList, Honour
from .rules import RuleVersion
from .village import (
    DiaryEntry,
    Nomination,
    Proof,
    SelectionRound,
    TeamMember,
    Thanks,
    VillageTeam,
)

__all__ = [
    "AssistancePlan",
    "DiaryEntry",
    "DutyItem",
    "DutyList",
    "HelpItem",
    "Honour",
    "Nomination",
    "Proof",
    "Removal",
    "RuleVersion",
    "SecretarySurvey",
    "SelectionRound",
    "Subsidy",
    "SubsidyEntry",
    "SurveyMark",
    "SurveyRound",
    "TeamMember",
    "Thanks",
    "VillageTeam",
]
