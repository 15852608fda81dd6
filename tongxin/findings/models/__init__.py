"""Findings and who answers for them; their rectification, money, calls; common ones, self-checks."""

from .common import FindingGroup, SelfCheck, SelfCheckPhoto, SelfCheckRound
from .findings import (
    Finding,
    FindingCounter,
    FindingKind,
    FindingPhoto,
    FindingQuerySet,
    FindingUnit,
)
from .rectification import FollowUpCall, Payment, ProgressReport, Rectification

__all__ = [
    "Finding",
    "FindingCounter",
    "FindingGroup",
    "FindingKind",
    "FindingPhoto",
    "FindingQuerySet",
    "FindingUnit",
    "FollowUpCall",
    "Payment",
    "ProgressReport",
    "Rectification",
    "SelfCheck",
    "SelfCheckPhoto",
    "SelfCheckRound",
]
