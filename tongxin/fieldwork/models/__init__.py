"""Checklists with versions, plans with targets, visits with answers, and the norms they are marked by."""

from .checklists import Checklist, ChecklistQuerySet, Item
from .kinds import VisitKind
from .norms import FieldNorm
from .plans import Plan, PlanChange, PlanWorker, Target, VisitPlanQuerySet
from .visits import (
    SIGNED,
    Answer,
    AnswerPhoto,
    OfficePoint,
    OfficePointQuerySet,
    RivalAnswers,
    Visit,
    VisitChange,
    VisitCounter,
    VisitMatter,
    VisitPhoto,
    VisitQuerySet,
    VisitWorker,
)

__all__ = [
    "SIGNED",
    "Answer",
    "AnswerPhoto",
    "Checklist",
    "ChecklistQuerySet",
    "FieldNorm",
    "Item",
    "OfficePoint",
    "OfficePointQuerySet",
    "Plan",
    "PlanChange",
    "VisitPlanQuerySet",
    "PlanWorker",
    "RivalAnswers",
    "Target",
    "Visit",
    "VisitChange",
    "VisitCounter",
    "VisitKind",
    "VisitMatter",
    "VisitPhoto",
    "VisitQuerySet",
    "VisitWorker",
]
