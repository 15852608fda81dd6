"""Programmes and their goals, the standard frame, assessments of units, duties of buildings."""

from .assessments import Assessment, AssessmentItem, Ruling, Verdict
from .buildings import BuildingDuty, DutyRecord
from .frame import StandardItem, StandardSet
from .programmes import Aim, Basis, Goal, GoalEntry, Programme

__all__ = [
    "Aim",
    "Assessment",
    "AssessmentItem",
    "Basis",
    "BuildingDuty",
    "DutyRecord",
    "Goal",
    "GoalEntry",
    "Programme",
    "Ruling",
    "StandardItem",
    "StandardSet",
    "Verdict",
]
