"""Tables of campaigns and of the list that guards communities from too many."""

from .admission import AdmissionItem, AdmissionList, Approval, Burden, BurdenKind, Plate
from .campaigns import Campaign, CampaignKind, CampaignTask

__all__ = [
    "AdmissionItem",
    "AdmissionList",
    "Approval",
    "Burden",
    "BurdenKind",
    "Campaign",
    "CampaignKind",
    "CampaignTask",
    "Plate",
]
